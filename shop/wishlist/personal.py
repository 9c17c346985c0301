"""What somebody would like to have, and what they asked to be told of."""

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from shop.customers.personal import Person
from shop.wishlist.models import StockAsk, Wishlist, WishlistItem


def _asks(person: Person) -> QuerySet[StockAsk]:
    mine = Q(email__in=person.emails)
    return StockAsk.objects.filter(mine | Q(user=person.user) if person.user else mine)


def export_person(person: Person) -> dict[str, Any]:
    items = WishlistItem.objects.filter(wishlist__owner=person.user) if person.user else WishlistItem.objects.none()
    return {
        "shared_as": list(Wishlist.objects.filter(owner=person.user).values_list("shared_as", flat=True))
        if person.user
        else [],
        "items": list(items.values("variant__sku", "saved_at", "currency", "saved_price")),
        "asked_to_be_told": list(_asks(person).values("variant__sku", "email", "asked_at", "confirmed_at", "told_at")),
    }


def forget_person(person: Person, *, now: datetime) -> None:
    _asks(person).delete()
    if person.user:
        Wishlist.objects.filter(owner=person.user).delete()


def delete_old_wishlists(*, before: datetime, limit: int) -> int:
    """Lists of no account on which nothing was put since `before`. Returns how many."""
    lately = WishlistItem.objects.filter(wishlist=OuterRef("pk"), saved_at__gte=before)
    old = Wishlist.objects.filter(owner=None, created_at__lt=before).exclude(Exists(lately)).order_by("pk")
    pks = list(old.values_list("pk", flat=True)[:limit])
    return Wishlist.objects.filter(pk__in=pks).delete()[1].get("shop.Wishlist", 0)
