from django import forms
from django.utils.translation import gettext_lazy as _


class TellMeForm(forms.Form):
    """Where to write to. Somebody who is signed in may leave it empty: to the address of the account."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        error_messages={
            "required": _("Enter the e-mail address that we shall write to."),
            "invalid": _("Enter an e-mail address like name@example.com."),
        },
    )
