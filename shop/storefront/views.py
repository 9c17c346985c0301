"""Doors of the storefront that are not pages."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from shop.access import access
from shop.cart import operations as carts
from shop.cart.views import cart_of
from shop.catalogue import currency
from shop.web import ShopRequest, same_origin_post


@access("public")
@same_origin_post
@require_POST
def choose_currency(request: ShopRequest) -> HttpResponse:
    """POST `currency` and `next`: remembers the choice, also for the cart, and goes back. An unknown one changes nothing."""
    code = request.POST.get("currency", "")
    response = HttpResponseRedirect(_back(request))
    if code in currency.currencies():
        currency.remember(response, code)
        if cart := cart_of(request):
            carts.switch_currency(cart=cart, currency=code)
    return response


def _back(request: HttpRequest) -> str:
    """`next`, else the page it came from, as long as it is ours."""
    for address in (request.POST.get("next", ""), request.headers.get("Referer", "")):
        if address and url_has_allowed_host_and_scheme(
            address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        ):
            return address
    return "/"
