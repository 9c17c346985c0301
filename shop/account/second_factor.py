"""The second factor: an authenticator app or a passkey, and recovery codes for the day when both are lost.

allauth does the work. Here is how it keeps secrets, and that staff cannot do without one where the shop says so.
"""

import base64
import secrets
from datetime import datetime
from typing import Any, ClassVar

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from shop.customers.models import User
from shop.outbox import operations as outbox

CODES = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)


class SecondFactorAdapter(DefaultMFAAdapter):
    error_messages: ClassVar[dict] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is not right, or no longer. Type it again, or wait for the next one."),
        "unverified_email": _("Confirm your e-mail address first: the link is in the letter that we sent you."),
    }

    def get_totp_issuer(self) -> str:
        return settings.WAGTAIL_SITE_NAME

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": settings.WAGTAIL_SITE_NAME}

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        """`Passkey`, `Passkey 2` and so on."""
        known = Authenticator.objects.filter(user=user, type=type).count()
        return str(_("Passkey")) if not known else f"{_('Passkey')} {known + 1}"

    def encrypt(self, text: str) -> str:
        """What is kept in the database opens nothing for whoever reads a copy of it."""
        return _keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """After a change of SECRET_KEY without SECRET_KEY_FALLBACKS: a secret that nobody has, so that no code is right."""
        try:
            return _keys().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return base64.b32encode(secrets.token_bytes(20)).decode()


def _keys() -> MultiFernet:
    return MultiFernet(
        Fernet(base64.urlsafe_b64encode(salted_hmac("shop.second_factor", "", secret, algorithm="sha256").digest()))
        for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    )


def owed(request: HttpRequest) -> HttpResponse | None:
    """Where somebody of the staff has to go before the admin opens: to set up a second factor, or to show theirs.

    None: nowhere, because settings.STAFF_SECOND_FACTOR is off or they have shown it in this session.
    """
    if not settings.STAFF_SECOND_FACTOR:
        return None
    types = set(Authenticator.objects.filter(user=request.user.pk).values_list("type", flat=True))
    if not types - {Authenticator.Type.RECOVERY_CODES}:
        return redirect(f"{reverse('mfa_index')}?for=staff")
    records = get_authentication_records(request, request.user)  # type: ignore[arg-type]
    if any(record["method"] == "mfa" for record in records):
        return None
    door = "mfa_reauthenticate" if types.intersection(CODES) else "mfa_reauthenticate_webauthn"
    back = request.get_full_path() if request.method == "GET" else reverse("wagtailadmin_home")
    return redirect(f"{reverse(door)}?{urlencode({REDIRECT_FIELD_NAME: back})}")


@transaction.atomic
def take_away(*, user: User, actor: str, now: datetime) -> int:
    """Remove all second factors of somebody who has lost them; returns how many. Then their password alone lets them in."""
    mine = Authenticator.objects.filter(user=user)
    types = sorted(mine.values_list("type", flat=True))
    mine.delete()
    if types:
        facts = {"before": {"second_factors": types}, "after": {"second_factors": []}}
        outbox.record(actor=actor, action="second_factor.removed", subject=f"user:{user.pk}", now=now, **facts)
    return len(types)
