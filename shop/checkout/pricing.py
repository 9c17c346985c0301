"""What units of an order line are worth when they are paid back. Pure sums, to the quantum of the currency.

A line is worth its price less its share of discount, and plus its tax where prices do not contain it. Units are priced
by what all of them up to then are worth together, less what has been paid back: whatever the portions, and whichever
of them failed and was tried again, all together make exactly the line.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shop.money import Money, allocate, round_money, total_of


@dataclass(frozen=True)
class Sold:
    """A line of an order as it was sold: `value` is what was paid for all `quantity` units, `tax` the tax in that."""

    line_id: int
    quantity: int
    value: Money
    tax: Money


@dataclass(frozen=True)
class PaidBack:
    """What has been paid back of a line so far, or is on its way."""

    quantity: int
    amount: Money
    tax: Money


@dataclass(frozen=True)
class Portion:
    line_id: int
    quantity: int
    amount: Money
    tax: Money


class TooManyUnits(Exception):
    """More units than were sold and not paid back yet; `line_id` says of which line, `left` how many there are."""

    def __init__(self, line_id: int, left: int) -> None:
        super().__init__(f"{line_id}: {left} left")
        self.line_id, self.left = line_id, left


def portion(sold: Sold, back: PaidBack, quantity: int) -> Portion:
    """What `quantity` further units are worth. Raises TooManyUnits, also for less than one."""
    left = sold.quantity - back.quantity
    if not 1 <= quantity <= left:
        raise TooManyUnits(sold.line_id, left)
    upto = back.quantity + quantity
    return Portion(
        line_id=sold.line_id,
        quantity=quantity,
        amount=_rest(sold.value, upto, sold.quantity, back.amount),
        tax=_rest(sold.tax, upto, sold.quantity, back.tax),
    )


def _rest(whole: Money, units: int, of: int, back: Money) -> Money:
    worth = round_money(whole.amount * units / of, whole.currency.code)
    return max(worth - back, worth - worth)


def squeeze(portions: Sequence[Portion], shipping: Money, amount: Money) -> tuple[list[Portion], Money]:
    """The same units and delivery for `amount` in all, when less than they are worth is left to give."""
    worth = [each.amount for each in portions]
    currency = amount.currency.code
    if total_of([*worth, shipping], currency) <= amount:
        return list(portions), shipping
    *parts, for_shipping = allocate(amount, [money.amount for money in (*worth, shipping)])
    rest = [
        Portion(each.line_id, each.quantity, part, _scaled(each.tax, part, each.amount))
        for each, part in zip(portions, parts, strict=True)
    ]
    return rest, for_shipping


def _scaled(tax: Money, part: Money, whole: Money) -> Money:
    return round_money(tax.amount * part.amount / whole.amount, tax.currency.code) if whole else tax


def delivery_value(total: Money, lines: Iterable[Sold]) -> Money:
    """What of the order's total is not for goods."""
    return total - total_of([line.value for line in lines], total.currency.code)
