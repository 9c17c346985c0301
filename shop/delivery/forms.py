"""Forms of the delivery desk: what makes no sense is said beside its field, before anybody is charged by it."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django_countries import countries
from wagtail.admin.forms import WagtailAdminModelForm

from shop.catalogue.models import Currency
from shop.customers.addresses import WRITTEN, areas_of, country_name, rules_for
from shop.delivery.models import Method
from shop.money import format_money, round_money

Kind = Method.Kind
TIERED = (Kind.WEIGHT, Kind.SUBTOTAL)


def every_country() -> list[tuple[str, str]]:
    """(code, name) of each country of ISO 3166-1 whose addresses we know how to write, by name."""
    return [(code, name) for code, name in countries if code in WRITTEN]


class ZoneForm(WagtailAdminModelForm):
    """Countries as ticks; parts of countries one a line, such as US-HI."""

    countries = forms.MultipleChoiceField(
        label=_("Countries"), required=False, choices=every_country, widget=forms.CheckboxSelectMultiple
    )
    regions = forms.CharField(
        label=_("Parts of countries"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line: the country's code, a hyphen, the state or province, such as US-HI or ID-Papua."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["regions"] = "\n".join(self.instance.regions)

    class Media:
        css: ClassVar[dict] = {"all": ("admin/delivery.css",)}

    def clean_regions(self) -> list[str]:
        lines = filter(None, map(str.strip, self.cleaned_data["regions"].splitlines()))
        return list(dict.fromkeys(map(_region, lines)))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors and not data["countries"] and not data["regions"]:
            self.add_error("countries", _("Choose at least one country, or write down a part of one."))
        return data


def _region(line: str) -> str:
    """`us-hi` and `US-Hawaii` are US-HI. Raises ValidationError."""
    country, _hyphen, typed = line.partition("-")
    country = country.strip().upper()
    areas = areas_of(country) if country in WRITTEN else {}
    if not areas or not typed.strip():
        raise ValidationError(_("“%(line)s” is no part of a country: write it like US-HI.") % {"line": line})
    if area := _area(typed, areas):
        return f"{country}-{area}"
    facts = {"typed": typed, "country": country_name(country), "some": ", ".join(list(areas)[:5])}
    raise ValidationError(_("There is no “%(typed)s” in %(country)s. There is: %(some)s and so on.") % facts)


class MethodForm(WagtailAdminModelForm):
    """A way of delivery with its prices. Tiers cannot overlap: each reaches from the one before up to its own end."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["code"].disabled = True
        twice = _("Another price in this currency ends here already.")
        self.formsets["prices"].get_form_error = self.formsets["prices"].get_unique_error_message = lambda *_: twice

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        collected = data.get("kind") == Kind.PICKUP
        if collected and not data.get("place"):
            self.add_error("place", _("Say where it is collected."))
        elif not collected and data.get("place"):
            self.add_error(
                "place", _("What is sent has no collection point. Leave this empty, or let it be collected.")
            )
        return data

    def is_valid(self) -> bool:
        return super().is_valid() and self._prices_make_sense()

    def _prices_make_sense(self) -> bool:
        rows = [form for form in self.formsets["prices"].forms if form.cleaned_data and not form.cleaned_data["DELETE"]]
        if not rows:
            self.add_error(None, _("Give a price in at least one currency: without one nobody is offered this way."))
        for currency in sorted({row.cleaned_data["currency"] for row in rows}):
            mine = [row for row in rows if row.cleaned_data["currency"] == currency]
            mine.sort(key=lambda row: (row.cleaned_data["up_to"] is None, row.cleaned_data["up_to"] or 0))
            check_tiers(self.cleaned_data["kind"], currency, mine)
        return not self.errors and not any(row.errors for row in rows)


def check_tiers(kind: str, currency: str, rows: list[Any]) -> None:
    """Put what is wrong with the prices in one currency beside the field that is wrong. `rows`: forms, by `up_to`."""
    ends = [row.cleaned_data["up_to"] for row in rows]
    for row, end, before in zip(rows, ends, [0, *ends], strict=False):
        if end == before:
            row.add_error("up_to", _("Another price in %(currency)s ends here already.") % {"currency": currency})
        elif kind not in TIERED and end is not None:
            row.add_error("up_to", _("One price has no end: leave this empty, or choose prices by weight or by goods."))
        free = row.cleaned_data["free_over"]
        if kind == Kind.SUBTOTAL and free is not None and end is not None and free >= end:
            words = _("Goods never come over this in a tier that ends at %(end)s.")
            row.add_error("free_over", words % {"end": format_money(round_money(end, currency))})
    if kind == Kind.SUBTOTAL and ends[-1] is not None:
        words = _("Say what it costs for goods over %(end)s too: add a price without an end.")
        rows[-1].add_error("up_to", words % {"end": format_money(round_money(ends[-1], currency))})


class PlaceForm(WagtailAdminModelForm):
    """An address of ours, with what its country needs."""

    country = forms.ChoiceField(label=_("Country"), choices=every_country)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self.errors:
            return data
        country, name = data["country"], country_name(data["country"])
        if data["region"] and (areas := areas_of(country)):
            data["region"] = _area(data["region"], areas)
            if not data["region"]:
                self.add_error("region", _("%(country)s has no such state or province.") % {"country": name})
        data["postcode"] = " ".join(data["postcode"].split()).upper()
        wrong = [
            matcher for matcher in rules_for(country).postal_code_matchers if not matcher.fullmatch(data["postcode"])
        ]
        if data["postcode"] and wrong:
            self.add_error("postcode", _("This is not how %(country)s writes a postcode.") % {"country": name})
        return data


def _area(typed: str, areas: dict[str, str]) -> str:
    """The code of a state or province by code or name; empty when there is no such one."""
    known = {word.lower(): code for code, label in areas.items() for word in (code, label)}
    return known.get(typed.strip().lower(), "")


def missing_currencies(method: Method) -> list[str]:
    """Currencies of the shop in which a method has no price: their shoppers are not offered it."""
    priced = method.prices.values_list("currency", flat=True)  # type: ignore[attr-defined]
    return list(Currency.objects.exclude(code__in=list(priced)).values_list("code", flat=True))
