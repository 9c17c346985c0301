"""What the search hangs into the Wagtail admin. No queries and no reverse() at import."""

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from search.admin import NothingFoundView, SearchesView, SynonymViewSet, count_in_vain, in_vain_address
from shop.reports.dashboard import MORE_TILES
from shop.reports.work import Tile

WAGTAILS_OWN = "search-terms"  # counts what we count already, and would stay empty


class ReportItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.has_perm("shop_search.view_searchday")


@hooks.register("register_admin_viewset")
def synonyms_desk() -> SynonymViewSet:
    return SynonymViewSet()


@hooks.register("register_admin_urls")
def report_addresses() -> list[URLPattern]:
    return [
        path("reports/searches/", SearchesView.as_view(), name="searches"),
        path("reports/searches/results/", SearchesView.as_view(results_only=True), name="searches_results"),
        path("reports/searches-in-vain/", NothingFoundView.as_view(), name="searches_in_vain"),
        path(
            "reports/searches-in-vain/results/",
            NothingFoundView.as_view(results_only=True),
            name="searches_in_vain_results",
        ),
    ]


@hooks.register("register_reports_menu_item")
def in_vain() -> ReportItem:
    return ReportItem(
        _("Searches that found nothing"), reverse_lazy("searches_in_vain"), icon_name="search", order=1290
    )


@hooks.register("register_reports_menu_item")
def searches() -> ReportItem:
    return ReportItem(_("Searches"), reverse_lazy("searches"), icon_name="search", order=1291)


@hooks.register(MORE_TILES)
def in_vain_tile() -> Tile:
    return Tile(
        *("searches_in_vain", _("searches in 7 days that found nothing"), "search", "shop_search.view_searchday"),
        *(count_in_vain, in_vain_address),
    )


@hooks.register("construct_reports_menu")
def without_wagtails_own(_request: HttpRequest, items: list[Any]) -> None:
    items[:] = [item for item in items if item.name != WAGTAILS_OWN]
