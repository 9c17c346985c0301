"""allauth's forms in our words: labels without echoes in the fields, and a rule for passwords that fits in a line."""

from typing import Any

from allauth.account import forms as allauth
from django import forms
from django.utils.translation import gettext_lazy as _


class Plain:
    """Removes placeholders that repeat the label, and puts the password rules into one sentence."""

    LABELS = {
        "login": _("E-mail"),
        "email": _("E-mail"),
        "password": _("Password"),
        "password1": _("Password"),
        "password2": _("The same once more"),
        "oldpassword": _("Password until now"),
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


class LoginForm(Plain, allauth.LoginForm):
    pass


class SignupForm(Plain, allauth.SignupForm):
    pass


class AddEmailForm(Plain, allauth.AddEmailForm):
    pass


class ChangeEmailForm(Plain, allauth.ChangeEmailForm):
    pass


class ChangePasswordForm(Plain, allauth.ChangePasswordForm):
    pass


class SetPasswordForm(Plain, allauth.SetPasswordForm):
    pass


class ResetPasswordForm(Plain, allauth.ResetPasswordForm):
    pass


class ResetPasswordKeyForm(Plain, allauth.ResetPasswordKeyForm):
    pass


class ReauthenticateForm(Plain, allauth.ReauthenticateForm):
    pass
