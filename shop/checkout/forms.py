"""What a checkout asks besides the address (addresses.py), one form a step."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shop.customers.wording import WORDINGS, Kind
from shop.delivery.pricing import DeliveryTerms
from shop.orders.models import NOTE_LENGTH

IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{10,30}")


class ContactForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        help_text=_("For the confirmation and the tracking link. Nothing else."),
        error_messages={
            "required": _("Enter your e-mail address."),
            "invalid": _("Enter an e-mail address like name@example.com."),
            "max_length": _("Enter an e-mail address like name@example.com."),
        },
        widget=forms.EmailInput(attrs={"class": "input", "autocomplete": "email"}),
    )
    remind = forms.BooleanField(label=WORDINGS[Kind.CART_REMINDER].words, required=False)


class NoteField(forms.CharField):
    """Lines as people count them: browsers send each line's end as two characters."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(str(value or "").replace("\r\n", "\n")))


class DeliveryForm(forms.Form):
    method = forms.ChoiceField(
        label=_("How it travels"),
        error_messages={"required": _("Choose how it travels."), "invalid_choice": _("Choose one of these.")},
    )
    note = NoteField(
        label=_("Note to the shop"),
        max_length=NOTE_LENGTH,
        required=False,
        help_text=_("Such as a word for the packer, or where the courier may leave it."),
        error_messages={"max_length": _("Please keep it to %(limit_value)d characters; these are %(show_value)d.")},
        widget=forms.Textarea(attrs={"class": "input", "rows": 3, "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, methods: Sequence[DeliveryTerms], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["method"].choices = [(m.code, m.name) for m in methods]  # type: ignore[attr-defined]


class OfferForm(forms.Form):
    """An account for who has just bought: the address is known from the order, so only a password is asked.

    Whether the password will do is looked at where the account is made, see account.order_views.
    """

    password = forms.CharField(
        label=_("Choose a password"),
        strip=False,
        max_length=128,
        help_text=_("At least 12 characters. A few words that only you would put together are best."),
        error_messages={"required": _("Choose a password.")},
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "new-password"}),
    )


class RefundAccountForm(forms.Form):
    """Where to send money that cannot go back the way it came. Numbers as people write them: with spaces, dots, dashes.

    A number that is written as an IBAN has to add up as one; of others nobody can tell.
    """

    bank_name = forms.CharField(
        label=_("Bank"),
        max_length=80,
        error_messages={"required": _("Enter the name of the bank.")},
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )
    account_number = forms.CharField(
        label=_("Account number"),
        max_length=60,
        help_text=_("Or the IBAN. Please look twice: what goes to a wrong account is hard to get back."),
        error_messages={"required": _("Enter the account number.")},
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off", "spellcheck": "false"}),
    )
    account_holder = forms.CharField(
        label=_("Account holder"),
        max_length=120,
        help_text=_("As the bank has it."),
        error_messages={"required": _("Enter the name of the account holder.")},
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "name"}),
    )

    def clean_account_number(self) -> str:
        number = re.sub(r"[\s.\-]", "", self.cleaned_data["account_number"]).upper()
        if not re.fullmatch(r"[0-9A-Z]{5,34}", number):
            raise forms.ValidationError(_("Enter the account number with digits, or letters and digits, only."))
        if IBAN.fullmatch(number) and not adds_up(number):
            raise forms.ValidationError(_("This IBAN has a typing mistake: its check digits do not fit."))
        return number


def adds_up(iban: str) -> bool:
    """Whether the check digits of an IBAN are right (ISO 13616). "GB82WEST12345698765432" is, "GB83..." is not."""
    return int("".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])) % 97 == 1


class PlaceForm(forms.Form):
    """What the pay button sends: the submission's key, the total that the shopper agreed to, and how it will be paid.

    `parts`: what the total was made of (changes.parts_of), only to name what has changed.
    """

    key = forms.UUIDField(widget=forms.HiddenInput)
    total = forms.DecimalField(max_digits=14, decimal_places=2, min_value=0, widget=forms.HiddenInput)
    currency = forms.CharField(max_length=3, min_length=3, widget=forms.HiddenInput)
    parts = forms.CharField(required=False, max_length=100, widget=forms.HiddenInput)
    provider = forms.SlugField(max_length=20, required=False)
