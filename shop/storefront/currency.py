"""Which currency a request is answered in. The page in the default currency is the same for everybody."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers

from shop.catalogue.models import Currency

COOKIE = "currency"
COOKIE_AGE = 365 * 24 * 3600


def currency_of(request: HttpRequest) -> str:
    """The code that the shopper chose, if the shop sells in it, else the default. No query without a choice."""
    if not hasattr(request, "_currency"):
        chosen = request.COOKIES.get(COOKIE, "")
        known = chosen == settings.DEFAULT_CURRENCY or (
            len(chosen) == 3 and chosen.isascii() and chosen.isalpha() and Currency.objects.filter(code=chosen).exists()
        )
        request._currency = chosen if known else settings.DEFAULT_CURRENCY  # type: ignore[attr-defined]
    return request._currency  # type: ignore[attr-defined]


def remember(response: HttpResponse, code: str) -> None:
    """Keep the choice in a cookie that no script needs to read."""
    response.set_cookie(
        COOKIE, code, max_age=COOKIE_AGE, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )


def mark_shared(request: HttpRequest, response: HttpResponse) -> None:
    """Say who may keep this page: everybody, or, once a currency was chosen, only this browser."""
    patch_vary_headers(response, ["HX-Request"])
    if COOKIE in request.COOKIES:
        patch_vary_headers(response, ["Cookie"])
        patch_cache_control(response, private=True)
