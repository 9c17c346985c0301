"""The cart at the login door."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from shop.cart import operations
from shop.cart.cookies import read_cart
from shop.cart.joining import Joined, join_at_login
from shop.cart.listing import contents
from shop.cart.reads import IN_CART
from shop.cart.shoppers import language_of
from shop.catalogue import currency


def bring_cart(request: HttpRequest, user: Any, **_signal: Any) -> None:
    """Whoever signs in keeps what they had put into the cart before, and is told what became of the two.

    Without a cart in this browser theirs takes on the currency that was chosen here.
    """
    token = read_cart(request)
    guest = operations.find_cart(owner=None, token=token) if token else None
    if guest is None:
        _follow_choice(request, user)
        return
    joined = join_at_login(guest=guest, owner=user)
    if joined.both:
        messages.info(request, " ".join(_said(request, joined)))


def _follow_choice(request: HttpRequest, user: Any) -> None:
    chosen = request.COOKIES.get(currency.COOKIE)
    mine = operations.find_cart(owner=user, token=None) if chosen else None
    if mine and chosen in currency.currencies() and chosen != mine.currency:
        operations.switch_currency(cart=mine, currency=chosen)


def _said(request: HttpRequest, joined: Joined) -> list[str]:
    said = [_("Your cart from before is back, together with what you have just added.")]
    if joined.capped:
        now = request.commerce_now  # type: ignore[attr-defined]
        rows = contents(joined.cart, now=now, language=language_of()).of(IN_CART)
        said += [
            _("Of %(title)s there are %(n)d in it now: more cannot be had.") % {"title": row.title, "n": row.quantity}
            for row in rows
            if row.variant.pk in joined.capped
        ]
    if joined.code_dropped:
        said.append(_("The code %(code)s gave way to the one you have just entered.") % {"code": joined.code_dropped})
    if joined.currency_dropped:
        said.append(
            _("Its prices are in %(new)s now, no longer in %(old)s.")
            % {"new": joined.cart.currency, "old": joined.currency_dropped}
        )
    return said
