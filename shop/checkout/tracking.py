"""What has happened to an order and what comes next, as a shopper reads it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shop.money import format_money
from shop.orders.models import Order
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
    way = _fetched(order, reached) if order.collected else [_sent(order, reached), _arrived(order, reached)]
    return [placed, _paid(order, reached), _packed(reached), *way, *back]


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
        return _("By bank transfer. Please tell us the account: the form is on this order's page.")
    facts = {"bank": account.bank_name, "end": account.ending}
    return _("By bank transfer to your account at %(bank)s whose number ends in %(end)s.") % facts


def _paid(order: Order, reached: int) -> Milestone:
    if reached >= 1:
        return Milestone(_("Paid") if order.total else _("Nothing to pay"), _("Thank you."), "done")
    until = _("We keep your things until %(time)s.") % {"time": moment(order.expires_at)}
    return Milestone(_("Waiting for your payment"), until, "now")


def _packed(reached: int) -> Milestone:
    if reached >= 2:
        return Milestone(_("Packed"), "", "done")
    return Milestone(_("Packed in Yogyakarta"), _("Usually within two days."), "now" if reached == 1 else "")


def _fetched(order: Order, reached: int) -> list[Milestone]:
    day = {"day": date_format(order.deliver_until, "j F")}
    waits = _("Say your name and the order's number.") if reached >= 2 else _("From %(day)s. We write to you.") % day
    state = {2: "now", 3: "done"}.get(reached, "")
    return [Milestone(_("Ready for you"), waits, state), Milestone(_("Fetched"), "", "done" if reached == 3 else "")]


def _sent(order: Order, reached: int) -> Milestone:
    parcel = next(reversed(order.fulfilments.all()), None)  # fetched ahead for lists of orders
    if parcel is None:
        return Milestone(_("With the courier"), _("You get a mail with the tracking number."))
    number = f"{parcel.carrier} {parcel.tracking_number}".strip()
    return Milestone(_("With the courier"), number, "now" if reached == 2 else "done", parcel.tracking_url)


def _arrived(order: Order, reached: int) -> Milestone:
    if reached == 3:
        return Milestone(_("At your door"), "", "done")
    span = {"first": date_format(order.deliver_from, "j F"), "last": date_format(order.deliver_until, "j F")}
    return Milestone(_("At your door"), _("Between %(first)s and %(last)s.") % span)


def moment(when: datetime) -> str:
    """ "Monday 23 November, 01:25 Jakarta time": a deadline is exact, wherever it is read."""
    place = timezone.get_current_timezone_name().rpartition("/")[2].replace("_", " ")
    return _("%(time)s %(place)s time") % {"time": date_format(timezone.localtime(when), "l j F, H:i"), "place": place}
