"""The one function that adds up. Cart, checkout, order and every preview of a price come through `price_cart`."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from shop.delivery.pricing import DeliveryTerms, TaxTerms
from shop.money import Money, allocate, round_money, total_of, zero


@dataclass(frozen=True)
class Item:
    """What is priced: a quantity of a variant at its unit price."""

    variant_id: int
    quantity: int
    unit_price: Money
    tax_class_id: int


@dataclass(frozen=True)
class Discount:
    """Money off the items at `eligible` (positions in the list of items), to be spread over them."""

    name: str
    amount: Money
    eligible: tuple[int, ...]
    code: str = ""


@dataclass(frozen=True)
class LineTotal:
    """`subtotal` before `discount`; `tax` is contained in the price or comes on top, as the totals say."""

    item: Item
    subtotal: Money
    discount: Money
    tax_rate: Decimal
    tax: Money

    @property
    def total(self) -> Money:
        """What the goods of this line cost after discounts, as prices are shown."""
        return self.subtotal - self.discount


@dataclass(frozen=True)
class Totals:
    """Everything a shopper is told and charged. total = subtotal - discount + shipping - shipping_discount (+ tax)."""

    currency: str
    lines: tuple[LineTotal, ...]
    discounts: tuple[Discount, ...]
    subtotal: Money
    discount: Money
    shipping: Money
    shipping_discount: Money
    tax: Money
    tax_included: bool
    tax_name: str
    total: Money
    delivery: DeliveryTerms | None = None

    @property
    def goods(self) -> Money:
        return self.subtotal - self.discount

    @property
    def free_delivery_gap(self) -> Money | None:
        """What is missing for free delivery: zero when it is free already, None when it never will be."""
        return self.delivery.missing_for_free(self.goods) if self.delivery else None

    @property
    def shipping_label(self) -> str:
        """The name of the delivery; empty while there is none, so that nothing is called free too early."""
        return self.delivery.name if self.delivery else ""

    @property
    def tax_label(self) -> str:
        return self.tax_name


def price_cart(
    items: Sequence[Item],
    *,
    currency: str,
    delivery: DeliveryTerms | None,
    tax: TaxTerms,
    discounts: Sequence[Discount] = (),
) -> Totals:
    """Price `items` in `currency`. Pure: no clock, no database; every instant is in its arguments.

    Amounts are rounded half up on the line, once; discounts are spread in proportion to what is left of each line and
    add up exactly. No line goes below zero. `delivery=None`: not chosen yet, so it costs nothing yet.
    """
    subtotals = [item.unit_price * item.quantity for item in items]
    off = _spread(discounts, subtotals, currency)
    lines = tuple(
        _line(item, subtotal, discount, tax) for item, subtotal, discount in zip(items, subtotals, off, strict=True)
    )
    subtotal, discount = total_of(subtotals, currency), total_of(off, currency)
    shipping = delivery.cost_of(subtotal - discount) if delivery and items else zero(currency)
    taxes = total_of([line.tax for line in lines], currency)
    return Totals(
        currency=currency,
        lines=lines,
        discounts=tuple(discounts),
        subtotal=subtotal,
        discount=discount,
        shipping=shipping,
        shipping_discount=zero(currency),
        tax=taxes,
        tax_included=tax.included,
        tax_name=tax.name,
        total=subtotal - discount + shipping + (zero(currency) if tax.included else taxes),
        delivery=delivery,
    )


def _spread(discounts: Sequence[Discount], subtotals: Sequence[Money], currency: str) -> list[Money]:
    """What each line gives up, the discounts taken one after the other."""
    off = [zero(currency) for _ in subtotals]
    for discount in discounts:
        left = [(subtotals[i] - off[i]).amount if i in discount.eligible else Decimal(0) for i in range(len(subtotals))]
        amount = min(discount.amount, Money(sum(left, Decimal(0)), currency))
        off = [have + more for have, more in zip(off, allocate(amount, left), strict=True)]
    return off


def _line(item: Item, subtotal: Money, discount: Money, tax: TaxTerms) -> LineTotal:
    rate = tax.rates.get(item.tax_class_id, Decimal(0))
    goods = (subtotal - discount).amount
    share = rate / (1 + rate) if tax.included else rate
    return LineTotal(item, subtotal, discount, rate, round_money(goods * share, subtotal.currency.code))
