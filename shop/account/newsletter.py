"""Signing up for the newsletter, from the foot of every page: anybody may ask, only the owner of the address can confirm.

Whoever asks is told the same whether the address is known, on the list, or asked too often.
"""

import re
from datetime import timedelta
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from shop.access import access
from shop.customers import consents
from shop.customers import operations as customers
from shop.customers.wording import WORDINGS, Kind
from shop.web import ShopRequest, client_address, same_origin_post

WRONG = _("Enter an e-mail address like name@example.com.")


class NewsletterForm(forms.Form):
    """`company` is a trap: people do not see it, programs fill it in."""

    email = forms.EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        error_messages={"required": _("Enter your e-mail address."), "invalid": WRONG, "max_length": WRONG},
        widget=forms.EmailInput(attrs={"class": "input", "autocomplete": "email"}),
    )
    company = forms.CharField(required=False, max_length=500, strip=False)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@access("public")
@same_origin_post
def sign_up(request: ShopRequest) -> HttpResponse:
    """POST `email`, `next`, the page that the form stood on, and its `place` there: it comes back with the same names."""
    form, place = NewsletterForm(request.POST or None), request.POST.get("place", "")
    context = {
        "form": form,
        "words": WORDINGS[Kind.NEWSLETTER].words,
        "next": request.POST.get("next", "")[:500],
        "field_id": place if re.fullmatch(r"[a-z0-9-]{1,60}", place) else "",
    }
    if request.method != "POST":
        return render(request, "account/newsletter.html", context)
    if not may_ask(request, "newsletter", settings.NEWSLETTER_LIMITS):
        return render(request, "429.html", status=429)
    if not form.is_valid():
        template = "account/_newsletter.html" if request.htmx else "account/newsletter.html"
        return render(request, template, context, status=422)
    if not form.cleaned_data["company"]:
        _ask(request, form.cleaned_data["email"])
    if request.htmx:
        return render(request, "account/_newsletter.html", {"asked": True})
    return redirect("account:newsletter_asked")


def _ask(request: ShopRequest, email: str) -> None:
    """Nobody's post box is filled by strangers: too often for one address, and nothing more is sent."""
    if may_ask(request, "newsletter", settings.NEWSLETTER_LIMITS, email=email):
        language = get_language() or settings.LANGUAGE_CODE
        page, now = _page(request), request.commerce_now
        consents.ask(email=email, kind=Kind.NEWSLETTER, page=page, language=language, now=now)


def _page(request: ShopRequest) -> str:
    """The path of the page that the form stood on, as far as what was sent is one."""
    try:
        return urlsplit(request.POST.get("next", "")).path or request.path
    except ValueError:
        return request.path


def may_ask(request: ShopRequest, what: str, limits: dict[str, tuple[int, int]], *, email: str = "") -> bool:
    """Counts once more that `what` was asked: from this network address, or for this `email`. False: too often."""
    kind, key = ("email", email) if email else ("address", client_address(request))
    limit, minutes = limits[kind]
    period = timedelta(minutes=minutes)
    try:
        customers.throttle(scope=f"{what}.{kind}", key=key, limit=limit, period=period, now=request.commerce_now)
    except customers.TooManyAttempts:
        return False
    return True


@require_safe
@never_cache
@access("public")
def asked(request: ShopRequest) -> HttpResponse:
    return render(request, "account/newsletter.html", {"asked": True})
