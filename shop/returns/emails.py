"""Letters about a return, in the order's language."""

from dataclasses import replace
from datetime import date
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from shop.delivery.models import ReturnPolicy
from shop.orders.emails import ABOUT_ORDER, letter
from shop.orders.samples import sample_context
from shop.outbox.kinds import Kind, Letter, Word
from shop.returns.models import Return


def return_letter(back: Return, kind: str, key: str) -> Letter:
    """The letter of one of the KINDS."""
    about = letter(back.order, kind, key)
    facts = {
        "back": back,
        "units": list(back.lines.select_related("line")),
        "policy": ReturnPolicy.current(),
        "action_url": return_url(back),
    }
    return replace(about, context={**about.context, **facts})


def return_url(back: Return) -> str:
    """The whole address of the return's page, below the order's unguessable link."""
    with translation.override(back.order.language):
        return settings.BASE_URL + reverse("returns:page", args=[back.order.number, back.order.token, back.number])


def a_return() -> dict[str, Any]:
    """Made up, for previews."""
    context = sample_context()
    return {
        **context,
        "back": Return(number="RT-1001", send_by=date(2026, 12, 16)),
        "units": [{"quantity": 1, "received": None, "line": context["lines"][1]}],
        "policy": ReturnPolicy(free=True, address="Etalase, Jalan Tirtodipuran 12, Yogyakarta", instructions=""),
        "action_url": context["order_url"],
    }


WORDS = {**ABOUT_ORDER, "return": Word(_("the return's number"), lambda context: context["back"].number)}

KINDS = (
    Kind("return_requested", _("Return asked for"), _("When somebody wants to send something back."), a_return, WORDS),
    Kind("return_approved", _("Return approved"), _("When it may be sent back; with the steps."), a_return, WORDS),
    Kind("return_declined", _("Return declined"), _("When it cannot be sent back."), a_return, WORDS),
    Kind("return_received", _("Return arrived"), _("When its parcel was opened."), a_return, WORDS),
    Kind("return_closed", _("Return closed"), _("When it ends without money."), a_return, WORDS),
)
