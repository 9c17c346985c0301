"""Shoppers who have answered everything and only have to press Pay; and what became of them.

    python -m tests.benchmarks.baskets fill PEOPLE [UNITS]   a cart each with one unit, of UNITS in all (none: of plenty)
    python -m tests.benchmarks.baskets look SKU              the books afterwards

Both print JSON.
"""

import json
import os
import sys

import django

ADDRESS = {
    "name": "Alice Hartono",
    "line1": "418 Alder Street",
    "city": "Portland",
    "region": "OR",
    "postcode": "97205",
    "country": "US",
}


def fill(people: int, units: int | None) -> dict:
    from django.conf import settings
    from django.core import signing
    from django.utils import timezone

    from shop.cart import operations as carts
    from shop.cart.cookies import CART, SALT
    from shop.checkout.models import CheckoutDraft
    from shop.inventory import operations as inventory

    now = timezone.now()
    variant = _variant(tracked=units is not None)
    if units is not None:
        inventory.count(stock_item=variant.stock_item, counted=units, actor="bench", now=now)
    opened = []
    for _ in range(people):
        cart = carts.open_cart(currency=settings.DEFAULT_CURRENCY, owner=None)
        carts.add(cart=cart, sku=variant.sku, quantity=1, now=now)
        opened.append(cart)
    CheckoutDraft.objects.bulk_create(
        CheckoutDraft(
            cart=cart, email=f"buyer{cart.pk}@example.com", delivery_code="standard", address_done=True, **ADDRESS
        )
        for cart in opened
    )
    signer = signing.get_cookie_signer(salt=CART + SALT)
    return {"sku": variant.sku, "cookies": [{CART: signer.sign(str(cart.token))} for cart in opened]}


def _variant(*, tracked: bool):
    """A variant that nothing has been promised of, cheap enough for any card."""
    from django.utils import timezone

    from shop.catalogue.listing import sellable_variants

    free = sellable_variants(timezone.now(), "USD").filter(stock_item__reserved=0, sku__startswith="1")
    if tracked:
        return free.filter(stock_item__policy="track", stock_item__on_hand__gt=0).order_by("pk").first()
    return free.filter(stock_item__policy="backorder").order_by("-pk").first()


def look(sku: str) -> dict:
    from django.utils import timezone

    from shop.audit import audit
    from shop.catalogue.models import Variant
    from shop.orders.models import OrderLine

    item = Variant.objects.get(sku=sku).stock_item
    breaches = [breach for finding in audit(now=timezone.now()) for breach in finding.breaches]
    return {
        "orders": OrderLine.objects.filter(sku=sku).count(),
        "reserved": item.reserved,
        "on_hand": item.on_hand,
        "breaches": breaches,
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.benchmarks.settings")
    django.setup()
    verb, first, *rest = sys.argv[1:]
    print(json.dumps(look(first) if verb == "look" else fill(int(first), int(rest[0]) if rest else None)))
