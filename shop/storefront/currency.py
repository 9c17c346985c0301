"""Who may keep a page, when prices stand on it."""

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers

from shop.catalogue.currency import COOKIE


def mark_shared(request: HttpRequest, response: HttpResponse) -> None:
    """Say who may keep this page: everybody, or, once a currency was chosen, only this browser."""
    patch_vary_headers(response, ["HX-Request"])
    if COOKIE in request.COOKIES:
        patch_vary_headers(response, ["Cookie"])
        patch_cache_control(response, private=True)
