"""What has happened to a return and what comes next, as its customer reads it."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from shop.checkout.tracking import Milestone, going_back
from shop.payments.models import Refund
from shop.returns.models import Return

State = Return.State


def timeline(back: Return) -> list[Milestone]:
    asked = Milestone(_("You asked to send it back"), _day(back.created_at), "done")
    if back.state == State.WITHDRAWN:
        return [asked, Milestone(_("You keep it"), _day(back.moved_at), "now")]
    if back.state == State.DECLINED:
        return [asked, Milestone(_("We cannot take it back"), back.answer, "now")]
    if back.state == State.CLOSED:
        return [asked, Milestone(_("Closed, without money"), back.answer, "now")]
    reached = [State.REQUESTED, State.APPROVED, State.RECEIVED, State.REFUNDED].index(State(back.state))
    return [asked, _decided(reached), _sent(back, reached), _money(back, reached)]


def _decided(reached: int) -> Milestone:
    if reached >= 1:
        return Milestone(_("We have said yes"), "", "done")
    return Milestone(_("We look at it"), _("Usually within two working days. We write to you."), "now")


def _sent(back: Return, reached: int) -> Milestone:
    if reached >= 2:
        return Milestone(_("It is with us"), "", "done")
    note = _("By %(day)s.") % {"day": date_format(back.send_by, "j F")} if back.send_by and reached == 1 else ""
    return Milestone(_("You send it to us"), note, "now" if reached == 1 else "")


def _money(back: Return, reached: int) -> Milestone:
    refund = back.refund
    if refund is not None and refund.state in Refund.LIVE:
        return going_back(refund)
    state = "now" if reached >= 2 else ""
    return Milestone(
        _("Your money goes back"), _("Usually within two working days after it came.") if state else "", state
    )


def _day(when: datetime) -> str:
    return date_format(timezone.localtime(when), "l j F")
