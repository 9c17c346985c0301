"""The one statement that says what goes for a place, written by hand: every cart and every order waits for it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.utils.translation import get_language

from shop.delivery.models import Method
from shop.sql import read

# The first zone that holds the place counts. What is collected is sent nowhere.
AT_PLACE = f"""
WITH zone AS (
    SELECT id, countries FROM shop_zone
     WHERE countries @> ARRAY[%(country)s]::varchar[] OR regions @> ARRAY[%(region)s]::varchar[]
     ORDER BY position, id LIMIT 1)
SELECT c.prices_include_tax, zone.countries, ARRAY(SELECT day FROM shop_dayoff),
       (SELECT json_agg(t)::text FROM (
           SELECT r.tax_class_id, r.rate, coalesce(r.names ->> %(language)s, r.name) AS name
             FROM shop_taxrate r WHERE r.zone_id = zone.id ORDER BY r.id) t),
       (SELECT json_agg(t)::text FROM (
           SELECT m.id, m.code, coalesce(m.names ->> %(language)s, m.name) AS name, m.kind, m.days_min, m.days_max,
                  p.amount, p.free_over, p.up_to
             FROM shop_method m JOIN shop_methodprice p ON p.method_id = m.id
            WHERE m.zone_id = zone.id AND m.active AND m.kind <> '{Method.Kind.PICKUP}' AND p.currency = c.code
            ORDER BY m.position, m.id, p.up_to NULLS LAST) t)
  FROM shop_currency c LEFT JOIN zone ON true
 WHERE c.code = %(currency)s
"""  # noqa: S608 - a constant of ours


@dataclass(frozen=True)
class AtPlace:
    """`rates` of tax by class; `methods`: {id: its tiers from the smallest up, each with what the method says}."""

    includes_tax: bool = False
    countries: Sequence[str] = ()
    days_off: Sequence[date] = ()
    rates: Sequence[dict[str, Any]] = ()
    methods: dict[int, list[dict[str, Any]]] = field(default_factory=dict)


def at_place(country: str, region: str, currency: str) -> AtPlace:
    values = {
        "country": country,
        "region": f"{country}-{region}",
        "currency": currency,
        "language": get_language() or "",
    }
    found = read(AT_PLACE, values)
    if not found:  # no currency of ours
        return AtPlace()
    included, countries, days_off, rates, tiers = found[0]
    methods = {pk: list(of) for pk, of in groupby(_list(tiers), key=lambda tier: tier["id"])}
    return AtPlace(included, countries or (), days_off, _list(rates), methods)


def _list(text: str | None) -> list[dict[str, Any]]:
    """Amounts in JSON are exact in the text, and stay so."""
    return json.loads(text, parse_float=Decimal) if text else []
