"""What stands between a stranger and our views. The order in settings.MIDDLEWARE matters, outermost first:

RequestId, config.health.Health, RequestGuard, Turnstile, then Django's own, with Policies inside ContentSecurityPolicy and
AccessRequired after authentication.
"""

import logging
import re
import time
import uuid
from collections.abc import Callable
from contextlib import nullcontext
from threading import BoundedSemaphore
from typing import Any

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.http.request import UnreadablePostError
from django.shortcuts import render
from django.urls import ResolverMatch
from django.utils.cache import add_never_cache_headers
from django.utils.functional import cached_property
from django.utils.http import parse_header_parameters
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.contrib.redirects.middleware import RedirectMiddleware

from config.logging import request_id
from shop.account import second_factor
from shop.desk import OperationView

log = logging.getLogger("config.requests")

GetResponse = Callable[[HttpRequest], HttpResponse]
ADMIN, ACCOUNT = "/admin/", "/account/"


class RequestId:
    """Gives each request an id: in our logs, in the X-Request-ID of the answer, from the proxy's when that is sane.

    Writes the one line per request of our own access log, which names no query and no secret part of an address.
    """

    SANE = re.compile(r"[A-Za-z0-9_-]{8,64}")
    SECRETS = {"token", "key", "uidb36"}
    UNREMARKABLE = ("/livez", "/readyz", "/static/")

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        given = request.headers.get("X-Request-ID", "")
        request.id = given if self.SANE.fullmatch(given) else uuid.uuid4().hex  # type: ignore[attr-defined]
        previous = request_id.set(request.id)  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
            response.headers["X-Request-ID"] = request.id  # type: ignore[attr-defined]
            self._write(request, response.status_code, started)
        finally:
            request_id.reset(previous)
        return response

    def _write(self, request: HttpRequest, status: int, started: float) -> None:
        if request.path_info.startswith(self.UNREMARKABLE):
            return
        milliseconds = round((time.perf_counter() - started) * 1000)
        path = self._address(request)
        facts = {"method": request.method, "path": path, "status": status, "milliseconds": milliseconds}
        log.info("%s %s %s in %s ms", request.method, path, status, milliseconds, extra=facts)

    def _address(self, request: HttpRequest) -> str:
        """The path; or the pattern that it matched, when it holds a secret."""
        match = request.resolver_match
        secret = match is not None and self.SECRETS & match.kwargs.keys()
        return f"/{match.route}" if match and secret else request.path_info[:200]


class RequestGuard:
    """Refuses, before anything is looked up, what no browser of ours sends and PostgreSQL or Python choke on.

    NUL in an address or a field 400, an address without end 414, a body too large 413. (See utf8_only as well.)
    """

    PATH = 2_000  # characters
    QUERY, ADMIN_QUERY = 4_000, 16_000
    BODY, ADMIN_BODY = 1_000_000, 30_000_000  # bytes; editors upload pictures and documents

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._refusal(request) or self.get_response(request)

    def _refusal(self, request: HttpRequest) -> HttpResponse | None:
        admin = request.path_info.startswith(ADMIN)
        query = request.META.get("QUERY_STRING", "")
        if len(request.path_info) > self.PATH or len(query) > (self.ADMIN_QUERY if admin else self.QUERY):
            return refuse(414, "This address is too long.")
        if "\0" in request.path_info or "\0" in query or "%00" in query:
            return refuse(400, "We cannot read this request.")
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not (length.isascii() and length.isdigit()):
            return refuse(400, "We cannot read this request.")
        if int(length[:20]) > (self.ADMIN_BODY if admin else self.BODY):
            return refuse(413, "This is more than we can take.")
        return None

    def process_view(self, request: HttpRequest, view: Callable, args: Any, kwargs: Any) -> HttpResponse | None:
        """Look into the fields of a form; CsrfViewMiddleware would parse them next anyway."""
        if request.method != "POST":
            return None
        try:
            texts = [text for name, values in request.POST.lists() for text in (name, *values)]
        except UnreadablePostError:  # the sender went away
            return refuse(400, "We cannot read this request.")
        return refuse(400, "We cannot read this request.") if any("\0" in text for text in texts) else None


class Turnstile:
    """Lets in as many requests at a time as this process has connections to the database; the others wait, in threads that
    cost next to nothing. Some of the places are not for those who pay: in a sale they queue at the till, and whoever looks
    around walks past.

    Whoever waits has not begun: prices and clocks are read inside.
    """

    TILL, FREE = "/checkout/", 2

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self._places = BoundedSemaphore(settings.DATABASE_POOL)
        self._tills = BoundedSemaphore(max(1, settings.DATABASE_POOL - self.FREE))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        pays = request.method == "POST" and request.path_info.startswith(self.TILL)
        with self._tills if pays else nullcontext(), self._places:
            response = self.get_response(request)
            if not response.streaming and not connection.in_atomic_block:
                close_old_connections()  # given back now, not when a slow browser has taken all of the answer
            return response


def utf8_only(application: Callable) -> Callable:
    """Around the WSGI application: refuses bodies announced in another charset than UTF-8 (400).

    Django looks the charset up while it makes the request object, before any middleware, and one such as `base64`
    makes that fail.
    """

    def guarded(environ: dict[str, Any], start_response: Callable) -> Any:
        _, parameters = parse_header_parameters(environ.get("CONTENT_TYPE", ""))
        if parameters.get("charset", "utf-8").lower() in ("utf-8", "utf8", "us-ascii"):
            return application(environ, start_response)
        start_response("400 Bad Request", [("Content-Type", "text/plain; charset=utf-8")])
        return [b"We cannot read this request."]

    return guarded


def refuse(status: int, sentence: str) -> HttpResponse:
    """A refusal that costs nothing: no template, no session, no database."""
    return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")


class AccessRequired:
    """Refuses every view that does not say who may call it. Loudly (500): it is our mistake, not the caller's."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable, args: Any, kwargs: Any) -> None:
        if complaint := undeclared(view, request.resolver_match):
            raise ImproperlyConfigured(complaint)


# Views of other packages that guard themselves: Wagtail's admin by its permissions, its pages by their privacy,
# allauth's by the session; files of the desk are served with DEBUG only.
SELF_GUARDED = (
    "wagtail.",
    "wagtail_modeladmin.",
    "allauth.",
    "django.views.i18n",
    "django.views.static",
    "django.contrib.staticfiles.",
)
# Wagtail made this one of a view of Django's and put its own guard around it.
VOUCHED_FOR = {"admin/test404/"}


def undeclared(view: Callable, match: ResolverMatch | None) -> str:
    """What is wrong with a view that does not declare its access, and how to put it right; empty when it does.

    Below /admin/ a view may name its permission as `shop.desk.OperationView` or Wagtail's generic views do instead.
    """
    route = match.route if match else ""
    if getattr(view, "access", None) is not None or view.__module__.startswith(SELF_GUARDED):
        return ""
    if route.startswith(ADMIN.lstrip("/")) and (_asks_permission(view) or route in VOUCHED_FOR):
        return ""
    name = getattr(getattr(view, "view_class", view), "__qualname__", type(view).__name__)
    return (
        f"{view.__module__}.{name} does not say who may call it. Put @access(...) of shop.access on it: "
        '@access("public"), ("owner"), ("token"), ("provider") or ("staff", "app.permission"); for a class, '
        'path("...", access("public")(View.as_view())). In the admin, a shop.desk.OperationView may name its '
        "`permission`, and Wagtail's generic views `permission_required` or `any_permission_required` together "
        "with a model or permission policy, instead."
    )


def _asks_permission(view: Callable) -> bool:
    view_class = getattr(view, "view_class", object)
    if issubclass(view_class, OperationView):
        return bool(getattr(view_class, "permission", ""))
    if not issubclass(view_class, PermissionCheckedMixin):
        return False
    names = ("permission_required", "any_permission_required", "model", "permission_policy")
    said = {name: getattr(view_class, name, None) for name in names}
    if said["permission_policy"] is PermissionCheckedMixin.permission_policy:
        said["permission_policy"] = None  # the mixin's own: whatever policy the model has
    said |= getattr(view, "view_initkwargs", {})
    action = said["permission_required"] or said["any_permission_required"]
    return bool(action and (said["model"] or said["permission_policy"]))


class Redirects(RedirectMiddleware):
    """Wagtail's redirects from old addresses, with the query kept (`?variant=`).

    Without a database there are none, and what is not there is still not there.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        try:
            answer = super().process_response(request, response)
        except DatabaseError:
            log.exception("No redirects: the database is away")
            return response
        query = request.META.get("QUERY_STRING", "")
        if answer is not response and query and "?" not in answer["Location"]:
            answer["Location"] += f"?{query}"
        return answer


class ContentSecurityPolicy(CSPMiddleware):
    """django-csp's, with the policy of ordinary answers put together once instead of twice an answer."""

    OWN_WORDS = tuple(
        f"_csp_{name}{kind}" for name in ("config", "update", "replace", "exempt") for kind in ("", "_ro")
    )

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_ordinary = response.status_code < 400 and not hasattr(request, "_csp_nonce")
        if not is_ordinary or any(hasattr(response, name) for name in self.OWN_WORDS):
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, self._ordinary)
        return response

    @cached_property
    def _ordinary(self) -> str:
        return build_policy()


class Policies:
    """What browsers may do with our answers, beyond what Django's SecurityMiddleware says; and who enters the admin.

    Wagtail's page explorer and editor still run inline scripts and show previews in frames: only addresses below
    /admin/ allow those.
    """

    PERMISSIONS = (
        "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), usb=()"
    )

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", self.PERMISSIONS)
        if request.path_info.startswith(ACCOUNT):  # codes, keys and who somebody is: nothing for Back or for a proxy
            add_never_cache_headers(response)
        if request.path_info.startswith(ADMIN):
            response.headers["X-Frame-Options"] = "SAMEORIGIN"
            response._csp_replace = settings.ADMIN_CONTENT_SECURITY_POLICY  # type: ignore[attr-defined]
        return response

    def process_view(self, request: HttpRequest, view: Callable, args: Any, kwargs: Any) -> HttpResponse | None:
        """Tell a signed-in person without admin rights so; Wagtail's redirect to the login would send them in circles.

        Staff who owe a second factor are led to it first.
        """
        user = request.user
        if not request.path_info.startswith(ADMIN) or not user.is_authenticated:
            return None
        if request.path_info == f"{ADMIN}logout/":
            return None
        if user.has_perm("wagtailadmin.access_admin"):
            return second_factor.owed(request)
        return render(request, "account/not_staff.html", status=403)
