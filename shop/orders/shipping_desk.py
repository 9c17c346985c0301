"""Ship many orders from a file of tracking numbers: choose it, look at what would happen, confirm, see what happened."""

import csv
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import log

from shop.access import access
from shop.desk import OperationView, harmless
from shop.orders import shipping_file
from shop.orders.models import Order
from shop.orders.shipping_file import DONE, READY, REFUSED, SHIPPED, FileRefused, Row

MAY = "shop.ship_order"


class FileForm(forms.Form):
    """A file the first time; afterwards its text, which is read and looked at anew whatever was shown before."""

    file = forms.FileField(
        label=_("File"),
        required=False,
        help_text=_("CSV with the columns order, carrier, tracking and, if there are any, link and parcel."),
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )
    text = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        try:
            data["rows"] = shipping_file.read(self._text(data))
        except FileRefused as refusal:
            self.add_error("file", refusal.message)
        return data

    def _text(self, data: dict[str, Any]) -> str:
        file = data.get("file")
        if not file:
            if not data.get("text"):
                raise FileRefused(_now("Choose a file."))
            content = data["text"].encode()
        elif file.size > shipping_file.MOST_BYTES:
            content = b" " * (shipping_file.MOST_BYTES + 1)  # not read at all
        else:
            content = file.read()
        data["text"] = shipping_file.text_of(content)
        return data["text"]


class ShipFileView(OperationView):
    """A file is looked at; its text with `agreed` is shipped; with `export` what was refused comes as CSV."""

    permission = MAY
    form_class = FileForm
    template_name = "shop/orders/admin/ship_file.html"
    page_title = _("Ship from a file")
    header_icon = "parcel"

    def form_valid(self, form: FileForm) -> HttpResponse:
        rows = shipping_file.look(form.cleaned_data["rows"])
        if "export" in self.request.POST:
            return export(rows)
        is_done = "agreed" in self.request.POST
        if is_done:
            rows = [self._ship(row) for row in rows]
        context = self.get_context_data(form=form, rows=rows, text=form.cleaned_data["text"], is_done=is_done)
        return self.render_to_response(context | _counts(rows))

    def _ship(self, row: Row) -> Row:
        after = shipping_file.ship(row, actor=self.actor, now=self.now)
        if after.outcome == SHIPPED and after.order_id:
            order = Order.objects.get(pk=after.order_id)
            log(instance=order, action="shop.ship_order", user=self.request.user, data=row.parcel)
        return after

    def get_breadcrumbs_items(self) -> list[dict]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("orders:index"), "label": _("Orders")},
            {"url": "", "label": self.page_title},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        limits = {"most_rows": shipping_file.MOST_ROWS, "most_kb": shipping_file.MOST_BYTES // 1000}
        return super().get_context_data(**{"rows": [], **limits, **kwargs})


def _counts(rows: list[Row]) -> dict[str, int]:
    return {f"n_{name}": sum(row.outcome == name for row in rows) for name in (READY, DONE, REFUSED, SHIPPED)}


def export(rows: list[Row]) -> HttpResponse:
    """What was refused, in the columns of the file and with the reason; to be mended and sent again."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="not-shipped.csv"'
    table = csv.writer(response)
    table.writerow(["order", "carrier", "tracking", "link", "parcel", "why"])
    for row in rows:
        if row.outcome == REFUSED:
            cells = (row.number, row.carrier, row.tracking_number, row.tracking_url, row.position, row.why)
            table.writerow([harmless(cell) for cell in cells])
    return response


def ship_file(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return ShipFileView.as_view()(request, **kwargs)  # type: ignore[return-value]


def urlpatterns() -> list[URLPattern]:
    return [path("ship-from-file/", access("staff", MAY)(ship_file), name="ship_file")]
