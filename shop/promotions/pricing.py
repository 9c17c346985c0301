"""What promotions take off. Pure: every fact, the instant included, is in the arguments; the rows are read by `listing`.

How promotions go together, in this order (examples are in site/docs/promotions.md):

1. Reduced prices come first, thing by thing; of several the lowest price counts, they never add up.
2. A minimum, a tier and "buy some" are judged by these prices, before anything else is taken off.
3. What may stand together is taken off one after the other, by priority and then by age, each off what the former left.
4. What is exclusive stands alone. The shopper gets whichever saves more on goods and delivery: all that may stand together,
   or one of the exclusive ones. Of equals the first: together, then by priority, then by age.

Each amount is rounded half up once and spread over its lines exactly, to the coin.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from shop.delivery.pricing import DeliveryTerms
from shop.money import Money, allocate, quantum, round_money, total_of, zero


class Priced(Protocol):
    """What a cart's item says of itself."""

    @property
    def product_id(self) -> int: ...
    @property
    def quantity(self) -> int: ...
    @property
    def unit_price(self) -> Money: ...


@dataclass(frozen=True)
class Discount:
    """Money off the items at `eligible` (positions in the list of items), or off the delivery.

    It is spread in proportion to what earlier discounts left of those items; with `shares`, one for each of `eligible`,
    in proportion to these and never more than each.
    """

    name: str
    amount: Money
    eligible: tuple[int, ...] = ()
    code: str = ""
    shares: tuple[Decimal, ...] = ()
    on_delivery: bool = False
    promotion_id: int | None = None
    coupon_id: int | None = None


class Reason(StrEnum):
    """Why a promotion does not count."""

    UNKNOWN = "unknown"
    OFF = "off"
    NOT_YET = "not_yet"
    OVER = "over"
    USED_UP = "used_up"
    USED_BY_YOU = "used_by_you"
    NOT_FIRST = "not_first"
    OTHER_CURRENCY = "other_currency"
    NOT_FOR_THESE = "not_for_these"
    MINIMUM = "minimum"
    TOO_FEW = "too_few"
    OTHER_SAVES_MORE = "other_saves_more"
    NOTHING_LEFT = "nothing_left"
    DELIVERY_FREE = "delivery_free"


GONE = {Reason.UNKNOWN, Reason.OFF, Reason.NOT_YET, Reason.OVER, Reason.USED_UP}  # whatever is in the cart


@dataclass(frozen=True)
class WhyNot:
    """A promotion that does not count, and what would help: `missing` money or `more` things, or the day it starts."""

    reason: Reason
    name: str = ""
    code: str = ""
    missing: Money | None = None
    more: int = 0
    starts: datetime | None = None
    other: str = ""


@dataclass(frozen=True)
class Amounts:
    """A promotion's amounts in the currency of the cart. `budget_left`: what all orders together may still get."""

    amount_off: Money | None = None
    minimum: Money | None = None
    cap: Money | None = None
    budget_left: Money | None = None


@dataclass(frozen=True)
class Step:
    minimum: Money
    percent: Decimal


@dataclass(frozen=True)
class Offer:
    """A promotion as it stands at an instant, for one currency and one customer.

    `products`: ids of those it is for among the ones asked about; None: all. `obstacle`: why it cannot count at all.
    """

    promotion_id: int
    name: str
    effect: str
    kind: str = "cart"
    percent: Decimal = Decimal(0)
    buy: int = 0
    get: int = 0
    amounts: Amounts = field(default_factory=Amounts)
    steps: tuple[Step, ...] = ()
    products: frozenset[int] | None = None
    priority: int = 100
    exclusive: bool = False
    code: str = ""
    coupon_id: int | None = None
    obstacle: WhyNot | None = None

    def is_for(self, product_id: int) -> bool:
        return self.products is None or product_id in self.products

    def why_not(self, reason: Reason, **more) -> WhyNot:
        return WhyNot(reason, self.name, self.code, **more)


@dataclass(frozen=True)
class Verdict:
    """What comes off, in order, and why the other offers do not count."""

    discounts: tuple[Discount, ...] = ()
    why_nots: tuple[WhyNot, ...] = ()


# --- reduced prices ------------------------------------------------------------------------------


def reduce_price(price: Money, product_id: int, offers: Sequence[Offer]) -> Money:
    """The lowest that the catalogue promotions make of a unit price; never below the smallest coin."""
    reduced = [_reduced(price, offer) for offer in offers if offer.obstacle is None and offer.is_for(product_id)]
    least = Money(quantum(price.currency.code), price.currency)
    return max(min([price, *reduced]), least)


def _reduced(price: Money, offer: Offer) -> Money:
    off = offer.amounts.amount_off or zero(price.currency.code)
    if offer.effect == "percentage":
        off = percent_of(price, offer.percent)
    return price - (min(off, offer.amounts.cap) if offer.amounts.cap else off)


def percent_of(money: Money, percent: Decimal) -> Money:
    """`percent` of `money`, rounded half up: 15 % of $0.10 is $0.02."""
    return round_money(money.amount * percent / 100, money.currency.code)


# --- discounts in the cart -----------------------------------------------------------------------


def judge(
    items: Sequence[Priced], offers: Sequence[Offer], *, currency: str, delivery: DeliveryTerms | None
) -> Verdict:
    """Which of `offers` count for `items`, as stated above. The order of `offers` does not matter."""
    ordered = sorted(offers, key=lambda offer: (offer.priority, offer.promotion_id))
    reasons = [(offer, _obstacle(offer, items, currency)) for offer in ordered]
    usable = [offer for offer, reason in reasons if reason is None]
    why_nots = [reason for _offer, reason in reasons if reason]
    together = [offer for offer in usable if not offer.exclusive]
    alone = [[offer] for offer in usable if offer.exclusive]
    sets = [together, *alone] if together or not alone else alone
    chosen = min((_take(items, offers, currency, delivery) for offers in sets), key=lambda taken: taken.left_to_pay)
    names = ", ".join(discount.name for discount in chosen.discounts)
    beaten = [offer for offer in usable if offer.promotion_id not in chosen.considered]
    lost = Reason.OTHER_SAVES_MORE if names else Reason.NOTHING_LEFT
    why_nots += [*chosen.why_nots, *(offer.why_not(lost, other=names) for offer in beaten)]
    return Verdict(tuple(chosen.discounts), tuple(why_nots))


def _obstacle(offer: Offer, items: Sequence[Priced], currency: str) -> WhyNot | None:
    """What keeps the offer from counting for `items`, whatever else counts."""
    if offer.obstacle:
        return offer.obstacle
    mine = [item for item in items if offer.is_for(item.product_id)]
    if not mine:
        return offer.why_not(Reason.NOT_FOR_THESE)
    worth = total_of([item.unit_price * item.quantity for item in mine], currency)
    hurdles = [offer.amounts.minimum, offer.steps[0].minimum if offer.steps else None]
    minimum = max((hurdle for hurdle in hurdles if hurdle), default=None)
    if minimum and worth < minimum:
        return offer.why_not(Reason.MINIMUM, missing=minimum - worth)
    short = offer.buy + offer.get - sum(item.quantity for item in mine)
    return offer.why_not(Reason.TOO_FEW, more=short) if short > 0 and offer.effect == "buy_x_get_y" else None


@dataclass
class _Taken:
    """One set of offers, taken off one after the other."""

    considered: set[int]
    left_to_pay: Money
    discounts: list[Discount] = field(default_factory=list)
    why_nots: list[WhyNot] = field(default_factory=list)


def _take(items: Sequence[Priced], offers: Sequence[Offer], currency: str, delivery: DeliveryTerms | None) -> _Taken:
    taken = _Taken({offer.promotion_id for offer in offers}, zero(currency))
    left = [item.unit_price * item.quantity for item in items]
    for offer in sorted(offers, key=lambda offer: offer.effect == "free_delivery"):  # delivery depends on what is left
        if offer.effect == "free_delivery":
            discount = _off_delivery(offer, _delivery_cost(left, taken.discounts, currency, delivery), currency)
        else:
            discount = _off_goods(offer, items, left, currency)
        if isinstance(discount, WhyNot):
            taken.why_nots.append(discount)
            continue
        taken.discounts.append(discount)
        left = [had - gave for had, gave in zip(left, shares_of(discount, left, currency), strict=True)]
    taken.left_to_pay = total_of(left, currency) + _delivery_cost(left, taken.discounts, currency, delivery)
    return taken


def _delivery_cost(
    left: Sequence[Money], discounts: Sequence[Discount], currency: str, delivery: DeliveryTerms | None
) -> Money:
    if delivery is None or not left:
        return zero(currency)
    cost = delivery.cost_of(total_of(left, currency))
    return max(zero(currency), cost - total_of([d.amount for d in discounts if d.on_delivery], currency))


def _off_delivery(offer: Offer, cost: Money, currency: str) -> Discount | WhyNot:
    amount = min(cost, offer.amounts.cap) if offer.amounts.cap else cost
    if not amount:
        return offer.why_not(Reason.DELIVERY_FREE)
    return _within_budget(offer, _discount(offer, amount, on_delivery=True))


def _off_goods(offer: Offer, items: Sequence[Priced], left: Sequence[Money], currency: str) -> Discount | WhyNot:
    eligible = tuple(i for i, item in enumerate(items) if offer.is_for(item.product_id))
    rest = total_of([left[i] for i in eligible], currency)
    shares: tuple[Decimal, ...] = ()
    if offer.effect == "buy_x_get_y":
        shares = _got(offer, [items[i] for i in eligible], currency)
        rest = total_of(
            [min(left[i], Money(share, currency)) for i, share in zip(eligible, shares, strict=True)], currency
        )
        amount = rest
    else:
        amount = min(AMOUNTS[offer.effect](offer, items, rest), rest)
    if offer.amounts.cap:
        amount = min(amount, offer.amounts.cap)
    if not amount:
        return offer.why_not(Reason.NOTHING_LEFT)
    return _within_budget(offer, _discount(offer, amount, eligible=eligible, shares=shares))


def _discount(offer: Offer, amount: Money, **more: Any) -> Discount:
    discount = Discount(offer.name, amount, code=offer.code, **more)
    return replace(discount, promotion_id=offer.promotion_id, coupon_id=offer.coupon_id)


def _within_budget(offer: Offer, discount: Discount) -> Discount | WhyNot:
    """A budget that cannot give all of it gives nothing: nobody wants ten per cent to be three cents."""
    left = offer.amounts.budget_left
    return offer.why_not(Reason.USED_UP) if left is not None and discount.amount > left else discount


def _tier(offer: Offer, items: Sequence[Priced], rest: Money) -> Money:
    mine = [item.unit_price * item.quantity for item in items if offer.is_for(item.product_id)]
    worth = total_of(mine, rest.currency.code)
    reached = [step.percent for step in offer.steps if step.minimum <= worth]
    return percent_of(rest, reached[-1] if reached else Decimal(0))


AMOUNTS: dict[str, Callable[[Offer, Sequence[Priced], Money], Money]] = {
    "percentage": lambda offer, items, rest: percent_of(rest, offer.percent),
    "fixed": lambda offer, items, rest: offer.amounts.amount_off or zero(rest.currency.code),
    "tiered": _tier,
}


def _got(offer: Offer, items: Sequence[Priced], currency: str) -> tuple[Decimal, ...]:
    """What each item gives when of every `buy + get` things, dearest first, the last `get` are reduced.

    Grouped from the dearest on, so that one thing more never makes the sum smaller.
    """
    shares = [Decimal(0)] * len(items)
    group, place = offer.buy + offer.get, 0
    whole = sum(item.quantity for item in items) // group * group
    for i in sorted(range(len(items)), key=lambda i: (-items[i].unit_price.amount, i)):
        start, end = place, min(place + items[i].quantity, whole)
        reduced = _reduced_before(end, offer.buy, group) - _reduced_before(start, offer.buy, group)
        shares[i] = percent_of(items[i].unit_price, offer.percent).amount * max(reduced, 0)
        place += items[i].quantity
    return tuple(shares)


def _reduced_before(place: int, buy: int, group: int) -> int:
    """How many of the first `place` things are reduced, when in each group those after `buy` are."""
    return place // group * (group - buy) + max(0, place % group - buy)


# --- spreading -----------------------------------------------------------------------------------


def shares_of(discount: Discount, left: Sequence[Money], currency: str) -> list[Money]:
    """What each item gives to `discount` when this much of it is `left`: exact to the coin, never more than is left."""
    most = [Decimal(0)] * len(left)
    for n, i in enumerate(discount.eligible):
        if not discount.on_delivery and i < len(left):
            most[i] = min(left[i].amount, discount.shares[n]) if discount.shares else left[i].amount
    amount = min(discount.amount, Money(sum(most, Decimal(0)), currency))
    return allocate(amount, most)


def spread(discounts: Sequence[Discount], subtotals: Sequence[Money], currency: str) -> list[list[Money]]:
    """For each discount what each item gives, the discounts taken one after the other."""
    left, given = list(subtotals), []
    for discount in discounts:
        shares = shares_of(discount, left, currency)
        left = [had - gave for had, gave in zip(left, shares, strict=True)]
        given.append(shares)
    return given
