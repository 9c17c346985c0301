"""Letters about a return, in the order's language."""

from dataclasses import replace

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from shop.delivery.models import ReturnPolicy
from shop.orders.emails import letter
from shop.outbox.mails import Letter
from shop.returns.models import Return


def return_letter(back: Return, kind: str, key: str) -> Letter:
    """The letter `kind` (return_requested, return_approved, return_declined, return_received, return_closed)."""
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
