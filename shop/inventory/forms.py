"""Forms of the stock desk."""

from datetime import datetime
from typing import Any

from django import forms
from django.forms import ModelForm
from django.utils.translation import gettext_lazy as _

from shop.inventory import operations as inventory
from shop.inventory.models import StockItem


class ReceiveForm(forms.Form):
    quantity = forms.IntegerField(min_value=1, max_value=inventory.MOST_UNITS, label=_("Units that came in"))
    note = forms.CharField(required=False, max_length=200, label=_("Note"), help_text=_("Such as the delivery note."))


class SeenField(forms.IntegerField):
    """A number that was shown, sent back to be compared. Shown again it is what holds now, whatever came back."""

    widget = forms.HiddenInput

    def bound_data(self, data: Any, initial: Any) -> Any:
        return initial


class CountForm(forms.Form):
    counted = forms.IntegerField(min_value=0, max_value=inventory.MOST_UNITS, label=_("Units on the shelf"))
    note = forms.CharField(required=False, max_length=200, label=_("Note"))
    expected = SeenField(required=False)

    def __init__(self, *args: Any, on_hand: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["expected"].initial = on_hand
        self.fields["counted"].help_text = _("The books say %(on_hand)s.") % {"on_hand": on_hand}


class AdjustForm(forms.Form):
    delta = forms.IntegerField(
        min_value=-inventory.MOST_UNITS,
        max_value=inventory.MOST_UNITS,
        label=_("Change"),
        help_text=_("Below zero for what is broken or lost."),
    )
    note = forms.CharField(max_length=200, label=_("Reason"))


class RulesForm(ModelForm):
    class Meta:
        model = StockItem
        fields = inventory.RULES
        help_texts = {"low_stock_threshold": _("At so few, or fewer, whoever keeps the shelves gets a mail.")}

    def operate(self, *, actor: str, now: datetime) -> StockItem:
        return inventory.set_rules(stock_item=self.instance, actor=actor, now=now, **self.cleaned_data)
