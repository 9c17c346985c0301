"""The page editor's view of commerce: price, stock and variants beside the words, for reading, with links to change them."""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.components import MediaContainer
from wagtail.admin.ui.side_panels import BaseSidePanel
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.pages.edit import EditView
from wagtail.admin.views.reports import ReportView
from wagtail.models import Page
from wagtail.permissions import policy_registry

from shop.catalogue.admin import variant_table
from shop.desk import SafeExport
from shop.inventory.figures import with_figures
from shop.inventory.models import StockItem
from shop.storefront.care import Concern, concerns
from shop.storefront.product import RELATED, SPARE
from shop.storefront.recommendations import Reason, explained


class CommerceSidePanel(BaseSidePanel):
    class SidePanelToggle(BaseSidePanel.SidePanelToggle):
        aria_label = _("Toggle price and stock")
        icon_name = "tag"

    name = "commerce"
    title = _("Price and stock")
    template_name = "shop/storefront/side_panel.html"
    order = 150

    def get_context_data(self, parent_context: Any) -> dict:
        context = super().get_context_data(parent_context)
        product = self.object.shown()
        now = self.request.commerce_now
        table = variant_table(product, now) if product else {}
        if product:
            table["rows"] = with_shelves(table["rows"], now)
        reasons = self._reasons() if product else []
        more = {"recommended": reasons[:RELATED], "spare": reasons[RELATED:], "perms": parent_context.get("perms")}
        return context | {"product": product, **more, **table}

    def _reasons(self) -> list[Reason]:
        page = self.object
        return explained(
            pages=[page.pk],
            products=[page.product_id],
            limit=RELATED + SPARE,
            currency=settings.DEFAULT_CURRENCY,
            language=page.locale.language_code,
        )


def with_shelves(rows: list[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """Rows of variants with `shelf`: how much of it sells, how long it lasts, who waits for it. One statement."""
    ids = {row["variant"].stock_item_id for row in rows}
    shelves = with_figures(StockItem.objects.all(), now=now).in_bulk(ids)
    return [{**row, "shelf": shelves[row["variant"].stock_item_id]} for row in rows]


class ProductPageEditView(EditView):
    def get_side_panels(self) -> MediaContainer:
        panels = list(super().get_side_panels())
        # Not when a new page's first autosave turns its "new" into "edit": only buttons are taken over then, no panels.
        if not (self.expects_json_response or self.hydrate_create_view):
            panels.append(CommerceSidePanel(self.page, self.request))
        return MediaContainer(panels)


class CareView(SafeExport, ReportView):
    """Content that needs care, for whoever may edit pages: of those pages that they may edit."""

    page_title = _("Content that needs care")
    header_icon = "warning"
    index_url_name = "content_care"
    index_results_url_name = "content_care_results"
    any_permission_required: ClassVar = ["change"]
    is_searchable = False
    no_results_message = _("Every product and collection in the blocks of live pages can be had.")
    list_export: ClassVar = ["page.title", "block", "thing", "reason", "seen"]
    export_headings: ClassVar = {
        "page.title": _("Page"),
        "block": _("Block"),
        "thing": _("Product"),
        "reason": _("What is wrong"),
        "seen": _("What shoppers see now"),
    }
    export_filename = "content-that-needs-care"

    @property
    def permission_policy(self) -> Any:
        return policy_registry.get_by_type(Page)

    @classmethod
    def is_open_to(cls, user: Any) -> bool:
        return policy_registry.get_by_type(Page).user_has_any_permission(user, cls.any_permission_required)

    def get_queryset(self) -> list[Concern]:
        return self.get_filtered_queryset()

    def get_filtered_queryset(self) -> list[Concern]:
        pages = self.permission_policy.instances_user_has_permission_for(self.request.user, "change")
        at = self.request.commerce_now
        return concerns(pages=pages, at=at, currency=settings.DEFAULT_CURRENCY)

    @property
    def columns(self) -> list[Column]:
        return [
            TitleColumn("page", label=_("Page"), accessor="page.title", get_url=edit_address),
            Column("block", label=_("Block")),
            Column("thing", label=_("Product")),
            Column("reason", label=_("What is wrong")),
            Column("seen", label=_("What shoppers see now")),
        ]


def edit_address(concern: Concern) -> str:
    """The page's editor, at the block."""
    return f"{reverse('wagtailadmin_pages:edit', args=[concern.page.pk])}#:w:contentpath={concern.path}"
