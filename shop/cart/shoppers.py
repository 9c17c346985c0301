"""Who asks: whose cart a request means, what is known of its owner, and where they want it sent."""

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from shop.cart import operations
from shop.cart.cookies import COUNTRY, keep_country, read_cart
from shop.cart.listing import CartView, look
from shop.cart.models import Cart
from shop.catalogue.currency import currency_of
from shop.delivery.pricing import countries
from shop.promotions.listing import Customer
from shop.web import ShopRequest

DELIVERABLE, DELIVERABLE_SECONDS = "shop.countries", 60


def cart_of(request: ShopRequest) -> Cart | None:
    """The cart of whoever asks, if there is one."""
    owner = request.user if request.user.is_authenticated else None
    return operations.find_cart(owner=owner, token=read_cart(request))


def language_of() -> str:
    return get_language() or settings.LANGUAGE_CODE


def shopper_of(request: ShopRequest) -> operations.Shopper:
    """Whose cart is changed, and how it is shown to them."""
    return operations.Shopper(
        owner=request.user if request.user.is_authenticated else None,
        token=read_cart(request),
        currency=currency_of(request),
        language=language_of(),
        customer=customer_of(request),
    )


def customer_of(request: ShopRequest, email: str = "") -> Customer:
    """Whoever asks, as far as is known: by account, and by the address they gave, else that of the account."""
    if not request.user.is_authenticated:
        return Customer(email=email)
    return Customer(request.user.pk, email or request.user.email)


def view_of(request: ShopRequest, cart: Cart | None) -> CartView:
    return look(
        cart,
        now=request.commerce_now,
        language=language_of(),
        currency=currency_of(request) if cart is None else "",
        country=country_of(request),
        customer=customer_of(request),
    )


def deliverable() -> list[str]:
    """Codes of the countries that we deliver to; a new one is offered within a minute."""
    known = cache.get_or_set(DELIVERABLE, countries, DELIVERABLE_SECONDS)
    return known or []


def country_of(request: HttpRequest) -> str:
    """Where the shopper said, on this visit, that it shall go: `?country=` now, else what was kept. Empty: not said, or
    no place that we deliver to."""
    said = request.GET.get("country") or request.COOKIES.get(COUNTRY, "")
    return said if said and said in deliverable() else ""


def remember_country(request: HttpRequest, response: HttpResponse) -> None:
    """Keep the country of `?country=` for the visit."""
    if request.GET.get("country") and (code := country_of(request)):
        keep_country(response, code)
