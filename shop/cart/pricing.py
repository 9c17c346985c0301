"""The one function that adds up. Cart, checkout, order and every preview of a price come through `price_cart`."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from shop.delivery.pricing import DeliveryTerms, TaxTerms
from shop.money import Money, round_money, total_of, zero
from shop.promotions.pricing import Discount, spread

__all__ = ["Discount", "Item", "LineTotal", "Off", "Totals", "price_cart", "weight_of"]


@dataclass(frozen=True)
class Item:
    """What is priced: a quantity of a variant at its unit price. `grams`: what one weighs."""

    variant_id: int
    quantity: int
    unit_price: Money
    tax_class_id: int
    product_id: int = 0
    grams: int = 0


@dataclass(frozen=True)
class Off:
    """One discount as it came out: `amount` in all, and what each line gave of it (nothing when it is on delivery)."""

    discount: Discount
    amount: Money
    shares: tuple[Money, ...] = ()

    @property
    def name(self) -> str:
        return self.discount.name

    @property
    def code(self) -> str:
        return self.discount.code


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
    discounts: tuple[Off, ...]
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
        if self.shipping and self.shipping_discount == self.shipping:
            return zero(self.currency)
        return self.delivery.missing_for_free(self.goods) if self.delivery else None

    @property
    def delivery_to_pay(self) -> Money:
        return self.shipping - self.shipping_discount

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
    add up exactly. No line goes below zero, nor does the delivery. `delivery=None`: not chosen yet, so it costs nothing
    yet; else it is a way that carries what these items weigh.
    """
    delivery = delivery.for_parcel(weight_of(items)) if delivery else None
    subtotals = [item.unit_price * item.quantity for item in items]
    given = spread(discounts, subtotals, currency)
    off = [total_of(shares, currency) for shares in zip(*given, strict=True)] or [zero(currency) for _ in items]
    lines = tuple(
        _line(item, subtotal, discount, tax) for item, subtotal, discount in zip(items, subtotals, off, strict=True)
    )
    subtotal, discount = total_of(subtotals, currency), total_of(off, currency)
    shipping = delivery.cost_of(subtotal - discount) if delivery and items else zero(currency)
    named = _named(discounts, given, shipping, currency)
    shipping_discount = total_of([one.amount for one in named if one.discount.on_delivery], currency)
    taxes = total_of([line.tax for line in lines], currency)
    on_top = zero(currency) if tax.included else taxes
    return Totals(
        currency=currency,
        lines=lines,
        discounts=named,
        subtotal=subtotal,
        discount=discount,
        shipping=shipping,
        shipping_discount=shipping_discount,
        tax=taxes,
        tax_included=tax.included,
        tax_name=tax.name,
        total=subtotal - discount + shipping - shipping_discount + on_top,
        delivery=delivery,
    )


def weight_of(items: Sequence[Item]) -> int:
    """Grams of all of them together."""
    return sum(item.grams * item.quantity for item in items)


def _named(
    discounts: Sequence[Discount], given: Sequence[Sequence[Money]], shipping: Money, currency: str
) -> tuple[Off, ...]:
    """What each discount came to; those that came to nothing are left out."""
    left, named = shipping, []
    for discount, shares in zip(discounts, given, strict=True):
        if discount.on_delivery:
            off = Off(discount, min(discount.amount, left))
            left -= off.amount
        else:
            off = Off(discount, total_of(shares, currency), tuple(shares))
        named.append(off)
    return tuple(off for off in named if off.amount)


def _line(item: Item, subtotal: Money, discount: Money, tax: TaxTerms) -> LineTotal:
    rate = tax.rates.get(item.tax_class_id, Decimal(0))
    goods = (subtotal - discount).amount
    share = rate / (1 + rate) if tax.included else rate
    return LineTotal(item, subtotal, discount, rate, round_money(goods * share, subtotal.currency.code))
