"""What buyers of the demo shop have said."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from shop.catalogue.models import Product
from shop.demo.source import read
from shop.reviews.models import Review
from shop.reviews.operations import Words, bring_in


@transaction.atomic
def load_reviews(now: datetime) -> int:
    """The reviews, dated back from today; none where there are any. Returns how many."""
    if Review.objects.exists():
        return 0
    products = {product.code: product for product in Product.objects.all()}
    for facts in sorted(read("reviews"), key=lambda facts: -facts["days"]):
        bring_in(
            product=products[facts["product"]],
            words=Words(facts["stars"], facts["title"], facts["text"], facts["name"]),
            options=facts.get("options", ""),
            helpful=facts["helpful"],
            reply=facts.get("reply", ""),
            replied_by=facts.get("replied_by", ""),
            language=settings.LANGUAGE_CODE,
            written_at=now - timedelta(days=facts["days"]),
            now=now,
        )
    return len(read("reviews"))
