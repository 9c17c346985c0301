"""Doors of the storefront that are not pages."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from shop.access import access
from shop.catalogue.models import Currency
from shop.storefront import currency
from shop.web import same_origin_post


@access("public")
@same_origin_post
@require_POST
def choose_currency(request: HttpRequest) -> HttpResponse:
    """POST `currency` and `next`: remembers the choice and goes back. An unknown currency changes nothing."""
    code = request.POST.get("currency", "")
    response = HttpResponseRedirect(_back(request))
    if Currency.objects.filter(code=code).exists():
        currency.remember(response, code)
    return response


def _back(request: HttpRequest) -> str:
    """`next`, else the page it came from, as long as it is ours."""
    for address in (request.POST.get("next", ""), request.headers.get("Referer", "")):
        if address and url_has_allowed_host_and_scheme(
            address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        ):
            return address
    return "/"
