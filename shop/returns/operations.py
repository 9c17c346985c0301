"""Returns: asked for by the customer, decided by staff, received, and paid back. Each change has its event and its mail.

Locks, in this order: order, return, payment, refund, shelves. Whoever asks, decides or refunds at the same moment waits
at the order, and then finds what the other has done.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from shop.checkout import refunding
from shop.checkout.refunding import LineStanding, Quote, Wish
from shop.customers.models import User
from shop.inventory import operations as inventory
from shop.money import Money, round_money
from shop.orders import operations as orders
from shop.orders.locks import lock_order
from shop.outbox import operations as outbox
from shop.payments.models import Refund
from shop.payments.refunds import TooMuch
from shop.returns.listing import returnable
from shop.returns.locks import lock_return
from shop.returns.models import Return, ReturnLine, ReturnPhoto
from shop.returns.status import may_move

State, Outcome = Return.State, ReturnLine.Outcome
PHOTOS = 3


class ReturnError(Exception):
    """Base of what a return refuses. Nothing has changed then."""


class IllegalMove(ReturnError):
    """The status table knows no way from `old` to `new`."""

    def __init__(self, old: str, new: str) -> None:
        super().__init__(f"{old} to {new}")
        self.old, self.new = old, new


class TooLate(ReturnError):
    """The days in which it could be asked for are over."""


class NothingChosen(ReturnError):
    """No units of anything."""


class NotReturnable(ReturnError):
    """More units than can be sent back; `line_id` says of which line, `left` how many there are."""

    def __init__(self, line_id: int, left: int) -> None:
        super().__init__(f"{line_id}: {left} left")
        self.line_id, self.left = line_id, left


class NotInReturn(ReturnError):
    """More units arrived than the return is of."""


class PaidBackAlready(ReturnError):
    """All that arrived has been paid back in another way."""


class AmountChanged(ReturnError):
    """What it comes to is not what was agreed to any more; `actual` (Money) is what it is now."""

    def __init__(self, actual: Money) -> None:
        super().__init__(str(actual))
        self.actual = actual


@dataclass(frozen=True)
class Wanted:
    """Units of an order line that are to go back, and why (a ReturnLine.Reason)."""

    line_id: int
    quantity: int
    reason: str


@dataclass(frozen=True)
class Arrived:
    """Units of a line that were in the parcel, and what becomes of them (an Outcome; nothing for none)."""

    quantity: int
    outcome: str = ""


def next_number() -> str:
    """The next number of a return, such as RT-1001."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('shop_return_number')")
        return f"{settings.RETURN_NUMBER_PREFIX}{cursor.fetchone()[0]}"


# --- the customer --------------------------------------------------------------------------------


@transaction.atomic
def request_return(
    *,
    order_id: int,
    key: UUID,
    wanted: Sequence[Wanted],
    words: str = "",
    photos: Sequence[ContentFile] = (),
    now: datetime,
) -> Return:
    """Ask to send things back. With a `key` that was used before, the return of then.

    `photos` are those of reviews.photos.develop. Raises NothingChosen, TooLate and NotReturnable.
    """
    order = lock_order(order_id)
    if earlier := order.returns.filter(key=key).first():
        return earlier
    here = returnable(order)
    _refuse(here, wanted, now)
    back = Return.objects.create(
        number=next_number(), key=key, order=order, words=words.strip(), created_at=now, moved_at=now
    )
    lines = {each.line.pk: each for each in here.lines}
    for each in wanted:
        value = _value(lines[each.line_id], each.quantity)
        ReturnLine.objects.create(
            rma=back, line_id=each.line_id, quantity=each.quantity, reason=each.reason, value=value.amount
        )
    for content in photos[:PHOTOS]:
        ReturnPhoto(rma=back).file.save("photo.jpg", content)
    _tell(back, "return_requested", actor="customer", now=now)
    return back


def _refuse(here: Any, wanted: Sequence[Wanted], now: datetime) -> None:
    if not wanted:
        raise NothingChosen
    if not here.is_in_time(now):
        raise TooLate
    for each in wanted:
        left = here.units.get(each.line_id, 0)
        if not 1 <= each.quantity <= left:
            raise NotReturnable(each.line_id, left)


def _value(standing: LineStanding, quantity: int) -> Money:
    whole = standing.sold.value
    return round_money(whole.amount * quantity / standing.sold.quantity, whole.currency.code)


@transaction.atomic
def withdraw(*, return_id: int, now: datetime) -> Return:
    """The customer keeps it after all. Raises IllegalMove once it has arrived, was declined or withdrawn."""
    back = lock_return(return_id)
    _move(back, State.WITHDRAWN, now)
    _note(back, "return_withdrawn", actor="customer", now=now)
    return back


# --- staff ---------------------------------------------------------------------------------------


@transaction.atomic
def approve(*, return_id: int, answer: str = "", actor: str, now: datetime) -> Return:
    """It may be sent back, within settings.RETURN_SEND_DAYS; the mail says how. Raises IllegalMove."""
    back = lock_return(return_id)
    back.send_by = timezone.localdate(now) + timedelta(days=settings.RETURN_SEND_DAYS)
    _decide(back, State.APPROVED, answer, actor, now)
    return back


@transaction.atomic
def decline(*, return_id: int, answer: str, actor: str, now: datetime) -> Return:
    """It is not taken back; `answer` says why. Raises IllegalMove."""
    back = lock_return(return_id)
    _decide(back, State.DECLINED, answer, actor, now)
    return back


@transaction.atomic
def close(*, return_id: int, answer: str, actor: str, now: datetime) -> Return:
    """No money goes back: it never came, or came worn. `answer` says why. Raises IllegalMove."""
    back = lock_return(return_id)
    _decide(back, State.CLOSED, answer, actor, now)
    back.lines.filter(received__isnull=True).update(received=0)
    return back


def _decide(back: Return, to: str, answer: str, actor: str, now: datetime) -> None:
    was, back.answer = back.state, answer.strip()
    _move(back, to, now)
    _record(back, to, actor, {"state": was}, {"state": to}, now)  # what was answered stays with the return alone
    _tell(back, f"return_{to}", actor=actor, now=now)


@transaction.atomic
def receive(*, return_id: int, arrived: Mapping[int, Arrived], actor: str, now: datetime) -> Return:
    """The parcel is opened: `arrived` says of each ReturnLine (by id) what was in it. What is not named did not come.

    What goes back on the shelf and what is written off are movements of the stock. Raises IllegalMove, NothingChosen
    (then close it), NotInReturn, and refunding.NotRestockable for what came back in another way.
    """
    back = lock_return(return_id)
    rows = list(back.lines.select_related("line__reservation"))
    if not any(each.quantity for each in arrived.values()):
        raise NothingChosen
    for row in rows:
        _open(row, arrived.get(row.pk, Arrived(0)))
    _move(back, State.RECEIVED, now)
    _put_away(back, [row for row in rows if row.received], actor, now)
    units = {row.line.sku: f"{row.received} {row.outcome}".strip() for row in rows}
    _record(back, "receive", actor, {}, units, now)
    _tell(back, "return_received", actor=actor, now=now)
    return back


def _open(row: ReturnLine, arrived: Arrived) -> None:
    if not 0 <= arrived.quantity <= row.quantity:
        raise NotInReturn(str(row))
    row.received = arrived.quantity
    row.outcome = arrived.outcome if arrived.quantity else ""
    row.save(update_fields=["received", "outcome"])


def _put_away(back: Return, rows: list[ReturnLine], actor: str, now: datetime) -> None:
    order = back.order
    room = {each.line.pk: each.restockable for each in refunding.standing(order).lines}
    for row in rows:
        if row.received > room[row.line_id]:  # type: ignore[operator]
            raise refunding.NotRestockable(row.line)
    goods = {
        outcome: [(row.line.reservation.stock_item_id, row.received or 0) for row in rows if row.outcome == outcome]
        for outcome in Outcome.values
    }
    inventory.take_back(
        goods=goods[Outcome.RESTOCK],
        scrapped=goods[Outcome.WRITE_OFF],
        order_number=order.number,
        note=back.number,
        actor=actor,
        now=now,
    )
    for row in rows:
        row.line.returned += row.received  # type: ignore[operator]
        row.line.save(update_fields=["returned"])


# --- money ---------------------------------------------------------------------------------------


def quote(back: Return, *, delivery: bool = False) -> Quote:
    """What `refund` would pay back now. Raises what that raises."""
    payment_id, wish = _wish(back, delivery, "")
    return refunding.quote(payment_id=payment_id, wish=wish)


@transaction.atomic
def refund(*, return_id: int, delivery: bool, agreed: Money, actor: str, now: datetime) -> Refund:
    """Promise the money for what arrived, and the delivery's where wished; it is sent after the transaction.

    Asked again it gives the same refund; after one that failed, another. Raises IllegalMove, PaidBackAlready,
    AmountChanged when it is not `agreed`, and what refunding.refund_order raises.
    """
    back = lock_return(return_id)
    if back.refund is not None and back.refund.state in Refund.LIVE:
        return back.refund
    if back.state != State.REFUNDED and not may_move(back.state, State.REFUNDED):
        raise IllegalMove(back.state, State.REFUNDED)
    payment_id, wish = _wish(back, delivery, f"return {back.number}")
    promised = refunding.refund_order(payment_id=payment_id, wish=wish, actor=actor, now=now)
    if promised.money != agreed:
        raise AmountChanged(promised.money)
    back.refund = promised
    if back.state != State.REFUNDED:
        _move(back, State.REFUNDED, now)
    back.save(update_fields=["refund"])
    _record(back, "refund", actor, {}, {"refund": promised.pk, "amount": str(promised.amount)}, now)
    _note(back, "return_refunded", actor=actor, now=now)
    return promised


def _wish(back: Return, delivery: bool, reason: str) -> tuple[int, Wish]:
    """The payment, and what of it: units that arrived and were not paid back elsewhere, for at most what is left of it."""
    here = refunding.standing(back.order)
    left = {each.line.pk: each.left for each in here.lines}
    units = {row.line_id: min(row.received or 0, left[row.line_id]) for row in back.lines.all()}
    units = {pk: quantity for pk, quantity in units.items() if quantity > 0}
    if not units:
        raise PaidBackAlready(back.number)
    if not here.payments:
        raise TooMuch(here.refundable)
    key = uuid5(back.key, f"refund/{back.refund_id or 0}")
    return here.payments[0].pk, Wish(key=key, reason=reason, units=units, delivery=delivery, as_far_as_it_goes=True)


# --- what all of them do -------------------------------------------------------------------------


def _move(back: Return, to: str, now: datetime) -> None:
    if not may_move(back.state, to):
        raise IllegalMove(back.state, to)
    back.state, back.moved_at = to, now
    back.save()


def _note(back: Return, kind: str, *, actor: str, now: datetime) -> None:
    orders.note(back.order, kind, actor=actor, now=now, reason=back.number)


def _tell(back: Return, kind: str, *, actor: str, now: datetime) -> None:
    """Note it on the order, and send the mail of that kind, once."""
    _note(back, kind, actor=actor, now=now)
    key = f"{kind}/{back.order.number}/{back.number}"
    outbox.later("returns.send_mail", key=f"mail/{key}", now=now, return_id=back.pk, kind=kind, mail_key=key)


def _record(back: Return, action: str, actor: str, before: dict, after: dict, now: datetime) -> None:
    subject = f"return:{back.number}"
    outbox.record(actor=actor, action=f"return.{action}", subject=subject, before=before, after=after, now=now)


@transaction.atomic
def forget_customer(*, user: User | None = None, order_ids: Collection[int] = ()) -> int:
    """Keep what came back and what it was worth, and drop what the person said and showed. Returns how many returns.

    The person is an account, or a guest with these orders, or both.
    """
    theirs = Return.objects.filter(Q(order__user=user) & ~Q(order__user=None) | Q(order__in=order_ids)).order_by("pk")
    backs = [lock_return(pk) for pk in theirs.values_list("pk", flat=True)]
    for back in backs:
        for photo in back.photos.all():
            storage, name = photo.file.storage, str(photo.file.name)
            photo.delete()
            transaction.on_commit(partial(storage.delete, name))
        back.words = back.answer = ""
        back.save(update_fields=["words", "answer"])
    return len(backs)
