"""How long an unpaid order keeps its goods."""

from datetime import datetime, timedelta

from django.conf import settings

from shop.inventory.models import Reservation
from shop.orders.models import Order


def hold_of(kind: str) -> timedelta:
    """How long goods are kept for a payment of this kind: card, redirect or transfer."""
    return timedelta(minutes=settings.RESERVATION_MINUTES[kind])


def keep_until(order: Order, until: datetime) -> None:
    """Keep a locked order and its goods at least until then; a later deadline stays."""
    if order.expires_at >= until:
        return
    order.expires_at = until
    order.save(update_fields=["expires_at"])
    held = Reservation.objects.filter(order_number=order.number, state=Reservation.State.HELD)
    held.update(expires_at=until)
