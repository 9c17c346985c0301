"""The cart at the login door."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from shop.cart import operations
from shop.cart.cookies import read_cart


def bring_cart(request: HttpRequest, user: Any, **_signal: Any) -> None:
    """Whoever signs in keeps what they had put into the cart before, and is told so when both carts held things."""
    token = read_cart(request)
    guest = operations.find_cart(owner=None, token=token) if token else None
    if guest is None:
        return
    mine = operations.find_cart(owner=user, token=None)
    both = guest.lines.exists() and mine is not None and mine.lines.exists()
    operations.join_at_login(guest=guest, owner=user)
    if both:
        messages.info(request, _("Your cart from before is back, together with what you have just added."))
