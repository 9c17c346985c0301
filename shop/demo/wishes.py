"""What a customer of the demo shop has saved: something for less since, something sold out, something else."""

from datetime import datetime, timedelta

from django.db import transaction

from shop.customers.models import User
from shop.wishlist import operations as wishlists
from shop.wishlist.models import WishlistItem

WHO, SKUS = "alice@example.com", ("EMBUN-TEAPOT", "SAMBAL-TRIO", "PASAR-TOTE")


@transaction.atomic
def load_wishes(now: datetime) -> int:
    """Her wishlist; nothing when she has one. Returns how many things were saved."""
    alice = User.objects.filter(email=WHO).first()
    if alice is None or wishlists.find_wishlist(owner=alice, token=None):
        return 0
    for sku in SKUS:
        saved = wishlists.add(whose=wishlists.Saving(owner=alice), sku=sku, now=now)
        if saved.row.price and saved.row.price.was:  # she saw it before it was reduced
            before, then = saved.row.price.was.amount, now - timedelta(days=12)
            WishlistItem.objects.filter(variant=saved.row.variant.pk).update(saved_price=before, saved_at=then)
    return len(SKUS)
