"""Where parcels go, what that costs, and the tax there."""

from decimal import Decimal
from typing import Any

from django.db import transaction

from shop.catalogue.models import TaxClass
from shop.delivery.models import Method, MethodPrice, Place, ReturnPolicy, TaxRate, Zone
from shop.demo.source import names, read


@transaction.atomic
def load_delivery() -> int:
    """Zones with their methods, prices and tax rates, and our workshop; returns how many rows were missing."""
    facts = read("delivery")
    made = sum(_zone(position, zone) for position, zone in enumerate(facts["zones"], start=1))
    return made + sum(map(_place, facts["places"])) + _returns(facts["returns"])


def _zone(position: int, facts: dict[str, Any]) -> int:
    where = {"countries": facts["countries"], "position": position}
    zone, created = Zone.objects.get_or_create(name=facts["name"], defaults=where)
    made = int(created)
    for tax in facts["tax_rates"]:
        tax_class = TaxClass.objects.get(code=tax["tax_class"])
        rate = {"rate": Decimal(tax["rate"]), "names": names("Tax")}
        made += TaxRate.objects.get_or_create(zone=zone, tax_class=tax_class, defaults=rate)[1]
    return made + sum(_method(zone, place, method) for place, method in enumerate(facts["methods"], start=1))


def _returns(facts: dict[str, Any]) -> int:
    if ReturnPolicy.objects.exists():
        return 0
    ReturnPolicy.objects.create(**facts)
    return 1


def _place(facts: dict[str, Any]) -> int:
    """Somewhere of ours where orders can be fetched, and the way of delivery that says so."""
    address = {name: facts[name] for name in ("line1", "city", "region", "postcode", "country", "phone", "hours")}
    place, created = Place.objects.get_or_create(name=facts["name"], defaults=address)
    method, is_new = Method.objects.get_or_create(
        zone=Zone.objects.get(name=facts["zone"]),
        code=facts["code"],
        defaults={name: facts[name] for name in ("name", "days_min", "days_max")}
        | {"kind": Method.Kind.PICKUP, "place": place, "position": 9, "names": names(facts["name"])},
    )
    made = int(created) + int(is_new)
    for currency, amount in facts["prices"].items():
        terms = {"amount": Decimal(amount)}
        made += MethodPrice.objects.get_or_create(method=method, currency=currency, defaults=terms)[1]
    return made


def _method(zone: Zone, position: int, facts: dict[str, Any]) -> int:
    days = {key: facts[key] for key in ("name", "days_min", "days_max")}
    method, created = Method.objects.get_or_create(
        zone=zone, code=facts["code"], defaults=days | {"position": position, "names": names(facts["name"])}
    )
    made = int(created)
    for currency, amount in facts["prices"].items():
        terms = {"amount": Decimal(amount), "free_over": Decimal(facts["free_over"][currency])}
        made += MethodPrice.objects.get_or_create(method=method, currency=currency, defaults=terms)[1]
    return made
