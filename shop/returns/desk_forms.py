"""Forms of the returns desk."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shop.checkout.refunding import Quote
from shop.delivery.models import ReturnPolicy
from shop.money import Money, format_money
from shop.returns.models import LONGEST, Return, ReturnLine
from shop.returns.operations import Arrived

Outcome = ReturnLine.Outcome


class ApproveForm(forms.Form):
    answer = forms.CharField(
        label=_("Answer (optional)"),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The customer reads it in the mail, beside the address and the steps."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not ReturnPolicy.current().address:
            answer = self.fields["answer"]
            answer.label, answer.required = _("Answer"), True
            answer.help_text = _("No address for returns is set (Settings, Returns): say here where to send it.")


class ReasonForm(forms.Form):
    answer = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The customer reads it. Say what they can do instead."),
    )


class ReceiveForm(forms.Form):
    """For each line of the return: how many were in the parcel, and what becomes of them."""

    def __init__(self, *args: Any, back: Return, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = list(back.lines.select_related("line"))
        for row in self.lines:
            title = {"title": f"{row.line.title} {row.line.options}".strip()}
            self.fields[f"units_{row.pk}"] = forms.IntegerField(
                label=_now("How many of %(title)s arrived") % title,
                min_value=0,
                max_value=row.quantity,
                initial=row.quantity,
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )
            self.fields[f"outcome_{row.pk}"] = forms.ChoiceField(
                label=_now("What becomes of %(title)s") % title,
                choices=Outcome.choices,
                initial=Outcome.WRITE_OFF if row.reason == ReturnLine.Reason.DAMAGED else Outcome.RESTOCK,
            )

    @property
    def rows(self) -> Iterator[dict[str, Any]]:
        for row in self.lines:
            yield {"row": row, "units": self[f"units_{row.pk}"], "outcome": self[f"outcome_{row.pk}"]}

    def arrived(self) -> dict[int, Arrived]:
        data = self.cleaned_data
        return {row.pk: Arrived(data[f"units_{row.pk}"], data[f"outcome_{row.pk}"]) for row in self.lines}


class RefundForm(forms.Form):
    """`agreed` is the amount that was shown: for the goods, and the same with the delivery."""

    what = forms.ChoiceField(
        label=_("What to pay back"),
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("It comes to another amount now. Look again, and choose.")},
    )

    def __init__(self, *args: Any, goods: Quote | None, all_of_it: Quote | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offers = [
            ("goods", goods, _now("The goods: %(amount)s")),
            ("all", all_of_it, _now("With the delivery: %(amount)s")),
        ]
        self.offers: dict[str, Quote] = {name: quote for name, quote, _words in offers if quote}
        self.fields["what"].choices = [  # type: ignore[attr-defined]
            (f"{name} {quote.amount.amount}", words % {"amount": format_money(quote.amount)})
            for name, quote, words in offers
            if quote
        ]
        if self.offers:
            self.initial["what"] = self.fields["what"].choices[0][0]  # type: ignore[attr-defined]

    @property
    def delivery(self) -> bool:
        return self.cleaned_data["what"].startswith("all")

    @property
    def agreed(self) -> Money:
        return self.offers["all" if self.delivery else "goods"].amount
