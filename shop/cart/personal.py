"""What somebody means to buy, and has answered at the checkout so far."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from shop.cart.models import AsideLine, Cart
from shop.customers.personal import Person


def export_person(person: Person) -> dict[str, Any]:
    cart = Cart.objects.filter(owner=person.user).first() if person.user else None
    if cart is None:
        return {}
    return {
        "currency": cart.currency,
        "coupon": cart.coupon_code,
        "lines": list(cart.lines.values("variant__sku", "quantity", "added_at")),
        "saved_for_later": list(cart.aside.values("variant__sku", "quantity", "kind", "at")),
    }


def forget_person(person: Person, *, now: datetime) -> None:
    if person.user:
        Cart.objects.filter(owner=person.user).delete()


# --- how long carts are kept, see account.retention ----------------------------------------------


def delete_old_carts(*, before: datetime, limit: int) -> int:
    """Carts of no account in which nothing has happened since `before`, with all that is in them. Returns how many."""
    quiet = Cart.objects.filter(owner=None, updated_at__lt=before)
    lively = Q(lines__added_at__gte=before) | Q(aside__at__gte=before) | Q(draft__updated_at__gte=before)
    old = quiet.exclude(pk__in=quiet.filter(lively).values("pk")).order_by("pk").values_list("pk", flat=True)[:limit]
    return Cart.objects.filter(pk__in=list(old)).delete()[1].get("shop.Cart", 0)


def delete_taken_out(*, before: datetime, limit: int) -> int:
    """Lines that could be put back: the button is long gone."""
    return _delete_aside(AsideLine.objects.filter(kind__in=AsideLine.UNDONE, at__lt=before), limit)


def delete_saved_for_later(*, before: datetime, limit: int) -> int:
    return _delete_aside(AsideLine.objects.filter(kind=AsideLine.Kind.SAVED, at__lt=before), limit)


def _delete_aside(lines: QuerySet[AsideLine], limit: int) -> int:
    old = list(lines.order_by("at").values_list("pk", flat=True)[:limit])
    return AsideLine.objects.filter(pk__in=old).delete()[0]
