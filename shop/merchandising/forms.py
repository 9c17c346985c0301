"""Forms of the desk: which variants a product should have, and which prices change by how much."""

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.admin.widgets import AdminDateTimeInput

from shop.catalogue.forms import price_fields, prices_said, sku_field
from shop.catalogue.models import Brand, Category, Collection, Currency, Product, Variant
from shop.inventory.models import StockItem
from shop.inventory.operations import MOST_UNITS
from shop.merchandising.columns import currency_codes
from shop.merchandising.matrix import Combination
from shop.merchandising.repricing import ROUNDINGS, Change, NewPrice
from shop.merchandising.variants import NewVariant
from shop.storefront.collection_rules import with_all_below


class NewVariantsForm(forms.Form):
    """What is ticked of each option, and what each new variant starts with."""

    stock = forms.IntegerField(min_value=0, max_value=MOST_UNITS, initial=0, label=_("Units on the shelf of each"))
    policy = forms.ChoiceField(choices=StockItem.Policy, label=_("May be sold"))
    weight_g = forms.IntegerField(min_value=0, max_value=MOST_UNITS, initial=0, label=_("Weight in grams"))

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.attributes = list(product.options.prefetch_related("values"))
        self.currencies = list(Currency.objects.all())
        for attribute in self.attributes:
            self.fields[f"option_{attribute.code}"] = forms.ModelMultipleChoiceField(
                attribute.values.all(),
                widget=forms.CheckboxSelectMultiple,
                label=attribute.name,
                error_messages={"required": _("Tick at least one.")},
            )
        self.fields |= price_fields(self.currencies)
        self.order_fields([f"option_{attribute.code}" for attribute in self.attributes])

    @property
    def ticked(self) -> list[list[Any]]:
        return [list(self.cleaned_data[f"option_{attribute.code}"]) for attribute in self.attributes]


class NewVariantRow(forms.Form):
    """One combination: made when it is ticked."""

    make = forms.BooleanField(required=False, initial=True, label=_("Make"))
    sku = sku_field()
    stock = forms.IntegerField(min_value=0, max_value=MOST_UNITS, label=_("Units"))

    def __init__(self, *args: Any, combination: Combination, currencies: Iterable[Currency], **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "prefix": f"row-{combination.key}"})
        self.combination, self.currencies = combination, list(currencies)
        self.fields |= price_fields(self.currencies)

    def price_fields(self) -> list[Any]:
        return [self[f"price_{currency.code}"] for currency in self.currencies]

    def new(self, *, policy: str, weight_g: int) -> NewVariant:
        data = self.cleaned_data
        return NewVariant(
            key=self.combination.key,
            sku=data["sku"],
            values=self.combination.values,
            prices=prices_said(data, self.currencies),
            stock=data["stock"],
            policy=policy,
            weight_g=weight_g,
        )


class PricesChangeForm(forms.Form):
    """Which products, by how much, and when."""

    HOW = (
        ("lower_percent", _("lower by per cent")),
        ("raise_percent", _("raise by per cent")),
        ("lower_amount", _("lower by an amount")),
        ("raise_amount", _("raise by an amount")),
    )
    products = forms.ModelMultipleChoiceField(
        Product.objects.all(), required=False, widget=forms.MultipleHiddenInput, label=_("Chosen products")
    )
    category = forms.ModelChoiceField(
        Category.objects.all(), required=False, label=_("Category"), help_text=_("And those below it.")
    )
    brand = forms.ModelChoiceField(Brand.objects.all(), required=False, label=_("Brand"))
    collection = forms.ModelChoiceField(Collection.objects.all(), required=False, label=_("Collection"))
    currency = forms.ChoiceField(label=_("Currency"))
    how = forms.ChoiceField(choices=HOW, label=_("Change"))
    by = forms.DecimalField(
        min_value=Decimal("0.01"), max_digits=14, decimal_places=2, label=pgettext_lazy("how much", "By")
    )
    rounding = forms.ChoiceField(
        required=False,
        choices=[("", _("to the smallest coin")), *((one.name, one.label) for one in ROUNDINGS.values())],
        label=_("Round"),
    )
    keeps_former = forms.BooleanField(
        required=False, label=_("Show the price until now as the former one"), help_text=_("Struck through beside it.")
    )
    starts = forms.DateTimeField(
        required=False, widget=AdminDateTimeInput, label=_("From"), help_text=_("Empty: from now on.")
    )
    ends = forms.DateTimeField(
        required=False, widget=AdminDateTimeInput, label=_("Until"), help_text=_("Empty: until changed again.")
    )
    looked_at = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        currency: Any = self.fields["currency"]
        currency.choices = [(code, code) for code in currency_codes()]

    def clean(self) -> dict:
        data = super().clean() or {}
        if data.get("how") == "lower_percent" and (data.get("by") or 0) >= 100:
            self.add_error("by", _("Less than 100 per cent."))
        rounding = ROUNDINGS.get(data.get("rounding", ""))
        if rounding and data.get("currency") and not rounding.fits(data["currency"]):
            self.add_error("rounding", _("Nobody can pay such amounts in this currency."))
        if data.get("starts") and data.get("ends") and data["ends"] <= data["starts"]:
            self.add_error("ends", _("It must end after it starts."))
        return data

    @property
    def change(self) -> Change:
        data = self.cleaned_data
        direction, kind = data["how"].split("_")
        by = -data["by"] if direction == "lower" else data["by"]
        return Change(**{kind: by}, rounding=data["rounding"], keeps_former=data["keeps_former"])

    @property
    def variants(self) -> QuerySet[Variant]:
        """Those that are for sale of what was chosen, or of what the filters leave."""
        data = self.cleaned_data
        products = Product.objects.filter(lifecycle=Product.Lifecycle.ACTIVE)
        if data["products"]:
            products = products.filter(pk__in=[product.pk for product in data["products"]])
        if data["category"]:
            products = products.filter(placements__category__in=with_all_below([data["category"]]))
        if data["brand"]:
            products = products.filter(brand=data["brand"])
        if data["collection"]:
            products = products.filter(memberships__collection=data["collection"])
        return Variant.objects.filter(active=True, product__in=products.order_by().values("pk"))

    @property
    def agreed(self) -> dict[int, NewPrice]:
        """What was looked at; nothing of what somebody made up themselves."""
        try:
            rows = json.loads(self.cleaned_data["looked_at"] or "[]")
            return {
                int(pk): NewPrice(_amount(old), _amount(new), former and _amount(former))
                for pk, old, new, former in rows
            }
        except (ValueError, TypeError, ArithmeticError):
            return {}


def _amount(text: Any) -> Decimal:
    """Raises ValueError, TypeError or ArithmeticError; also for what compares with nothing."""
    amount = Decimal(text)
    if not amount.is_finite():
        raise ValueError(text)
    return amount


def written(planned: dict[int, NewPrice]) -> str:
    """For the form's `looked_at`."""
    rows = [
        [pk, str(price.before), str(price.after), price.instead_of and str(price.instead_of)]
        for pk, price in planned.items()
    ]
    return json.dumps(rows)
