"""Count by a file: take the list along, choose it, look at what would be booked, confirm, see what was booked."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, ClassVar

from django.db.models import Min, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.views.generic import View

from shop.access import access
from shop.desk import SafeExport
from shop.inventory import count_file
from shop.inventory.count_file import Row
from shop.inventory.models import StockItem
from shop.upload_desk import UploadView

MAY = "shop.change_stockitem"


class CountFileView(UploadView):
    permission = MAY
    table = count_file
    desk = ("stock", _("Stock"))
    template_name = "shop/inventory/count_file.html"
    page_title = _("Count from a file")
    header_icon = "shelf"
    file_help = _("CSV or XLSX with the columns sku and counted, and if you like on_hand and note.")
    export_filename = "not-booked"

    def carry_out(self, row: Row) -> Row:
        return count_file.book(row, actor=self.actor, now=self.now)

    def sent_back(self, row: Row) -> Iterable[str]:
        """Without what the books said: it is to be counted again."""
        return replace(row, books="").cells


class CountSheetView(SafeExport, View):
    """The list to take along: every shelf that is sold from, what the books say, and room for what is there."""

    list_export: ClassVar = ["sku", "name", "on_hand", "counted", "note"]
    export_headings: ClassVar = {name: name for name in list_export}
    export_filename = "count"

    def get(self, request: HttpRequest) -> HttpResponse:
        export_format = "xlsx" if request.GET.get("export") == "xlsx" else "csv"
        return self.as_spreadsheet(self._shelves(), export_format)

    def _shelves(self) -> QuerySet[StockItem]:
        shelves = StockItem.objects.annotate(sku=Min("variants__sku")).filter(sku__isnull=False)
        return shelves.exclude(policy=StockItem.Policy.INFINITE).order_by("name", "pk")

    def to_row_dict(self, item: StockItem) -> dict[str, Any]:
        known = {"sku": item.sku, "name": item.name, "on_hand": item.on_hand}  # type: ignore[attr-defined]
        return {name: known.get(name, "") for name in self.list_export}


def urlpatterns() -> list[URLPattern]:
    guard = access("staff", MAY)
    return [
        path("count-from-file/", guard(CountFileView.as_view()), name="count_file"),
        path("count-sheet/", guard(CountSheetView.as_view()), name="count_sheet"),
    ]
