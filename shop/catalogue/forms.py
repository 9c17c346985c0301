"""Forms of the catalogue's desk. Each turns what was typed into one operation (`operate`)."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from wagtail.admin.widgets import AdminDateTimeInput
from wagtail.images.widgets import AdminImageChooser

from shop.catalogue import operations as catalogue
from shop.catalogue.models import Category, Currency, Picture, Product, Variant
from shop.catalogue.pricing import Price, prices_at
from shop.inventory.models import StockItem
from shop.money import format_money, quantum


def validate_gtin(number: str) -> None:
    """A GTIN of 8, 12, 13 or 14 digits with a true check digit: 8990041000010 is one, 8990041000011 is not.

    Raises ValidationError. Rule: GS1 General Specifications, 7.9.
    """
    if not number.isdecimal() or len(number) not in (8, 12, 13, 14):
        raise ValidationError(_("A GTIN has 8, 12, 13 or 14 digits."))
    digits = [int(digit) for digit in reversed(number)]
    if (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10:
        raise ValidationError(_("The last digit does not fit the others: is there a slip?"))


class CurrencySelect(forms.Select):
    """The currencies that the shop sells in, asked when the form is shown: never at import."""

    def optgroups(self, *args: Any, **kwargs: Any) -> list:
        self.choices = [(code, code) for code in Currency.objects.values_list("code", flat=True)]
        return super().optgroups(*args, **kwargs)


class ProductForm(forms.ModelForm):
    """A product's own facts. Variants, prices and stock have forms of their own."""

    class Meta:
        model = Product
        fields = ["name", "code", "brand", "tax_class", "category", "options", "facts"]
        widgets = {"options": forms.CheckboxSelectMultiple}

    def operate(self, *, actor: str, now: datetime) -> Product:
        data = dict(self.cleaned_data)
        if not self.instance.pk:
            return catalogue.create_product(**data, actor=actor, now=now)
        home = data.pop("category")
        with transaction.atomic():
            product = catalogue.change_product(product=self.instance, **data, actor=actor, now=now)
            if product.category_id != home.pk:
                catalogue.place_in_category(product=product, category=home, home=True, actor=actor, now=now)
        return product


class PlacementForm(forms.Form):
    """The shelves that a product stands on, and the one its pages live below."""

    home = forms.ModelChoiceField(Category.objects.all(), label=_("Home"), help_text=_("Its pages live there."))
    categories = forms.ModelMultipleChoiceField(
        Category.objects.all(), required=False, widget=forms.CheckboxSelectMultiple, label=_("Also shown in")
    )

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        self.product = product
        kwargs["initial"] = {"home": product.category_id, "categories": list(product.categories.all())}
        super().__init__(*args, **kwargs)

    @transaction.atomic
    def operate(self, *, actor: str, now: datetime) -> None:
        who: dict[str, Any] = {"product": self.product, "actor": actor, "now": now}
        home, wanted = self.cleaned_data["home"], set(self.cleaned_data["categories"])
        catalogue.place_in_category(category=home, home=True, **who)
        self.product.refresh_from_db()
        standing = set(self.product.categories.all())
        for category in sorted(wanted - standing, key=str):
            catalogue.place_in_category(category=category, **who)
        for category in sorted(standing - wanted - {home}, key=str):
            catalogue.take_from_category(category=category, **who)


class LifecycleForm(forms.Form):
    lifecycle = forms.ChoiceField(choices=Product.Lifecycle, widget=forms.RadioSelect, label=_("State"))


class CategoryOrderForm(forms.Form):
    """The order of products on a shelf, as numbers: the smallest stands first."""

    def __init__(self, *args: Any, category: Category, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.placements = list(category.placements.select_related("product", "category"))
        for placement in self.placements:
            self.fields[f"position_{placement.pk}"] = forms.IntegerField(
                label=str(placement.product), min_value=0, max_value=100_000, initial=placement.position
            )

    @transaction.atomic
    def operate(self, *, actor: str, now: datetime) -> None:
        for placement in self.placements:
            position = self.cleaned_data[f"position_{placement.pk}"]
            if position != placement.position:
                catalogue.place_in_category(
                    product=placement.product, category=placement.category, position=position, actor=actor, now=now
                )


def sku_field(**more: Any) -> forms.RegexField:
    return forms.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        max_length=64,
        label=_("Sku"),
        error_messages={"invalid": _("Letters, digits, full stops, hyphens and underscores.")},
        **more,
    )


class VariantForm(forms.Form):
    """A variant of `product`: one choice per option of the product, and what the warehouse must know."""

    sku = sku_field(help_text=_("Our number for it. Fixed once it has been ordered."))
    barcode = forms.CharField(
        required=False, max_length=14, validators=[validate_gtin], label=_("Barcode"), help_text="GTIN"
    )
    weight_g = forms.IntegerField(min_value=0, max_value=1_000_000, initial=0, label=_("Weight in grams"))
    cost_price = forms.DecimalField(
        required=False,
        min_value=0,
        decimal_places=2,
        max_digits=14,
        label=_("Cost price"),
        help_text=_("In the base currency; for staff only."),
    )
    image = forms.ModelChoiceField(Picture.objects.all(), required=False, widget=AdminImageChooser, label=_("Picture"))

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.product = product
        self.attributes = list(product.options.prefetch_related("values"))
        for attribute in self.attributes:
            self.fields[f"option_{attribute.code}"] = forms.ModelChoiceField(
                attribute.values.all(), label=attribute.name
            )
        self.order_fields(["sku", *(f"option_{attribute.code}" for attribute in self.attributes)])

    @property
    def facts(self) -> dict:
        """What both operations on variants take."""
        names = ("sku", "barcode", "weight_g", "cost_price", "image")
        values = [self.cleaned_data[f"option_{attribute.code}"] for attribute in self.attributes]
        return {**{name: self.cleaned_data[name] for name in names}, "values": values}


class NewVariantForm(VariantForm):
    """Also asks for what a new variant starts with: units on the shelf and a price in each currency."""

    stock = forms.IntegerField(min_value=0, max_value=1_000_000, initial=0, label=_("Units on the shelf"))
    policy = forms.ChoiceField(choices=StockItem.Policy, label=_("May be sold"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currencies = list(Currency.objects.all())
        self.fields |= price_fields(self.currencies)

    def operate(self, *, actor: str, now: datetime) -> Variant:
        prices = prices_said(self.cleaned_data, self.currencies)
        start = {"stock": self.cleaned_data["stock"], "policy": self.cleaned_data["policy"], "prices": prices}
        return catalogue.add_variant(product=self.product, **self.facts, **start, actor=actor, now=now)


class ChangeVariantForm(VariantForm):
    active = forms.BooleanField(required=False, label=_("For sale"))

    def __init__(self, *args: Any, variant: Variant, **kwargs: Any) -> None:
        self.variant = variant
        names = ("sku", "barcode", "weight_g", "cost_price", "image", "active")
        initial = {name: getattr(variant, name) for name in names}
        for value in variant.values.select_related("attribute"):
            initial[f"option_{value.attribute.code}"] = value.pk
        super().__init__(*args, product=variant.product, **kwargs | {"initial": initial})

    def operate(self, *, actor: str, now: datetime) -> Variant:
        active = self.cleaned_data["active"]
        return catalogue.change_variant(variant=self.variant, **self.facts, active=active, actor=actor, now=now)


def amount_field(currency: str, *, label: Any, required: bool = False) -> forms.DecimalField:
    """An amount as fine as the currency is paid: no cents in rupiah."""
    places = max(0, -int(quantum(currency).as_tuple().exponent))
    return forms.DecimalField(
        label=label, required=required, min_value=quantum(currency), max_digits=12 + places, decimal_places=places
    )


def price_fields(currencies: Iterable[Currency]) -> dict[str, forms.DecimalField]:
    """A new variant's price in each currency; that in the base currency has to be said."""
    return {
        f"price_{one.code}": amount_field(
            one.code, label=_("Price in %(currency)s") % {"currency": one.code}, required=one.is_base
        )
        for one in currencies
    }


def prices_said(data: Mapping[str, Any], currencies: Iterable[Currency]) -> dict[str, Decimal]:
    """{currency: amount} of those of `price_fields` that were filled in."""
    said = {one.code: data[f"price_{one.code}"] for one in currencies}
    return {code: amount for code, amount in said.items() if amount is not None}


class PricesForm(forms.Form):
    """Prices of all variants of a product in all currencies, from a time on. Only what is changed is written."""

    starts = forms.DateTimeField(
        required=False, widget=AdminDateTimeInput, label=_("From"), help_text=_("Empty: from now on.")
    )
    ends = forms.DateTimeField(
        required=False, widget=AdminDateTimeInput, label=_("Until"), help_text=_("Empty: until changed again.")
    )

    def __init__(self, *args: Any, product: Product, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.variants = list(product.variants.prefetch_related("values"))
        self.currencies = [currency.code for currency in Currency.objects.all()]
        ids = [variant.pk for variant in self.variants]
        self.prices = {currency: prices_at(ids, currency, now) for currency in self.currencies}
        for variant, currency in self._cells():
            self._add_fields(variant, currency, self.prices[currency].get(variant.pk))

    def _cells(self) -> Iterator[tuple[Variant, str]]:
        return ((variant, currency) for variant in self.variants for currency in self.currencies)

    def _add_fields(self, variant: Variant, currency: str, price: Price | None) -> None:
        label = f"{variant.sku} {currency}"
        amount = amount_field(currency, label=label)
        compare = amount_field(currency, label=_("%(label)s, instead of") % {"label": label})
        if price and price.derived:
            amount.widget.attrs["placeholder"] = format_money(price.now)
        elif price:
            step = quantum(currency)
            amount.initial = price.now.amount.quantize(step)
            compare.initial = price.was and price.was.amount.quantize(step)
        self.fields[f"amount_{variant.pk}_{currency}"] = amount
        self.fields[f"compare_{variant.pk}_{currency}"] = compare

    def rows(self) -> list[tuple[Variant, list[tuple[Any, Any]]]]:
        """For the template: each variant with its (amount, compare) fields, a pair per currency."""
        return [
            (
                variant,
                [(self[f"amount_{variant.pk}_{c}"], self[f"compare_{variant.pk}_{c}"]) for c in self.currencies],
            )
            for variant in self.variants
        ]

    def clean(self) -> dict:
        data = super().clean() or {}
        for variant, currency in self._cells():
            name = f"amount_{variant.pk}_{currency}"
            has_own = self.fields[name].initial is not None
            if name not in self.errors and data.get(name) is None and has_own:
                self.add_error(name, _("A price can be replaced, not taken away. To stop selling, retire the variant."))
        return data

    @transaction.atomic
    def operate(self, *, actor: str, now: datetime) -> None:
        """Write what has changed, or nothing: raises InvalidPrice (its `field` is one of ours) and PriceInThePast."""
        when = {"starts": self.cleaned_data["starts"], "ends": self.cleaned_data["ends"]}
        for variant, currency in self._cells():
            name = f"{variant.pk}_{currency}"
            if not {f"amount_{name}", f"compare_{name}"} & set(self.changed_data):
                continue
            amount, compare_at = self.cleaned_data[f"amount_{name}"], self.cleaned_data[f"compare_{name}"]
            try:
                catalogue.set_price(
                    variant=variant,
                    currency=currency,
                    amount=amount,
                    compare_at=compare_at,
                    **when,
                    actor=actor,
                    now=now,
                )
            except catalogue.InvalidPrice as refusal:
                refusal.field = f"amount_{name}"
                raise
