"""What is reduced in the demo shop, and the codes that shoppers may try."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from shop.catalogue.models import Category
from shop.demo.source import ACTOR, names, read
from shop.promotions import operations as promotions
from shop.promotions.models import Promotion, PromotionTerms

PLAIN = ("name", "kind", "effect", "buy_quantity", "get_quantity", "first_order_only", "limit_total")


@transaction.atomic
def load_promotions(now: datetime) -> int:
    """The promotions, running from today on; returns how many were missing."""
    known = set(Promotion.objects.values_list("name", flat=True))
    missing = [facts for facts in read("promotions") if facts["name"] not in known]
    for facts in missing:
        _promotion(facts, now)
    return len(missing)


def _promotion(facts: dict[str, Any], now: datetime) -> None:
    promotion = Promotion(
        **{name: facts[name] for name in PLAIN if name in facts}, names=names(facts["name"]), starts_at=now
    )
    promotion.percent = Decimal(facts["percent"]) if "percent" in facts else None
    promotion.ends_at = now + timedelta(days=facts["days"]) if "days" in facts else None
    shelves = Category.objects.filter(slug__in=facts.get("categories", []))
    promotion.scope = Promotion.Scope.CATEGORIES if shelves else Promotion.Scope.ALL
    promotion.terms = [  # type: ignore[misc]
        PromotionTerms(currency=currency, **{name: Decimal(amount) for name, amount in amounts.items()})
        for currency, amounts in facts.get("terms", {}).items()
    ]
    promotions.keep_promotion(promotion=promotion, scope={"categories": shelves}, actor=ACTOR, now=now)
    if "code" in facts:
        promotions.add_coupon(promotion=promotion, code=facts["code"], actor=ACTOR, now=now)
