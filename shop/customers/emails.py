"""Letters to people about what they want to be told."""

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from shop.customers.models import ConsentRequest
from shop.customers.wording import WORDINGS
from shop.outbox.mails import Letter


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
            "what": request.get_kind_display,
            "why": WORDINGS[request.kind].why,
            "expires_at": request.expires_at,
            "action_url": settings.BASE_URL + path,
        },
    )
