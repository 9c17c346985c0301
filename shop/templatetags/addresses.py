"""Postal addresses in templates."""

import re

from babel import Locale
from django import template
from django.utils.translation import get_language

from shop.checkout.forms import rules_for
from shop.customers.models import PostalAddress

register = template.Library()


@register.filter
def address_lines(address: PostalAddress) -> list[str]:
    """The lines of `address` in the order of its country, which comes last in the reader's language.

    {% for line in address|address_lines %}{{ line }}<br>{% endfor %}
    """
    street = f"{address.line1}\n{address.line2}"
    parts = {"N": address.name, "A": street, "C": address.city, "S": address.region, "Z": address.postcode}
    form = rules_for(address.country).address_format.replace("%n", "\n")
    text = re.sub("%([A-Z])", lambda part: parts.get(part[1], ""), form)
    lines = [line.strip(" ,-/") for line in text.split("\n")]
    country = Locale.parse(get_language() or "en", sep="-").territories.get(address.country, address.country)
    return [*filter(None, lines), country]
