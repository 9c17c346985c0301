"""Forms of the orders desk about money: cancel, refund, and what a person has sent by hand."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shop.checkout.refunding import LineStanding, Standing, Wish
from shop.money import format_money
from shop.orders.forms import Suggesting
from shop.payments.models import Payment
from shop.payments.refunds import goes_by_hand

WHOLE, LINES, AMOUNT = "whole", "lines", "amount"
REASONS = (_("Damaged"), _("Not as described"), _("Did not arrive"), _("Sold out"), _("Sent back"), _("Good will"))


def reasons() -> tuple[str, ...]:
    return tuple(str(reason) for reason in REASONS)


class CancelForm(forms.Form):
    why = forms.CharField(
        label=_("Reason"),
        max_length=200,
        help_text=_("For the timeline. The customer is told that we had to cancel, and what goes back."),
    )


class ByHandForm(forms.Form):
    note = forms.CharField(
        label=_("How it was sent"), max_length=200, help_text=_("Such as the bank's reference of the transfer.")
    )


class WithdrawForm(forms.Form):
    note = forms.CharField(label=_("Reason"), max_length=200)


class RefundForm(forms.Form):
    """What to pay back of an order's `standing`. The field `what` decides; what was typed for another choice is asked about.

    `agreed` is the amount that was shown and is sent back to agree to it; without it the form only asks to be computed.
    """

    key = forms.UUIDField(widget=forms.HiddenInput)
    payment = forms.ModelChoiceField(
        label=_("Of which payment"), queryset=Payment.objects.none(), widget=forms.RadioSelect, empty_label=None
    )
    what = forms.ChoiceField(
        label=_("What to pay back"), widget=forms.RadioSelect, error_messages={"required": _("Choose one of these.")}
    )
    delivery = forms.BooleanField(required=False)
    amount = forms.DecimalField(label=_("Amount"), required=False, min_value=0, max_digits=14, decimal_places=2)
    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("For us: the customer does not read it."))
    manual = forms.BooleanField(
        label=_("I send the money myself, by bank transfer"),
        required=False,
        help_text=_("When the card or account is closed. The order then asks until you say that it is sent."),
    )
    agreed = forms.DecimalField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, here: Standing, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {})
        kwargs["initial"] = {
            "key": uuid4(),
            "payment": here.payments[0].pk if here.payments else None,
            **kwargs["initial"],
        }
        super().__init__(*args, **kwargs)
        self.here = here
        self.fields["payment"].queryset = Payment.objects.filter(pk__in=[payment.pk for payment in here.payments])  # type: ignore[attr-defined]
        if len(here.payments) == 1:
            self.fields["payment"].widget = forms.HiddenInput()
        left = format_money(here.refundable)
        self.fields["what"].choices = [  # type: ignore[attr-defined]
            (WHOLE, _now("Everything that is left: %(amount)s") % {"amount": left}),
            (LINES, _now("These goods")),
            (AMOUNT, _now("An amount")),
        ]
        self.fields["delivery"].label = _now("The delivery, %(amount)s") % {"amount": format_money(here.delivery)}
        self.fields["reason"].widget = Suggesting(reasons())
        for each in here.lines:
            self._add_line(each)

    def _add_line(self, each: LineStanding) -> None:
        title = f"{each.line.title} {each.line.options}".strip()
        self.fields[f"units_{each.line.pk}"] = forms.IntegerField(
            label=_now("How many of %(title)s") % {"title": title},
            required=False,
            min_value=0,
            max_value=each.left,
            disabled=not each.left,
            widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        )
        self.fields[f"restock_{each.line.pk}"] = forms.BooleanField(
            label=_now("%(title)s back on the shelf") % {"title": title},
            required=False,
            disabled=not each.restockable,
        )

    @property
    def rows(self) -> Iterator[dict[str, Any]]:
        """Each line with its two fields."""
        for each in self.here.lines:
            names = {"units": f"units_{each.line.pk}", "restock": f"restock_{each.line.pk}"}
            yield {"standing": each, **{name: self[field] for name, field in names.items()}}

    @property
    def by_hand_only(self) -> bool:
        """Whether no payment could go back by itself, whatever the amount."""
        return all(goes_by_hand(payment, payment.captured) for payment in self.here.payments)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        what, units = data.get("what"), self._units(data)
        if what == LINES and not units and not data.get("delivery"):
            self.add_error("what", _("Say how many of which goods, or tick the delivery."))
        if what == AMOUNT and not data.get("amount") and "amount" not in self.errors:
            self.add_error("amount", _("Enter the amount."))
        if what in (WHOLE, LINES) and data.get("amount"):
            self.add_error("amount", _("Clear this, or choose “An amount” above."))
        if what in (WHOLE, AMOUNT) and (units or data.get("delivery")):
            self.add_error("what", _("You have also chosen goods: clear those, or choose “These goods”."))
        if what == AMOUNT and self._restock(data):
            self.add_error("what", _("Goods come back with “Everything” or “These goods”, not with an amount."))
        return data

    def _units(self, data: dict[str, Any]) -> dict[int, int]:
        pks = [each.line.pk for each in self.here.lines]
        return {pk: units for pk in pks if (units := data.get(f"units_{pk}"))}

    def _restock(self, data: dict[str, Any]) -> list[int]:
        return [each.line.pk for each in self.here.lines if data.get(f"restock_{each.line.pk}")]

    def wish(self) -> Wish:
        data = self.cleaned_data
        return Wish(
            key=data["key"],
            reason=data["reason"],
            amount=data["amount"] if data["what"] == AMOUNT else None,
            units=self._units(data) if data["what"] == LINES else {},
            delivery=data["delivery"],
            restock=self._restock(data),
            manual=data["manual"],
        )
