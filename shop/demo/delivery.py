"""Where parcels go, what that costs, and the tax there."""

from decimal import Decimal
from typing import Any

from django.db import transaction

from shop.catalogue.models import TaxClass
from shop.delivery.models import Method, MethodPrice, TaxRate, Zone
from shop.demo.source import read


@transaction.atomic
def load_delivery() -> int:
    """Zones with their methods, prices and tax rates; returns how many rows were missing."""
    return sum(_zone(position, facts) for position, facts in enumerate(read("delivery")["zones"], start=1))


def _zone(position: int, facts: dict[str, Any]) -> int:
    where = {"countries": facts["countries"], "position": position}
    zone, created = Zone.objects.get_or_create(name=facts["name"], defaults=where)
    made = int(created)
    for tax in facts["tax_rates"]:
        tax_class = TaxClass.objects.get(code=tax["tax_class"])
        made += TaxRate.objects.get_or_create(zone=zone, tax_class=tax_class, defaults={"rate": Decimal(tax["rate"])})[
            1
        ]
    return made + sum(_method(zone, place, method) for place, method in enumerate(facts["methods"], start=1))


def _method(zone: Zone, position: int, facts: dict[str, Any]) -> int:
    days = {key: facts[key] for key in ("name", "days_min", "days_max")}
    method, created = Method.objects.get_or_create(
        zone=zone, code=facts["code"], defaults=days | {"position": position}
    )
    made = int(created)
    for currency, amount in facts["prices"].items():
        terms = {"amount": Decimal(amount), "free_over": Decimal(facts["free_over"][currency])}
        made += MethodPrice.objects.get_or_create(method=method, currency=currency, defaults=terms)[1]
    return made
