"""The newsletter desk: who reads it, how many, and the list for whoever sends it. Only addresses whose owner confirmed."""

from datetime import timedelta
from typing import Any, ClassVar

import django_filters
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views import generic

from shop.customers import consents
from shop.customers.models import Consent
from shop.desk import SafeExport, SeenViewSet
from shop.outbox import operations as outbox

RECENTLY = timedelta(days=30)
EXPORT = "shop.export_consent"


class ReaderFilterSet(WagtailFilterSet):
    language = django_filters.ChoiceFilter(label=_("Language"), choices=lambda: settings.LANGUAGES)
    at = django_filters.DateFromToRangeFilter(label=_("Since"))

    class Meta:
        model = Consent
        fields: ClassVar[list[str]] = ["language", "at"]


class ReadersView(SafeExport, generic.IndexView):
    """The list; `?export=csv` for those who may, which is written down."""

    page_title = _("Newsletter")
    template_name = "shop/customers/admin/readers.html"

    def get_base_queryset(self) -> QuerySet[Consent]:
        return consents.readers()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.is_export:
            if not request.user.has_perm(EXPORT):
                raise PermissionDenied
            self._record(request)
        return super().get(request, *args, **kwargs)

    def _record(self, request: HttpRequest) -> None:
        after = {"addresses": self.get_queryset().count(), "filtered": bool(self.is_filtering)}
        outbox.record(
            actor=request.user.get_username(),
            action="newsletter.export",
            subject="newsletter",
            before={},
            after=after,
            now=request.commerce_now,  # type: ignore[attr-defined]
        )

    @cached_property
    def show_export_buttons(self) -> bool:
        return self.request.user.has_perm(EXPORT)

    def to_row_dict(self, item: Consent) -> dict[str, Any]:
        item.way_out = consents.unsubscribe_url(email=item.email, kind=item.kind, language=item.language)  # type: ignore[attr-defined]
        return super().to_row_dict(item)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = self.request.commerce_now
        numbers = consents.numbers(since=now - RECENTLY, now=now)
        return super().get_context_data(numbers=numbers, days=RECENTLY.days, **kwargs)


class NewsletterViewSet(SeenViewSet):
    model = Consent
    name = "newsletter_desk"
    url_prefix = "newsletter"
    icon = "mail"
    menu_label = _("Newsletter")
    menu_order = 207
    list_display = (
        Column("email", label=_("E-mail"), sort_key="email"),
        Column("language", label=_("Language"), sort_key="language"),
        DateColumn("at", label=_("Since"), sort_key="at"),
        Column("page", label=_("Signed up on")),
    )
    filterset_class = ReaderFilterSet
    list_export = ("email", "language", "at", "page", "way_out")
    export_headings: ClassVar[dict] = {"way_out": _("The way out of the list, for each letter")}
    export_filename = "newsletter"
    search_fields = ("email",)
    index_view_class = ReadersView
    index_template_name = ReadersView.template_name
