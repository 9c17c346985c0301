"""Which currency a request is answered in. The page in the default currency is the same for everybody."""

from time import monotonic

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from shop.catalogue.models import Currency

COOKIE = "currency"
COOKIE_AGE = 365 * 24 * 3600
KNOWN_SECONDS = 60
_known: dict[str, tuple[float, list[str]]] = {}  # under "codes": until when, and which


def currencies() -> list[str]:
    """Codes of the currencies that the shop sells in, in its order; a new one is offered within a minute."""
    until, codes = _known.get("codes", (0.0, []))
    if monotonic() >= until:
        codes = list(Currency.objects.values_list("code", flat=True))
        _known["codes"] = monotonic() + KNOWN_SECONDS, codes
    return codes


def forget() -> None:
    """Have the currencies read anew."""
    _known.clear()


def currency_of(request: HttpRequest) -> str:
    """The code that the shopper chose, if the shop sells in it, else the default."""
    chosen = request.COOKIES.get(COOKIE, "")
    if not chosen or chosen == settings.DEFAULT_CURRENCY or chosen not in currencies():
        return settings.DEFAULT_CURRENCY
    return chosen


def remember(response: HttpResponse, code: str) -> None:
    """Keep the choice in a cookie that no script needs to read."""
    response.set_cookie(
        COOKIE, code, max_age=COOKIE_AGE, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )
