"""What every door of the shop shares: the request's one clock, and the check that a form was sent from our own pages."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt


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
    return origin is None or urlsplit(origin).netloc == request.get_host()


def same_origin_post(view: Callable) -> Callable:
    """For forms on pages that are cached for everybody and so carry no token: cart and currency.

    SameSite=Lax keeps our cookies away from other sites' posts; this refuses what still comes from elsewhere (403).
    """

    @csrf_exempt
    @wraps(view)
    def checked(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if request.method not in ("GET", "HEAD") and not same_origin(request):
            return HttpResponse(
                "This form was not sent from our pages.", status=403, content_type="text/plain"
            )
        return view(request, *args, **kwargs)

    return checked
