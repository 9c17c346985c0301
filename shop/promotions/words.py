"""Why a promotion does not count, in a shopkeeper's words: with what would help, where something would."""

from collections.abc import Callable

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from shop.money import Money, format_money
from shop.promotions.pricing import Reason, WhyNot


def say(why: WhyNot) -> str:
    """ "Add $4.00 more to use WELCOME10." """
    return SENTENCES[why.reason](why) % {
        "what": why.code or why.name,
        "missing": _money(why.missing),
        "more": why.more,
        "day": date_format(timezone.localtime(why.starts), "j F") if why.starts else "",
        "other": why.other,
    }


def invite(why: WhyNot) -> str:
    """What an automatic promotion is short of: "Add $12.00 more: Three for tea." Empty when nothing would help."""
    if why.reason not in (Reason.MINIMUM, Reason.TOO_FEW):
        return ""
    return _("%(help)s: %(what)s.") % {"help": _help(why), "what": why.name}


def _help(why: WhyNot) -> str:
    if why.reason == Reason.MINIMUM:
        return _("Add %(missing)s more") % {"missing": _money(why.missing)}
    return ngettext("Add %(more)d more", "Add %(more)d more", why.more) % {"more": why.more}


def _money(money: Money | None) -> str:
    return format_money(money, get_language() or "en") if money else ""


SENTENCES: dict[Reason, Callable[[WhyNot], str]] = {
    Reason.UNKNOWN: lambda why: _("We do not know the code %(what)s. Please check how it is written."),
    Reason.OFF: lambda why: _("%(what)s is no longer valid."),
    Reason.NOT_YET: lambda why: _("%(what)s starts on %(day)s."),
    Reason.OVER: lambda why: _("%(what)s is over."),
    Reason.USED_UP: lambda why: _("%(what)s has been used up."),
    Reason.USED_BY_YOU: lambda why: _("You have used %(what)s already."),
    Reason.NOT_FIRST: lambda why: _("%(what)s is for a first order, and you have ordered before. Thank you for that."),
    Reason.OTHER_CURRENCY: lambda why: _("%(what)s does not count in this currency. Another currency may help."),
    Reason.NOT_FOR_THESE: lambda why: _("%(what)s is for other things than those in your cart."),
    Reason.MINIMUM: lambda why: _("Add %(missing)s more to use %(what)s."),
    Reason.TOO_FEW: lambda why: ngettext(
        "Add %(more)d more thing to use %(what)s.", "Add %(more)d more things to use %(what)s.", why.more
    ),
    Reason.OTHER_SAVES_MORE: lambda why: _("%(what)s waits: %(other)s saves you more, and the two do not go together."),
    Reason.NOTHING_LEFT: lambda why: _("There is nothing left that %(what)s could take off."),
    Reason.DELIVERY_FREE: lambda why: _("Delivery is free already. Keep %(what)s for another time."),
}
