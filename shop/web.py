"""What every door of the shop shares: the request's one clock, the check that a form was sent from our own pages, who
asks, and pages whose address is a secret.
"""

import ipaddress
import uuid
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from time import time

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django_htmx.middleware import HtmxDetails

DAY = 24 * 60 * 60  # seconds


class ShopRequest(HttpRequest):
    """A request as our views get it, for type checkers: with what the middleware adds."""

    commerce_now: datetime
    htmx: HtmxDetails


class CommerceClock:
    """Reads the clock once: `request.commerce_now` is the instant of every price, total and deadline of this request."""

    def __init__(self, get_response: Callable) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.commerce_now = timezone.now()  # type: ignore[attr-defined]
        return self.get_response(request)


def same_origin(request: HttpRequest) -> bool:
    """Whether the browser says that one of our own pages sent this.

    Every current browser sends Sec-Fetch-Site; older ones send Origin. Neither: not a browser, so no cookies to abuse.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is None or origin.partition("://")[2] == request.get_host()


def same_origin_post(view: Callable) -> Callable:
    """For forms on pages that are cached for everybody and so carry no token: cart and currency.

    SameSite=Lax keeps our cookies away from other sites' posts; this refuses what still comes from elsewhere (403).
    """

    @csrf_exempt
    @wraps(view)
    def checked(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if request.method not in ("GET", "HEAD") and not same_origin(request):
            return HttpResponse("This form was not sent from our pages.", status=403, content_type="text/plain")
        return view(request, *args, **kwargs)

    return checked


def no_referrer(view: Callable) -> Callable:
    """For pages behind an unguessable link: never stored, never indexed, and their address never in a Referer.

    The policy is `strict-origin`, not `no-referrer`: under that one browsers send `Origin: null` with a form, and
    CsrfViewMiddleware would refuse every form of the page.
    """

    @never_cache
    @wraps(view)
    def discreet(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response.headers["Referrer-Policy"] = "strict-origin"
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    return discreet


def client_address(request: HttpRequest) -> str:
    """The network address that asks, as far as our own proxies vouch for it; an IPv6 one as its /64 network.

    With settings.TRUSTED_PROXIES = n the n-th last of X-Forwarded-For counts: what stands before is the sender's word.
    """
    address = request.META.get("REMOTE_ADDR", "")
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    if settings.TRUSTED_PROXIES and len(hops) >= settings.TRUSTED_PROXIES:
        address = hops[-settings.TRUSTED_PROXIES]
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ip if ip.version == 4 else ipaddress.ip_network((ip, 64), strict=False).network_address)


# --- what a guest's browser keeps ----------------------------------------------------------------


def read_token(request: HttpRequest, cookie: str, *, salt: str) -> uuid.UUID | None:
    """The token in a signed cookie of ours; none when it is forged, foreign or older than a cart's."""
    try:
        return uuid.UUID(request.get_signed_cookie(cookie, salt=salt, max_age=settings.CART_COOKIE_DAYS * DAY))
    except (KeyError, signing.BadSignature, ValueError):
        return None


def keep_token(
    request: HttpRequest, response: HttpResponse, cookie: str, token: uuid.UUID | None, *, salt: str
) -> None:
    """Give the browser its token for as long again, unless it got it today; take it away where there is none, as for what
    an account owns.
    """
    if token is None:
        response.delete_cookie(cookie)
        return
    if _given_today(request.COOKIES.get(cookie, ""), token):
        return
    response.set_signed_cookie(
        cookie,
        str(token),
        salt=salt,
        max_age=settings.CART_COOKIE_DAYS * DAY,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _given_today(signed: str, token: uuid.UUID) -> bool:
    """Whether this cookie, which `read_token` could read, holds the token, signed less than a day ago."""
    value, _, rest = signed.partition(":")
    return value == str(token) and time() - signing.b62_decode(rest.partition(":")[0]) < DAY
