"""What a browser keeps of its checkout until it is closed: which order it has placed last, and which way to pay it chose.

Not in the session: a guest has none, and making one would take as long as a fifth of the order.
"""

from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from shop.orders.models import Order

ORDER, PAID_WITH = "order", "paid_with"


def read_order(request: HttpRequest) -> str:
    """The number of the order that this browser has placed last; empty for a forged or an old one, and after signing in
    or out. Browsers that open again where they were closed keep it for ever, so it ends as a session does.
    """
    try:
        longest = settings.SESSION_COOKIE_AGE
        return request.get_signed_cookie(ORDER, default="", salt=_salt(request), max_age=longest) or ""
    except signing.BadSignature:
        return ""


def keep_order(request: HttpRequest, response: HttpResponse, order: Order) -> None:
    response.set_signed_cookie(ORDER, order.number, salt=_salt(request), **_until_closed())


def read_provider(request: HttpRequest) -> str:
    return request.COOKIES.get(PAID_WITH, "")


def keep_provider(response: HttpResponse, provider: str) -> None:
    response.set_cookie(PAID_WITH, provider, **_until_closed())


def _salt(request: HttpRequest) -> str:
    """Of whoever asks: what one person leaves in a browser is nothing to the next."""
    return f"shop.checkout.order.{request.user.pk or ''}"


def _until_closed() -> dict[str, Any]:
    return {"httponly": True, "samesite": "Lax", "secure": settings.SESSION_COOKIE_SECURE}
