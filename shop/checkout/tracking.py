"""What has happened to an order and what comes next, as a shopper reads it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shop.money import format_money
from shop.orders.contents import is_packed
from shop.orders.models import Fulfilment, Order
from shop.payments.models import Refund

State = Order.State


@dataclass(frozen=True)
class Milestone:
    """`state`: done, now, or empty for what is still to come."""

    title: str
    note: str = ""
    state: str = ""
    url: str = ""


def timeline(order: Order) -> list[Milestone]:
    placed = Milestone(_("Order placed"), date_format(timezone.localtime(order.placed_at), "l j F"), "done")
    back = [going_back(refund) for refund in _refunds(order)]
    if order.state == State.CANCELLED:
        why = {
            "expired": _("No payment came in time, so we put the things back. Nothing is owed."),
            "customer": _("As you asked. Nothing is owed."),
        }.get(order.cancel_reason, _("We are sorry. We have written to you about it."))
        return [placed, Milestone(_("Cancelled"), why, "done" if back else "now"), *back]
    reached = [State.PENDING, State.PROCESSING, State.SHIPPED, State.DELIVERED].index(State(order.state))
    way = _fetched(order, reached) if order.collected else [*_sent(order, reached), _arrived(order, reached)]
    return [placed, _paid(order, reached), *_packed(order, reached), *way, *back]


def _refunds(order: Order) -> Iterable[Refund]:
    """What went back or is about to. A refund that failed is ours to repair, and nobody else's worry."""
    live = Refund.objects.filter(payment__order=order, state__in=Refund.LIVE)
    return live.select_related("payment", "account").order_by("pk")


def going_back(refund: Refund) -> Milestone:
    """Money that goes back, or has gone."""
    amount = format_money(refund.money, get_language() or "en")
    if refund.state != Refund.State.SUCCEEDED or refund.settled_at is None:
        words = _by_hand(refund) if refund.manual else _("It is being sent.")
        return Milestone(_("%(amount)s goes back to you") % {"amount": amount}, words, "now")
    on = {"date": date_format(timezone.localtime(refund.settled_at), "j F")}
    if refund.manual:
        words = _("Sent to your bank account on %(date)s. Banks take one to three working days.") % on
    else:
        words = _("Sent on %(date)s, the way you paid. Banks usually show it within 5 to 10 days.") % on
    return Milestone(_("%(amount)s refunded") % {"amount": amount}, words, "done")


def _by_hand(refund: Refund) -> str:
    account = getattr(refund, "account", None)
    if account is None:
        return _("By bank transfer. Please tell us the account.")
    facts = {"bank": account.bank_name, "end": account.ending}
    return _("By bank transfer to your account at %(bank)s whose number ends in %(end)s.") % facts


def _paid(order: Order, reached: int) -> Milestone:
    if reached >= 1:
        return Milestone(_("Paid") if order.total else _("Nothing to pay"), _("Thank you."), "done")
    until = _("We keep your things until %(time)s.") % {"time": moment(order.expires_at)}
    return Milestone(_("Waiting for your payment"), until, "now")


def _packed(order: Order, reached: int) -> list[Milestone]:
    """That it is packed; and, of an order of which a part has left, that part before what is still here."""
    if reached >= 2:
        return [Milestone(_("Packed"), "", "done")]
    left = [_parcel(each, "done") for each in _left(order)]
    packed = reached == 1 and is_packed(order)
    if packed:
        what = _("The rest is packed") if left else _("Packed")
        return [*left, Milestone(what, _("It waits for the courier.") if not order.collected else "", "now")]
    what = _("The rest is packed in Yogyakarta") if left else _("Packed in Yogyakarta")
    return [*left, Milestone(what, _("Usually within two days."), "now" if reached == 1 else "")]


def _left(order: Order) -> list[Fulfilment]:
    """The parcels that have left, in their order; `fulfilments__lines__line` is fetched ahead for lists of orders."""
    return [parcel for parcel in order.fulfilments.all() if parcel.shipped_at]


def _parcel(parcel: Fulfilment, state: str) -> Milestone:
    """One of several: its number, and what is in it."""
    things = ", ".join(f"{row.quantity} × {row.line.title}" for row in parcel.lines.all())
    title = _("Parcel %(position)s is with the courier") % {"position": parcel.position}
    number = f"{parcel.carrier} {parcel.tracking_number}".strip()
    return Milestone(title, f"{number}: {things}", state, parcel.tracking_url)


def _fetched(order: Order, reached: int) -> list[Milestone]:
    day = {"day": date_format(order.deliver_until, "j F")}
    waits = _("Say your name and the order's number.") if reached >= 2 else _("From %(day)s. We write to you.") % day
    state = {2: "now", 3: "done"}.get(reached, "")
    return [Milestone(_("Ready for you"), waits, state), Milestone(_("Fetched"), "", "done" if reached == 3 else "")]


def _sent(order: Order, reached: int) -> list[Milestone]:
    left = _left(order) if reached >= 2 else []
    state = "now" if reached == 2 else "done"
    if not left:
        return [Milestone(_("With the courier"), _("You get a mail with the tracking number."))]
    if len(left) > 1:
        return [*(_parcel(each, "done") for each in left[:-1]), _parcel(left[-1], state)]
    parcel = left[0]
    number = f"{parcel.carrier} {parcel.tracking_number}".strip()
    return [Milestone(_("With the courier"), number, state, parcel.tracking_url)]


def _arrived(order: Order, reached: int) -> Milestone:
    if reached == 3:
        return Milestone(_("At your door"), "", "done")
    span = {"first": date_format(order.deliver_from, "j F"), "last": date_format(order.deliver_until, "j F")}
    return Milestone(_("At your door"), _("Between %(first)s and %(last)s.") % span)


def moment(when: datetime) -> str:
    """ "Monday 23 November, 01:25 Jakarta time": a deadline is exact, wherever it is read."""
    place = timezone.get_current_timezone_name().rpartition("/")[2].replace("_", " ")
    return _("%(time)s %(place)s time") % {"time": date_format(timezone.localtime(when), "l j F, H:i"), "place": place}
