"""The wishlist at the login door."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shop.wishlist import operations as wishlists
from shop.wishlist.cookies import read_wishlist


def bring_wishlist(request: HttpRequest, user: Any, **_signal: Any) -> None:
    """Whoever signs in keeps what they had saved before, and is told what became of the two lists."""
    token = read_wishlist(request)
    guest = wishlists.find_wishlist(owner=None, token=token)
    if guest is None:
        return
    now = request.commerce_now  # type: ignore[attr-defined]
    joined = wishlists.join_at_login(guest=guest, owner=user, now=now)
    said = [_("What you saved before you signed in is on your wishlist.")] if joined.both else []
    if n := joined.dropped:
        said.append(ngettext("%(n)d thing did not fit any more.", "%(n)d things did not fit any more.", n) % {"n": n})
    if said:
        messages.info(request, " ".join(said))
