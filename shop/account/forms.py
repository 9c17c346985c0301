"""allauth's forms in our words: labels without echoes in the fields, and a rule for passwords that fits in a line."""

import struct
from datetime import timedelta
from typing import Any

from allauth.account import forms as allauth
from allauth.core import context
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base import forms as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from cryptography.exceptions import InvalidSignature
from django import forms
from django.utils.translation import gettext_lazy as _

from shop.account import throttle
from shop.customers import operations as customers


class Plain:
    """Removes placeholders that repeat the label, and puts the password rules into one sentence."""

    LABELS = {
        "login": _("E-mail"),
        "email": _("E-mail"),
        "password": _("Password"),
        "password1": _("Password"),
        "password2": _("The same once more"),
        "oldpassword": _("Password until now"),
        "code": _("Code"),
        "name": _("Name of the key"),
    }
    PASSWORD_HINT = _("At least 12 characters. A few words that only you would put together are best.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():  # type: ignore[attr-defined]
            field.widget.attrs.pop("placeholder", None)
            field.label = self.LABELS.get(name, field.label)
            if name == "password1":
                field.help_text = self.PASSWORD_HINT


class LookupForm(forms.Form):
    """An order's number and the e-mail address it was placed with."""

    number = forms.CharField(
        label=_("Order number"),
        max_length=30,
        help_text=_("Such as ET-10001."),
        error_messages={"required": _("Enter the number of your order.")},
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        error_messages={
            "required": _("Enter the e-mail address that you gave."),
            "invalid": _("Enter an e-mail address like name@example.com."),
        },
        widget=forms.EmailInput(attrs={"class": "input", "autocomplete": "email"}),
    )


class Counted:
    """Counts every sending before it is looked at. Where something is guessed, a right guess gives its try back."""

    door = ""
    is_a_guess = False

    def whose(self) -> str:
        """Whose door it is: as typed, whether there is such an account or not."""
        return str(self.data.get("email", "")).strip()  # type: ignore[attr-defined]

    def full_clean(self) -> None:
        if self.is_bound:  # type: ignore[attr-defined]
            throttle.count(context.request, self.door, account=self.whose())
        super().full_clean()  # type: ignore[misc]
        if self.is_bound and self.is_a_guess and not self._errors:  # type: ignore[attr-defined]
            throttle.succeeded(context.request, self.door, account=self.whose())


class OfThisUser(Counted):
    def whose(self) -> str:
        return str(self.user.pk)  # type: ignore[attr-defined]


class LoginForm(Plain, allauth.LoginForm):
    pass


class SignupForm(Plain, Counted, allauth.SignupForm):
    door = "signup"


class AddEmailForm(Plain, OfThisUser, allauth.AddEmailForm):
    door = "email"


class ChangeEmailForm(Plain, allauth.ChangeEmailForm):
    pass


class ChangePasswordForm(Plain, OfThisUser, allauth.ChangePasswordForm):
    door = "old_password"
    is_a_guess = True


class SetPasswordForm(Plain, allauth.SetPasswordForm):
    pass


class ResetPasswordForm(Plain, Counted, allauth.ResetPasswordForm):
    door = "reset"


class ResetPasswordKeyForm(Plain, allauth.ResetPasswordKeyForm):
    pass


class ReauthenticateForm(Plain, allauth.ReauthenticateForm):
    pass


class AskForCodeForm(Plain, Counted, allauth.RequestLoginCodeForm):
    door = "ask_code"


class LoginCodeForm(Plain, Counted, allauth.ConfirmLoginCodeForm):
    door = "login_code"
    is_a_guess = True

    def whose(self) -> str:
        return context.request._login_stage.login.email or ""


class Once:
    """A code of an app counts once. allauth remembers that in the cache, which may be away; here it is in the database."""

    def clean_code(self) -> str:
        code = super().clean_code()  # type: ignore[misc]
        if self.authenticator.type != Authenticator.Type.TOTP:  # type: ignore[attr-defined]
            return code
        key = f"{self.user.pk}:{normalize_user_code(code)}"  # type: ignore[attr-defined]
        now = context.request.commerce_now
        try:
            customers.throttle(scope="code.used", key=key, limit=1, period=timedelta(minutes=2), now=now)
        except customers.TooManyAttempts:
            raise get_mfa_adapter().validation_error("incorrect_code")
        return code


class AuthenticateForm(Plain, Once, OfThisUser, mfa.AuthenticateForm):
    door = "code"
    is_a_guess = True


class ReauthenticateByCodeForm(Plain, Once, OfThisUser, mfa.ReauthenticateForm):
    door = "code"
    is_a_guess = True


class ActivateTOTPForm(Plain, OfThisUser, totp.ActivateTOTPForm):
    door = "code"
    is_a_guess = True


# What the libraries say of a passkey's answer that no browser has made: parts are missing, or not what they should be.
MADE_UP = (KeyError, TypeError, ValueError, AttributeError, struct.error, InvalidSignature)


class Genuine:
    """Refuses made-up answers as it refuses wrong ones."""

    def clean_credential(self) -> Authenticator:
        try:
            return super().clean_credential()  # type: ignore[misc]
        except MADE_UP:
            raise get_mfa_adapter().validation_error("incorrect_code")


class AddPasskeyForm(Plain, webauthn.AddWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].help_text = _("So that you know which is which.")
        passwordless = self.fields["passwordless"]
        passwordless.label = _("Sign in with it alone, without a password")
        passwordless.help_text = _("Your device then asks for your finger, your face or its PIN.")
        passwordless.initial = True

    def clean(self) -> dict:
        try:
            return super().clean()
        except MADE_UP:
            raise get_mfa_adapter().validation_error("incorrect_code")


class RenamePasskeyForm(Plain, webauthn.EditWebAuthnForm):
    pass


class PasskeyLoginForm(Counted, Genuine, webauthn.LoginWebAuthnForm):
    door = "passkey"
    is_a_guess = True


class PasskeyForm(OfThisUser, Genuine, webauthn.AuthenticateWebAuthnForm):
    """After the password."""

    door = "code"
    is_a_guess = True


class PasskeyOnceMoreForm(OfThisUser, Genuine, webauthn.ReauthenticateWebAuthnForm):
    door = "code"
    is_a_guess = True
