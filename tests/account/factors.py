"""People with a second factor, and the codes that their app would show."""

import time
from collections.abc import Callable
from typing import Any

from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value

from shop.customers import operations as customers
from shop.customers.models import User

PASSWORD = "a long enough password"


def person(email: str = "alice@example.com", **more: Any) -> User:
    return customers.open_account(email=email, name="Alice Hartono", password=PASSWORD, **more)


def set_up(user: User) -> str:
    """An app with codes, and recovery codes; returns the app's key."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return secret


def code(secret: str, *, later: int = 0) -> str:
    """What an app shows now, or `later` half minutes later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + later))


def recovery_codes(user: User) -> list[str]:
    return Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()


def sign_in(client: Any, email: str = "alice@example.com", **more: str) -> Any:
    return client.post("/account/login/", {"login": email, "password": PASSWORD, **more})


def prove(client: Any) -> None:
    """Type the password once more, as pages about safety ask."""
    client.post("/account/reauthenticate/", {"password": PASSWORD})


def follow_up(answer: Any, callbacks: list[Callable[[], None]]) -> None:
    """What allauth does once the transaction of a request is through, such as writing a letter."""
    with context.request_context(answer.wsgi_request):
        for callback in callbacks:
            callback()
