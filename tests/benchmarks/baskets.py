"""Shoppers who have answered everything and only have to press Pay; and what became of them.

    python -m tests.benchmarks.baskets fill PEOPLE [UNITS]   a cart each with one unit, of UNITS in all (none: of plenty)
    python -m tests.benchmarks.baskets mix PEOPLE            a cart each of one to eight things, out of the same forty
    python -m tests.benchmarks.baskets open PEOPLE           an order each, ready to be paid at Stripe
    python -m tests.benchmarks.baskets look [SKU]            the books afterwards

Both print JSON.
"""

import json
import os
import random
import sys

import django

MIXED = 40
ADDRESS = {
    "name": "Alice Hartono",
    "line1": "418 Alder Street",
    "city": "Portland",
    "region": "OR",
    "postcode": "97205",
    "country": "US",
}


def fill(people: int, units: int | None = None) -> dict:
    from django.conf import settings
    from django.utils import timezone

    from shop.cart import operations as carts
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
    return {"sku": variant.sku, "cookies": _ready(opened)}


def mix(people: int) -> dict:
    """Baskets that want the same shelves in another order each, of which there is plenty."""
    from django.conf import settings
    from django.utils import timezone

    from shop.cart import operations as carts
    from shop.cart.models import CartLine
    from shop.catalogue.listing import sellable_variants
    from shop.inventory import operations as inventory

    now, dice = timezone.now(), random.Random(4)
    for_sale = sellable_variants(now, "USD").filter(stock_item__policy="track", sku__startswith="1")
    things = list(for_sale.select_related("stock_item").order_by("pk")[:MIXED])
    for thing in things:
        inventory.count(stock_item=thing.stock_item, counted=100_000, actor="bench", now=now)
    opened = [carts.open_cart(currency=settings.DEFAULT_CURRENCY, owner=None) for _ in range(people)]
    CartLine.objects.bulk_create(
        CartLine(cart=cart, variant=thing, quantity=dice.randint(1, 3))
        for cart in opened
        for thing in dice.sample(things, dice.randint(1, 8))
    )
    return {"cookies": _ready(opened)}


def _ready(opened: list) -> list[dict[str, str]]:
    """The cookies of those whose carts these are, with everything answered."""
    from django.core import signing

    from shop.cart.cookies import CART, SALT
    from shop.checkout.models import CheckoutDraft

    CheckoutDraft.objects.bulk_create(
        CheckoutDraft(
            cart=cart, email=f"buyer{cart.pk}@example.com", delivery_code="standard", address_done=True, **ADDRESS
        )
        for cart in opened
    )
    signer = signing.get_cookie_signer(salt=CART + SALT)
    return [{CART: signer.sign(str(cart.token))} for cart in opened]


def open_payments(people: int) -> dict:
    """What their attempts are called at the provider."""
    from django.utils import timezone

    from shop.cart.models import Cart
    from shop.checkout.models import CheckoutDraft
    from shop.payments import operations as payments

    before = set(Cart.objects.values_list("pk", flat=True))
    mix(people)
    now, refs = timezone.now(), []
    for draft in CheckoutDraft.objects.exclude(cart__in=before).select_related("cart"):
        payment = _place(draft, now).payments.get()
        started = payments.start(payment_id=payment.pk, return_url="https://shop.example/", now=now)
        refs.append(started.provider_ref)
    return {"refs": refs}


def _place(draft, now):
    from shop.cart.listing import look
    from shop.checkout.operations import Details, place_order

    bag = look(draft.cart, now=now, language="en", country="US", region="OR", delivery_code="standard")
    details = Details(
        email=draft.email, address=draft.address_values(), delivery_code="standard", language="en", provider="stripe"
    )
    return place_order(cart=draft.cart, details=details, expected_total=bag.totals.total, key=draft.key, now=now)


def _variant(*, tracked: bool):
    """A variant that nothing has been promised of, cheap enough for any card."""
    from django.utils import timezone

    from shop.catalogue.listing import sellable_variants

    free = sellable_variants(timezone.now(), "USD").filter(stock_item__reserved=0, sku__startswith="1")
    if tracked:
        return free.filter(stock_item__policy="track", stock_item__on_hand__gt=0).order_by("pk").first()
    return free.filter(stock_item__policy="backorder").order_by("-pk").first()


def look(sku: str = "") -> dict:
    from django.utils import timezone

    from shop.audit import audit
    from shop.catalogue.models import Variant
    from shop.orders.models import Order, OrderLine

    breaches = [breach for finding in audit(now=timezone.now()) for breach in finding.breaches]
    if not sku:
        confirmed = Order.objects.filter(state="processing", payment_status="paid").count()
        return {"orders": Order.objects.count(), "confirmed": confirmed, "breaches": breaches}
    item = Variant.objects.get(sku=sku).stock_item
    return {
        "orders": OrderLine.objects.filter(sku=sku).count(),
        "reserved": item.reserved,
        "on_hand": item.on_hand,
        "breaches": breaches,
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.benchmarks.settings")
    django.setup()
    verb, *rest = sys.argv[1:]
    print(
        json.dumps(
            look(*rest) if verb == "look" else {"fill": fill, "mix": mix, "open": open_payments}[verb](*map(int, rest))
        )
    )
