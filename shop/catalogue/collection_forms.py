"""Forms of the collections' desk. Each turns what was typed into one operation (`operate`)."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

from django import forms
from django.forms.models import ModelChoiceIterator
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from wagtail.images.widgets import AdminImageChooser

from shop.catalogue import collections as catalogue
from shop.catalogue.choosers import product_chooser
from shop.catalogue.forms import amount_field
from shop.catalogue.models import AttributeValue, Category, Collection, Currency, Product

RULES = ("categories", "values", "price_min", "price_max", "new_days", "on_sale", "in_stock", "best_selling")
LARGEST = 32_767  # what the columns hold


class ByAttribute(ModelChoiceIterator):
    """The values of each attribute together, below its name."""

    def __iter__(self) -> Iterator[Any]:
        for attribute, values in groupby(self.queryset, key=lambda value: value.attribute):
            yield str(attribute), [self.choice(value) for value in values]


class ValuesField(forms.ModelMultipleChoiceField):
    iterator = ByAttribute


class CategoriesField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.parent}: {obj}" if obj.parent else str(obj)


class CollectionForm(forms.ModelForm):
    """A collection and its rules. Prices are asked for in the base currency, which their labels name."""

    categories = CategoriesField(
        Category.objects.select_related("parent").order_by("position", "name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=_("Categories"),
        help_text=_("In one of these, or below it."),
    )
    values = ValuesField(
        AttributeValue.objects.select_related("attribute").order_by(
            "attribute__position", "attribute__name", "attribute_id", "position", "name"
        ),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=_("Attributes"),
        help_text=_("One of those that are ticked, of each attribute in which some are."),
    )
    new_days = forms.IntegerField(
        required=False, min_value=1, max_value=LARGEST, label=_("New: days in the shop, at most")
    )
    best_selling = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=LARGEST,
        label=_("Best selling: among the first"),
        help_text=_("Of those for which the other rules hold, by what was sold lately. They come in that order."),
    )

    class Meta:
        model = Collection
        fields = ["name", "slug", "picture", "active", *RULES]
        widgets = {"picture": AdminImageChooser}
        labels = {
            "active": _("Shown in the shop"),
            "on_sale": _("Reduced now"),
            "in_stock": _("Can be sent now"),
        }
        help_texts = {
            "slug": _("Names it in addresses and reports. Empty: taken from the name."),
            "picture": _("For lists of collections."),
            "active": _("Without the tick nothing is in it."),
            "on_sale": "",
            "in_stock": "",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        base = Currency.objects.filter(is_base=True).values_list("code", flat=True).first() or "USD"
        for name, label in (("price_min", _("Price from, in %s")), ("price_max", _("Price up to, in %s"))):
            self.fields[name] = amount_field(base, label=label % base)
        self.fields["slug"].required = False

    def clean_slug(self) -> str:
        return self.cleaned_data["slug"] or slugify(self.cleaned_data.get("name", ""))[:50]

    def clean(self) -> dict:
        data = super().clean() or {}
        lowest, highest = data.get("price_min"), data.get("price_max")
        if lowest is not None and highest is not None and highest < lowest:
            self.add_error("price_max", catalogue.PricesCrossed.message)
        return data

    @property
    def rules(self) -> dict[str, Any]:
        """What is asked for, as it was typed."""
        return {name: self.cleaned_data[name] for name in RULES}

    def operate(self, *, actor: str, now: datetime) -> Collection:
        if self.instance.pk:
            return catalogue.change_collection(collection=self.instance, **self.cleaned_data, actor=actor, now=now)
        return catalogue.create_collection(**self.cleaned_data, actor=actor, now=now)


class ChoiceForm(forms.Form):
    """Which product is meant."""

    product = forms.ModelChoiceField(Product.objects.all(), label=_("Product"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product"].widget = product_chooser.widget_class()
        self.fields["product"].widget.is_required = True


class PinForm(ChoiceForm):
    place = forms.IntegerField(
        required=False, min_value=1, max_value=1000, label=_("Place"), help_text=_("Empty: after the other pins.")
    )
