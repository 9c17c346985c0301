"""What we keep of somebody without an account: a link goes to the address, and behind it are the same two buttons."""

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import get_random_string
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from shop.access import access
from shop.account import erasure, exports, privacy
from shop.account.emails import PRIVACY_SALT
from shop.account.newsletter import WRONG, may_ask
from shop.account.privacy_views import zip_file
from shop.customers.models import User
from shop.customers.personal import Person
from shop.outbox import operations as outbox
from shop.web import ShopRequest, no_referrer


class AddressForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        help_text=_("The one that you ordered with."),
        error_messages={"required": _("Enter your e-mail address."), "invalid": WRONG, "max_length": WRONG},
        widget=forms.EmailInput(attrs={"class": "input", "autocomplete": "email"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@access("public")
def by_mail(request: ShopRequest) -> HttpResponse:
    """POST `email`. Answers alike whether we know the address or not."""
    form = AddressForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        context = {"form": form, "sent": "sent" in request.GET}
        return render(request, "account/privacy_by_mail.html", context, status=422 if form.is_bound else 200)
    if not may_ask(request, "privacy", settings.PRIVACY_LIMITS):
        return render(request, "429.html", status=429)
    email = form.cleaned_data["email"].lower()
    if may_ask(request, "privacy", settings.PRIVACY_LIMITS, email=email):
        _write(email, request)
    return redirect(f"{request.path}?sent")


def _write(email: str, request: ShopRequest) -> None:
    facts: dict[str, Any] = {
        "email": email,
        "language": get_language() or settings.LANGUAGE_CODE,
        "once": get_random_string(16),
    }
    with transaction.atomic():
        outbox.later("account.send_privacy_link", now=request.commerce_now, **facts)


@require_http_methods(["GET", "HEAD", "POST"])
@no_referrer
@access("token")
def guest(request: ShopRequest, token: str) -> HttpResponse | StreamingHttpResponse:
    """Whoever has the link reads the address. POST `export` or `erase`. With an account, signing in is the way."""
    try:
        email = signing.loads(token, salt=PRIVACY_SALT, max_age=settings.PRIVACY_LINK_MINUTES * 60)
    except signing.BadSignature:
        return render(request, "account/privacy_by_mail.html", {"form": AddressForm(), "is_over": True}, status=404)
    person, now = Person.guest(email), request.commerce_now
    context = {
        "email": email,
        "has_account": User.objects.filter(email=email).exists(),
        "open_matters": privacy.open_matters(person, now=now),
        "days": settings.ERASURE_AFTER_DAYS,
    }
    if request.method == "POST" and not context["has_account"]:
        language = get_language() or settings.LANGUAGE_CODE
        if "export" in request.POST and not privacy.is_large(person):
            return zip_file(exports.hand_out(person, now=now))
        if "export" in request.POST:
            exports.ask(person, email=email, language=language, now=now)
        if "erase" in request.POST:
            erasure.ask(email=email, language=language, now=now)
    context["export"] = exports.standing(person, now=now)
    context["erasure"] = erasure.waiting(email=email)
    return render(request, "account/guest_privacy.html", context)


@require_safe
@no_referrer
@access("token")
def export_file(request: ShopRequest, key: uuid.UUID) -> HttpResponse | StreamingHttpResponse:
    """The link of the letter; that of an account leads nowhere here."""
    person = exports.guest_of(key=key)
    one = exports.ready(person, key=key, now=request.commerce_now) if person else None
    return zip_file(exports.pieces(one)) if one else render(request, "account/export_over.html", status=404)
