"""Refunds from the orders desk: the whole, some units of some lines, or an amount; and what becomes of the goods.

Money of one payment goes back at a time. Goods that have left can come back to the shelf; those still here can be taken
out of the order, so that they are not sent. Locks: order, payment, refund, shelves.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from shop.checkout.pricing import PaidBack, Portion, Sold, delivery_value, portion, squeeze
from shop.inventory import operations as inventory
from shop.money import Money, total_of, zero
from shop.orders import contents, parcels
from shop.orders.models import Order, OrderLine
from shop.payments import ledger, refunds
from shop.payments.locks import lock_payment
from shop.payments.models import Payment, Refund, RefundLine

State = Order.State
LIVE = Refund.LIVE


class RefundingError(Exception):
    """Base of what the desk cannot refund. Nothing has changed then."""


class NothingChosen(RefundingError):
    """Neither units nor delivery nor an amount."""


class NothingToSendLeft(RefundingError):
    """Nothing of the order would be left to send: that is a cancellation."""


class NotRestockable(RefundingError):
    """These units of a line are on the shelf again already, or the order is cancelled; `line` is its OrderLine."""

    def __init__(self, line: OrderLine) -> None:
        super().__init__(str(line))
        self.line = line


class StillPacked(NotRestockable):
    """These units would be, were they not packed."""


class SentBefore(RefundingError):
    """The same form has made another refund than the one it asks for now; `refund` is that."""

    def __init__(self, refund: Refund) -> None:
        super().__init__(str(refund.key))
        self.refund = refund


# --- what is left ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class LineStanding:
    """`left` units may still be paid back, worth `worth`; `restockable` may come back to the shelf, or stay on it.

    `here` units are to be sent and in no parcel yet: it is they that stay, before any come back. `packed` ones do neither.
    """

    line: OrderLine
    sold: Sold
    back: PaidBack
    restockable: int
    here: int
    packed: int

    @property
    def left(self) -> int:
        return self.sold.quantity - self.back.quantity

    @property
    def worth(self) -> Money:
        return portion(self.sold, self.back, self.left).amount if self.left else zero(self.sold.value.currency.code)


@dataclass(frozen=True)
class Standing:
    """What came in for an order, what has gone back or is about to, and what may still."""

    lines: list[LineStanding]
    delivery: Money
    captured: Money
    refunded: Money
    refundable: Money
    payments: list[Payment] = field(default_factory=list)


def standing(order: Order) -> Standing:
    """Of an order as it is now; exact only under its lock. `payments` are those with something left to give."""
    currency = order.currency
    paid = list(order.payments.filter(state=Payment.State.CAPTURED, currency=currency))
    left = {payment: ledger.refundable(payment) for payment in paid}
    lines = _lines(order)
    shipping = Refund.objects.filter(payment__order=order, state__in=LIVE).aggregate(sum=Sum("shipping"))["sum"]
    return Standing(
        lines=lines,
        delivery=delivery_value(order.money("total"), [each.sold for each in lines]) - Money(shipping or 0, currency),
        captured=Money(sum((payment.captured for payment in paid), Decimal(0)), currency),
        refunded=Money(sum((ledger.refunded(payment) for payment in paid), Decimal(0)), currency),
        refundable=Money(sum(left.values(), Decimal(0)), currency),
        payments=[payment for payment in paid if left[payment]],
    )


def _lines(order: Order) -> list[LineStanding]:
    rows: dict[int, list[RefundLine]] = defaultdict(list)
    for row in RefundLine.objects.filter(line__order=order).select_related("refund"):
        rows[row.line_id].append(row)
    parts = {each.line.pk: each for each in contents.standing(order)}
    lines = order.lines.select_related("variant", "reservation")
    return [_line(line, order, rows[line.pk], parts[line.pk]) for line in lines]


def _line(line: OrderLine, order: Order, rows: list[RefundLine], parts: contents.ToSend) -> LineStanding:
    currency = order.currency
    value = line.subtotal - line.discount + (0 if order.tax_included else line.tax)
    live = [row for row in rows if row.refund.state in LIVE]
    restocked = sum(row.quantity for row in rows if row.restock)
    ended = order.state in (State.CANCELLED, State.PENDING)
    return LineStanding(
        line=line,
        sold=Sold(line.pk, line.quantity, Money(value, currency), Money(line.tax, currency)),
        back=PaidBack(
            quantity=sum(row.quantity for row in live),
            amount=total_of([Money(row.amount, currency) for row in live], currency),
            tax=total_of([Money(row.tax, currency) for row in live], currency),
        ),
        restockable=0 if ended else line.quantity - parts.packed - line.returned - restocked,
        here=0 if ended else parts.left,
        packed=parts.packed,
    )


# --- refunding -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wish:
    """What to pay back of a payment: `amount`; or `units` {line: quantity} and the `delivery`; or, with neither, the whole.

    `restock` names the lines whose units come back to the shelf (of a whole refund: all that are named). `key` is the
    form's: sent six times it is one refund. `manual`: a person sends the money. `as_far_as_it_goes`: where less is left of
    the payment than the units are worth, that.
    """

    key: UUID
    reason: str
    amount: Decimal | None = None
    units: Mapping[int, int] = field(default_factory=dict)
    delivery: bool = False
    restock: Collection[int] = ()
    manual: bool = False
    as_far_as_it_goes: bool = False

    @property
    def is_whole(self) -> bool:
        return self.amount is None and not self.units and not self.delivery


@dataclass(frozen=True)
class Quoted:
    """A portion of a line, and of its units those that `stay` here and those that come `back` to the shelf."""

    standing: LineStanding
    portion: Portion
    restocked: bool

    @property
    def line(self) -> OrderLine:
        return self.standing.line

    @property
    def stay(self) -> int:
        return min(self.portion.quantity, self.standing.here) if self.restocked else 0

    @property
    def back(self) -> int:
        return self.portion.quantity - self.stay if self.restocked else 0


@dataclass(frozen=True)
class Quote:
    """What a wish comes to: `portions`, `shipping`, and `amount` in all."""

    amount: Money
    shipping: Money
    portions: list[Quoted]
    by_hand: bool


def quote(*, payment_id: int, wish: Wish) -> Quote:
    """What `refund_order` would do now. Raises what that raises for units that are not there."""
    payment = Payment.objects.select_related("order").get(pk=payment_id)
    here = standing(payment.order)
    portions, shipping, amount = _wanted(here, payment, wish)
    lines = {each.line.pk: each for each in here.lines}
    rows = [Quoted(lines[each.line_id], each, each.line_id in wish.restock) for each in portions]
    _refuse_restock(payment.order, here, rows)
    refunds.refuse(payment, amount.amount)
    return Quote(amount, shipping, rows, wish.manual or refunds.goes_by_hand(payment, amount.amount))


@transaction.atomic
def refund_order(*, payment_id: int, wish: Wish, actor: str, now: datetime) -> Refund:
    """Promise a refund and put the goods where they belong; the money is sent after the transaction.

    Raises RefundingError, pricing.TooManyUnits, and refunds.RefundError: NotCaptured, Disputed, TooMuch.
    """
    payment = lock_payment(payment_id)
    if earlier := Refund.objects.filter(key=wish.key).first():
        return _the_same(earlier, payment, wish)
    here = standing(payment.order)
    portions, shipping, amount = _wanted(here, payment, wish)
    lines = {each.line.pk: each for each in here.lines}
    goods = [Quoted(lines[each.line_id], each, each.line_id in wish.restock) for each in portions]
    _refuse_restock(payment.order, here, goods)
    refund = refunds.request(
        payment=payment,
        amount=amount.amount,
        key=wish.key,
        reason=wish.reason,
        requested_by=actor,
        now=now,
        manual=wish.manual,
        shipping=shipping.amount,
        units=[_units(each.portion, each.restocked) for each in goods],
    )
    _restock(payment.order, goods, actor, now)
    return refund


def _the_same(earlier: Refund, payment: Payment, wish: Wish) -> Refund:
    units = {row.line_id: row.quantity for row in earlier.lines.all()}
    asked = wish.amount == earlier.amount if wish.amount is not None else wish.is_whole or units == dict(wish.units)
    if earlier.payment_id != payment.pk or not asked:
        raise SentBefore(earlier)
    return earlier


def _wanted(here: Standing, payment: Payment, wish: Wish) -> tuple[list[Portion], Money, Money]:
    """The portions, what is for the delivery, and the amount of both together."""
    currency = payment.currency
    nothing = zero(currency)
    if wish.amount is not None:
        return [], nothing, Money(wish.amount, currency)
    units = {each.line.pk: each.left for each in here.lines if each.left} if wish.is_whole else wish.units
    by_line = {each.line.pk: each for each in here.lines}
    portions = [portion(by_line[pk].sold, by_line[pk].back, quantity) for pk, quantity in units.items()]
    shipping = max(here.delivery, nothing) if wish.delivery or wish.is_whole else nothing
    left, amount = (
        Money(ledger.refundable(payment), currency),
        total_of([*(each.amount for each in portions), shipping], currency),
    )
    if wish.is_whole or wish.as_far_as_it_goes and amount > left:
        return (*squeeze(portions, shipping, left), left)
    if not amount:
        raise NothingChosen
    return portions, shipping, amount


def _units(each: Portion, restock: bool) -> refunds.Units:
    return refunds.Units(each.line_id, each.quantity, each.amount.amount, each.tax.amount, restock)


def _refuse_restock(order: Order, here: Standing, goods: list[Quoted]) -> None:
    for each in goods:
        if each.restocked and each.portion.quantity > each.standing.restockable:
            enough = each.portion.quantity <= each.standing.restockable + each.standing.packed
            raise (StillPacked if enough else NotRestockable)(each.line)
    stay = sum(each.stay for each in goods)
    if stay and stay == sum(each.line.to_send for each in here.lines):
        raise NothingToSendLeft(order.number)


def _restock(order: Order, goods: list[Quoted], actor: str, now: datetime) -> None:
    """What is still here is not sent, and anybody's again; what had left is on the shelf again."""
    if stay := {each.line: each.stay for each in goods if each.stay}:
        parcels.take_out(order, stay, actor=actor, now=now)
    if back := [(each.line.reservation.stock_item_id, each.back) for each in goods if each.back]:
        inventory.take_back(goods=back, order_number=order.number, actor=actor, now=now)
