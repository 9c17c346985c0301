"""The checkout at the login door."""

from typing import Any

from django.http import HttpRequest

from shop.cart import operations as carts
from shop.cart.cookies import read_cart
from shop.checkout.operations import bring_answers


def keep_answers(request: HttpRequest, user: Any, **_signal: Any) -> None:
    """Whoever signs in half-way keeps what they have typed: it goes along before their cart does."""
    token = read_cart(request)
    guest = carts.find_cart(owner=None, token=token) if token else None
    if guest is not None:
        bring_answers(guest=guest, owner=user)
