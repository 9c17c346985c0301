"""Count by a file: take the list along, choose it, look at what would be booked, confirm, see what was booked."""

import csv
from typing import Any, ClassVar

from django import forms
from django.db.models import Min, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.generic import View

from shop.access import access
from shop.desk import OperationView, SafeExport, harmless
from shop.inventory import count_file
from shop.inventory.count_file import BOOKED, EMPTY, READY, REFUSED, SAME, Row
from shop.inventory.models import StockItem
from shop.sheets import FileRefused

MAY = "shop.change_stockitem"


class CountFileForm(forms.Form):
    """A file the first time; afterwards its text, which is read and looked at anew whatever was shown before."""

    file = forms.FileField(
        label=_("File"),
        required=False,
        help_text=_("CSV or XLSX with the columns sku and counted, and if you like on_hand and note."),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,text/csv"}),
    )
    text = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        try:
            data["rows"] = count_file.read(self._content(data))
        except FileRefused as refusal:
            self.add_error("file", refusal.message)
        return data

    def _content(self, data: dict[str, Any]) -> bytes:
        file = data.get("file")
        if file:
            return file.read(count_file.MOST_BYTES + 1)
        if not data.get("text"):
            raise FileRefused(_now("Choose a file."))
        return data["text"].encode()


class CountFileView(OperationView):
    """A file is looked at; its text with `agreed` is booked; with `export` what was refused comes as CSV."""

    permission = MAY
    form_class = CountFileForm
    template_name = "shop/inventory/count_file.html"
    page_title = _("Count from a file")
    header_icon = "shelf"

    def form_valid(self, form: CountFileForm) -> HttpResponse:
        rows = count_file.look(form.cleaned_data["rows"])
        if "export" in self.request.POST:
            return export(rows)
        is_done = "agreed" in self.request.POST
        if is_done:
            rows = [count_file.book(row, actor=self.actor, now=self.now) for row in rows]
        context = self.get_context_data(form=form, rows=rows, text=count_file.write(rows), is_done=is_done)
        return self.render_to_response(context | _counts(rows))

    def get_breadcrumbs_items(self) -> list[dict]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("stock:index"), "label": _("Stock")},
            {"url": "", "label": self.page_title},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        limits = {"most_rows": count_file.MOST_ROWS, "most_kb": count_file.MOST_BYTES // 1000}
        return super().get_context_data(**{"rows": [], **limits, **kwargs})


def _counts(rows: list[Row]) -> dict[str, int]:
    return {f"n_{name}": sum(row.outcome == name for row in rows) for name in (READY, SAME, EMPTY, REFUSED, BOOKED)}


def export(rows: list[Row]) -> HttpResponse:
    """What was refused, in the columns of the file and with the reason; to be mended and sent again."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="not-booked.csv"'
    table = csv.writer(response)
    table.writerow(["sku", "counted", "on_hand", "note", "why"])
    for row in rows:
        if row.outcome == REFUSED:
            table.writerow([harmless(cell) for cell in (row.sku, row.counted, "", row.note, row.why)])
    return response


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
