"""Letters to people about what they want to be told."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from shop.customers.models import Consent, ConsentRequest
from shop.customers.wording import WORDINGS
from shop.outbox.kinds import Kind, Letter, Word


def confirm_consent(request: ConsentRequest) -> Letter:
    """Asks whoever reads the address whether they want what was asked for it. Holds nothing but the question."""
    with translation.override(request.language):
        path = reverse("account:confirm_consent", args=[request.key])
    return Letter(
        key=f"consent/{request.key}",
        kind="confirm_consent",
        to=request.email,
        language=request.language,
        context={
            "what": Consent.Kind(request.kind).label,
            "why": WORDINGS[request.kind].why,
            "expires_at": request.expires_at,
            "action_url": settings.BASE_URL + path,
        },
    )


def a_request() -> dict[str, Any]:
    """Made up, for previews."""
    kind = Consent.Kind.NEWSLETTER
    return {
        "what": kind.label,
        "why": WORDINGS[kind].why,
        "expires_at": datetime(2026, 11, 29, tzinfo=UTC),
        "action_url": f"{settings.BASE_URL}/",
    }


KINDS = (
    Kind(
        "confirm_consent",
        _("Please confirm"),
        _("When an address was typed in for the newsletter, or for other letters that need a yes."),
        a_request,
        {
            "what": Word(_("what was asked for"), lambda context: context["what"]),
            "why": Word(_("what is sent, and how often"), lambda context: context["why"]),
        },
    ),
)
