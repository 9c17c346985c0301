"""What a checkout asks besides the address (addresses.py), one form a step."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shop.customers.wording import WORDINGS, Kind
from shop.delivery.pricing import DeliveryTerms
from shop.orders.models import NOTE_LENGTH


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


class PlaceForm(forms.Form):
    """What the pay button sends: the submission's key, the total that the shopper agreed to, and how it will be paid.

    `parts`: what the total was made of (changes.parts_of), only to name what has changed.
    """

    key = forms.UUIDField(widget=forms.HiddenInput)
    total = forms.DecimalField(max_digits=14, decimal_places=2, min_value=0, widget=forms.HiddenInput)
    currency = forms.CharField(max_length=3, min_length=3, widget=forms.HiddenInput)
    parts = forms.CharField(required=False, max_length=100, widget=forms.HiddenInput)
    provider = forms.SlugField(max_length=20, required=False)
