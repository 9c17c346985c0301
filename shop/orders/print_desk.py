"""Paper for the packers and the books: from the list for many orders, from its page for one. Printing changes nothing."""

from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from wagtail.admin.views.bulk_action import BulkAction

from shop.access import access
from shop.orders import pdf
from shop.orders.models import Order
from shop.orders.printing import PAPERS, Paper, picks_of, pile_of, sheets_of

MAY = "shop.view_order"
STYLE = "admin/print.css"


def _ids(values: list[str]) -> list[int]:
    return [int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 18]


def address_of(name: str, ids: list[int]) -> str:
    return f"{reverse('orders:print', args=[name])}?{urlencode({'id': ids}, doseq=True)}"


def papers_of(order: Order) -> list[dict[str, Any]]:
    """What can be printed of one order, as links."""
    return [
        {"url": address_of(paper.name, [order.pk]), "label": paper.button}
        for paper in PAPERS.values()
        if paper.fits(order)
    ]


@require_safe
@never_cache
@access("staff", MAY)
def print_view(request: HttpRequest, name: str) -> HttpResponse:
    """The paper for the orders that `id` names, oldest first; as PDF if `pdf` is asked for and can be had."""
    paper = PAPERS.get(name)
    if paper is None:
        raise Http404
    ids = _ids(request.GET.getlist("id"))
    pile = pile_of(paper, ids)
    as_pdf = "pdf" in request.GET and pdf.engine() is not None
    context = {
        "paper": paper,
        "pile": pile,
        "picks": picks_of(pile.orders),
        "sheets": sheets_of(paper, pile.orders),
        "as_pdf": as_pdf,
        "pdf_url": f"{address_of(name, ids)}&pdf=1" if pile.orders and pdf.engine() else "",
        "back_url": reverse("orders:inspect", args=ids) if len(ids) == 1 else reverse("orders:index"),
    }
    html = render_to_string(f"shop/orders/print/{name}.html", context, request)
    return _as_pdf(paper, html) if as_pdf else HttpResponse(html)


def _as_pdf(paper: Paper, html: str) -> HttpResponse:
    response = HttpResponse(pdf.pdf_of(html, style=_style()), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{paper.name}.pdf"'
    return response


def _style() -> str:
    """The style sheet of the pages, as collected or, in development, as it stands in the source."""
    found = finders.find(STYLE)
    if found:
        return Path(found).read_text()
    with staticfiles_storage.open(STYLE) as sheet:
        return sheet.read().decode()


class PrintBulkAction(BulkAction):
    """Takes what was ticked to its paper. Nothing to confirm: nothing is changed."""

    models: ClassVar[list] = [Order]
    paper: Paper

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm(MAY):
            raise PermissionDenied
        return redirect(address_of(self.paper.name, _ids(request.GET.getlist("id"))))


class PickingBulkAction(PrintBulkAction):
    display_name = _("Picking list")
    aria_label = _("Print a picking list for the chosen orders")
    action_type = "print_picking"
    action_priority = 10
    paper = PAPERS["picking"]


class SlipsBulkAction(PrintBulkAction):
    display_name = _("Packing slips")
    aria_label = _("Print packing slips for the chosen orders")
    action_type = "print_slips"
    action_priority = 20
    paper = PAPERS["slips"]


class InvoicesBulkAction(PrintBulkAction):
    display_name = _("Invoices")
    aria_label = _("Print invoices for the chosen orders")
    action_type = "print_invoices"
    action_priority = 30
    paper = PAPERS["invoices"]


BULK_ACTIONS = [PickingBulkAction, SlipsBulkAction, InvoicesBulkAction]


def urlpatterns() -> list[URLPattern]:
    return [path("print/<slug:name>/", print_view, name="print")]
