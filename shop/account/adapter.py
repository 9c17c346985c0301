"""How allauth meets our shop: one login door for shoppers and staff, throttled in the database, and letters in our voice."""

import logging
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from shop.account import throttle
from shop.account.letters import in_our_design
from shop.orders import operations as orders
from shop.web import client_address

log = logging.getLogger("shop.account")


class AccountAdapter(DefaultAccountAdapter):
    error_messages: ClassVar[dict] = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _lazy(
            "This e-mail address and password do not belong together. Look at both again."
        ),
        "incorrect_password": _lazy("This password is not right. Type it again."),
        "incorrect_code": _lazy("This code is not right, or no longer. Type it again, or wait for the next one."),
        "too_many_login_attempts": _lazy("There were too many tries. Begin anew in a few minutes."),
        "rate_limited": _lazy("A little slower, please. Try again in a few minutes."),
    }

    # --- the throttle ----------------------------------------------------------------------------

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt before the password is looked at; a wrong and an unknown account count alike."""
        throttle.count(request, "login", account=_account(credentials))

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        user = super().authenticate(request, **credentials)
        if user is not None:
            throttle.succeeded(request, "login", account=_account(credentials))
        return user

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """allauth calls this when somebody has set a new password by mail: they need not wait any longer."""
        throttle.forget("login", account=_account(credentials))

    def get_client_ip(self, request: HttpRequest) -> str:
        """As sessions and letters name it; 0.0.0.0 stands for an address that nobody vouches for."""
        address = client_address(request)
        return "0.0.0.0" if address == "unknown" else address  # noqa: S104 - named, not listened on

    # --- who and where to ------------------------------------------------------------------------

    def clean_email(self, email: str) -> str:
        return email.strip().lower()

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        confirmed = super().confirm_email(request, email_address)
        if confirmed:
            orders.join_orders(user=email_address.user, email=email_address.email)
        return confirmed

    def login(self, request: HttpRequest, user: Any) -> None:
        """What was ordered as a guest meanwhile belongs to the account whose address it names, once that is verified."""
        super().login(request, user)
        for email in EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True):
            orders.join_orders(user=user, email=email)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Staff begin in the admin, shoppers where the settings say; `?next=` comes before both."""
        if request.user.has_perm("wagtailadmin.access_admin"):
            return reverse("wagtailadmin_home")
        return super().get_login_redirect_url(request)

    # --- letters ---------------------------------------------------------------------------------

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        """Send at once, since these letters hold secret links that no table should keep.

        When the mail server does not take it we say so, in the same words whether the address is known or not.
        """
        ours = {"shop_name": settings.WAGTAIL_SITE_NAME, "base_url": settings.BASE_URL}
        try:
            super().send_mail(template_prefix, email, {**ours, **context})
        except OSError as error:
            log.error("a letter of the account did not leave (%s): %s", template_prefix, type(error).__name__)
            sorry = _("We could not send our mail just now. Please try again in a few minutes.")
            messages.error(self.request, sorry)

    def render_mail(self, template_prefix: str, email: Any, context: dict, headers: dict | None = None) -> EmailMessage:
        """Its words as text, and the same words as HTML in the design of our other letters."""
        message = super().render_mail(template_prefix, email, context, headers)
        message.attach_alternative(in_our_design(str(message.subject), str(message.body)), "text/html")  # type: ignore[attr-defined]
        return message

    def send_account_already_exists_mail(self, email: str) -> None:
        """Takes as long as a new account does, whose password is hashed: time must not tell which it was."""
        get_user_model()().set_password("as slow as a new one")
        super().send_account_already_exists_mail(email)


def _account(credentials: dict[str, Any]) -> str:
    return credentials.get("email") or credentials.get("username") or ""
