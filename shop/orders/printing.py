"""What is printed of orders: which of them have which paper, and the goods of several taken from the shelves at once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from shop.money import Money
from shop.orders.contents import here, standing
from shop.orders.invoices import has_invoice, invoice_of
from shop.orders.models import Fulfilment, Order, OrderLine

MOST = 100  # sheets at once: what a printer's tray holds, and what a request can make in time
State = Order.State


def is_to_pack(order: Order) -> bool:
    return order.state == State.PROCESSING and bool(to_pack(order))


def has_slip(order: Order) -> bool:
    """What is to leave or has left; and not once it was forgotten who bought it."""
    return order.state in (State.PROCESSING, State.SHIPPED, State.DELIVERED) and not order.forgotten_at


@dataclass(frozen=True)
class Paper:
    """Something to print: `fits` says of which orders, `why_not` why others are left out."""

    name: str
    title: Any
    button: Any
    fits: Callable[[Order], bool]
    why_not: Any


PAPERS = {
    paper.name: paper
    for paper in (
        Paper("picking", _("Picking list"), _("Print picking list"), is_to_pack, _("Not to be packed:")),
        Paper("slips", _("Packing slips"), _("Print packing slips"), has_slip, _("Nothing to send:")),
        Paper("invoices", _("Invoices"), _("Print invoices"), has_invoice, _("Not paid, so without an invoice:")),
    )
}


@dataclass
class Pick:
    """Goods of one kind to take: how many, and how many orders wait for them."""

    sku: str
    title: str
    options: str
    quantity: int = 0
    orders: int = 0


@dataclass(frozen=True)
class Pile:
    """The orders of a print: those that it is of, oldest first, and those left out."""

    orders: list[Order]
    left_out: list[Order] = field(default_factory=list)


def pile_of(paper: Paper, ids: Iterable[int]) -> Pile:
    """At most MOST orders with all that the papers say of them; a constant number of statements."""
    chosen = list(_to_print().filter(pk__in=list(ids)[:MOST]).order_by("pk"))
    return Pile([one for one in chosen if paper.fits(one)], [one for one in chosen if not paper.fits(one)])


def _to_print() -> QuerySet[Order]:
    gone_back = Q(payments__state="captured", payments__currency=F("currency"), payments__refunds__state="succeeded")
    orders = Order.objects.annotate(gone_back=Sum("payments__refunds__amount", filter=gone_back))
    return orders.prefetch_related("lines", "addresses", "events", "fulfilments__lines")


def picks_of(orders: Iterable[Order]) -> list[Pick]:
    """What to take from the shelves for all of `orders`, by sku; units that are packed or not sent any more do not count."""
    picks: dict[str, Pick] = {}
    for order in orders:
        for line, quantity in to_pack(order):
            pick = picks.setdefault(line.sku, Pick(line.sku, line.title, line.options))
            pick.quantity += quantity
            pick.orders += 1
    return [picks[sku] for sku in sorted(picks)]


def to_pack(order: Order) -> list[tuple[OrderLine, int]]:
    """Lines with the units that are in no parcel yet."""
    return [(each.line, each.left) for each in standing(order) if each.left]


def contents(order: Order) -> list[tuple[Fulfilment | None, list[tuple[OrderLine, int]]]]:
    """Parcels with what is in them: those that are here and the one that the rest will make (None), else those that left."""
    lines = {line.pk: line for line in order.lines.all()}
    parcels = here(order) or ([] if to_pack(order) else list(order.fulfilments.all()))
    packed: list[tuple[Fulfilment | None, list[tuple[OrderLine, int]]]] = [
        (one, [(lines[row.line_id], row.quantity) for row in one.lines.all()]) for one in parcels
    ]
    return [*packed, (None, to_pack(order))] if to_pack(order) else packed


def sheets_of(paper: Paper, orders: Iterable[Order]) -> list[dict[str, Any]]:
    """Each order with what is to be picked of it and, where it has one, its invoice and what was given back since; of
    packing slips, one for each parcel.
    """
    if paper.name == "slips":
        return [
            {"order": order, "parcel": parcel, "lines": lines, "several": order.fulfilments.all()[1:] or is_part(order)}
            for order in orders
            for parcel, lines in contents(order)
        ]
    return [
        {
            "order": order,
            "lines": to_pack(order),
            "invoice": invoice_of(order) if has_invoice(order) else None,
            "back": Money(order.gone_back or 0, order.currency),  # type: ignore[attr-defined]
        }
        for order in orders
    ]


def is_part(order: Order) -> bool:
    """Whether some of it is in a parcel, and some is not."""
    return bool(order.fulfilments.all() and to_pack(order))
