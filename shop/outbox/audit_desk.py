"""The audit log: every change to commerce data, by whom, when, from what to what. For Finance and the Owner."""

from typing import Any, ClassVar

import django_filters
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views import generic

from shop.desk import SafeExport, SeenViewSet
from shop.outbox.changes import told
from shop.outbox.models import AuditEntry


class AuditFilterSet(WagtailFilterSet):
    at = django_filters.DateFromToRangeFilter(label=_("When"), widget=DateRangePickerWidget)
    actor = django_filters.CharFilter(label=_("Who"), lookup_expr="icontains")
    action = django_filters.CharFilter(label=_("What"), lookup_expr="icontains")
    subject = django_filters.CharFilter(label=_("About"), lookup_expr="icontains")

    class Meta:
        model = AuditEntry
        fields: ClassVar[list[str]] = ["at", "actor", "action", "subject"]


def change(entry: AuditEntry) -> str:
    return told(entry.before, entry.after)


class AuditIndexView(SafeExport, generic.IndexView):
    page_title = _("Audit log")

    def to_row_dict(self, item: AuditEntry) -> dict[str, Any]:
        item.change = change(item)  # type: ignore[attr-defined]
        return super().to_row_dict(item)


class AuditViewSet(SeenViewSet):
    model = AuditEntry
    name = "audit_log"
    url_prefix = "reports/audit-log"
    icon = "history"
    menu_label = _("Audit log")
    menu_hook = "register_reports_menu_item"
    menu_order = 1300
    list_display = (
        DateColumn("at", label=_("When"), sort_key="pk"),
        Column("actor", label=_("Who")),
        Column("action", label=_("What")),
        Column("subject", label=_("About")),
        Column("change", label=_("From what to what"), accessor=change),
    )
    filterset_class = AuditFilterSet
    list_export = ("at", "actor", "action", "subject", "change")
    export_headings: ClassVar[dict] = {"change": _("From what to what")}
    export_filename = "audit"
    search_fields = ("subject", "actor", "action")
    index_view_class = AuditIndexView
