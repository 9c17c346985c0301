"""What an invoice says of an order: its lines, its tax rate by rate, and sums that add up to what was charged.

A snapshot of a snapshot: nothing here is computed anew but the sums by rate, so it says the same for ever.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from shop.money import Money, total_of
from shop.orders.models import Order, OrderLine

Paid = Order.PaymentStatus
BILLED = (Paid.PAID, Paid.PARTLY_REFUNDED, Paid.REFUNDED)


@dataclass(frozen=True)
class InvoiceLine:
    """`amount` is what the line was charged at: `unit_price` times `quantity`, less `discount`."""

    title: str
    options: str
    sku: str
    quantity: int
    unit_price: Money
    discount: Money
    amount: Money
    tax_rate: Decimal

    @property
    def percent(self) -> Decimal:
        return self.tax_rate * 100


@dataclass(frozen=True)
class TaxSum:
    """The tax of all lines of one rate, and the `net` amount that it was taken of. `percent` is 10 for ten per cent."""

    percent: Decimal
    net: Money
    tax: Money


@dataclass(frozen=True)
class Invoice:
    """`goods` + `delivery` (+ the taxes, unless `tax_included`) = `total`."""

    number: str
    billed_at: datetime
    lines: list[InvoiceLine]
    taxes: list[TaxSum]
    goods: Money
    delivery: Money
    total: Money
    tax_included: bool

    @property
    def before_tax(self) -> Money:
        """Where the tax comes on top: what it comes on top of."""
        return self.goods + self.delivery


def has_invoice(order: Order) -> bool:
    """What was paid is billed, also when it was paid back later."""
    return order.payment_status in BILLED


def invoice_of(order: Order) -> Invoice:
    """The invoice of a paid order. Its number is the order's, its date the day when the money came."""
    lines = list(order.lines.all())
    paid = next((event for event in order.events.all() if event.kind == f"payment_{Paid.PAID}"), None)
    return Invoice(
        number=order.number,
        billed_at=paid.at if paid else order.placed_at,
        lines=[_line(line, order.currency) for line in lines],
        taxes=_taxes(lines, order),
        goods=order.money("subtotal") - order.money("discount"),
        delivery=order.money("shipping") - order.money("shipping_discount"),
        total=order.money("total"),
        tax_included=order.tax_included,
    )


def _line(line: OrderLine, currency: str) -> InvoiceLine:
    return InvoiceLine(
        title=line.title,
        options=line.options,
        sku=line.sku,
        quantity=line.quantity,
        unit_price=Money(line.unit_price, currency),
        discount=Money(line.discount, currency),
        amount=Money(line.subtotal - line.discount, currency),
        tax_rate=line.tax_rate,
    )


def _taxes(lines: Iterable[OrderLine], order: Order) -> list[TaxSum]:
    """Highest rate first. Lines without tax make no entry."""
    rates = sorted({line.tax_rate for line in lines if line.tax_rate}, reverse=True)
    return [_tax_of([line for line in lines if line.tax_rate == rate], rate, order) for rate in rates]


def _tax_of(lines: list[OrderLine], rate: Decimal, order: Order) -> TaxSum:
    tax = total_of([Money(line.tax, order.currency) for line in lines], order.currency)
    charged = total_of([Money(line.subtotal - line.discount, order.currency) for line in lines], order.currency)
    return TaxSum(percent=rate * 100, net=charged - tax if order.tax_included else charged, tax=tax)
