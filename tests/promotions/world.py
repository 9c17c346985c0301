"""Promotions in one line each."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from shop.cart import operations as carts
from shop.cart.models import Cart
from shop.promotions import operations as promotions
from shop.promotions.listing import Customer
from shop.promotions.models import Coupon, Promotion, PromotionTerms, Tier
from tests.checkout.world import NOW

ALICE = Customer(email="alice@example.com")  # whom `tests.checkout.world.place` orders for


def promote(
    name: str = "Autumn",
    *,
    off: Any = None,
    minimum: Any = None,
    cap: Any = None,
    budget: Any = None,
    currency: str = "USD",
    tiers: dict[str, str] | None = None,
    products: Any = (),
    categories: Any = (),
    collections: Any = (),
    now: datetime = NOW,
    **fields: Any,
) -> Promotion:
    """An automatic promotion of 10 %, unless told otherwise; running since yesterday.

    promote(kind="catalogue", percent=15, categories=[ceramics])
    promote(effect="fixed", off="5", minimum="40")
    """
    scope = {"products": products, "categories": categories, "collections": collections}
    fields.setdefault("scope", next((name for name, rows in scope.items() if rows), "all"))
    fields.setdefault("starts_at", now - timedelta(days=1))
    if fields.get("effect", "percentage") == "percentage":
        fields.setdefault("percent", Decimal(10))
    promotion = Promotion(name=name, **fields)
    amounts = {"amount_off": off, "minimum": minimum, "cap": cap, "budget": budget}
    if any(value is not None for value in amounts.values()):
        given = {key: value if value is None else Decimal(value) for key, value in amounts.items()}
        promotion.terms = [PromotionTerms(currency=currency, **given)]
    promotion.tiers = [
        Tier(currency=currency, minimum=Decimal(least), percent=Decimal(percent))
        for least, percent in (tiers or {}).items()
    ]
    return promotions.keep_promotion(promotion=promotion, scope=scope, actor="test", now=now)


def coupon(code: str = "WELCOME10", *, limit: int | None = None, now: datetime = NOW, **fields: Any) -> Coupon:
    """A code for a promotion of its own."""
    promotion = promote(fields.pop("name", "Welcome"), kind="coupon", now=now, **fields)
    return promotions.add_coupon(promotion=promotion, code=code, limit=limit, actor="test", now=now)


def use(cart: Cart, code: str, customer: Customer = ALICE) -> Cart:
    carts.apply_coupon(cart=cart, code=code, language="en", now=NOW, customer=customer)
    return Cart.objects.get(pk=cart.pk)
