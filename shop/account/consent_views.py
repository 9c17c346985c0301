"""Links of letters: the one that confirms what was asked for, and the one that gets out of it by one press."""

import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from shop.access import access
from shop.customers import consents
from shop.customers.wording import WORDINGS, Kind
from shop.web import ShopRequest, no_referrer

LINK = "letter"  # what a consent says of where it was given or withdrawn, when that was no page of the shop


@require_http_methods(["GET", "HEAD", "POST"])
@no_referrer
@access("token")
def confirm(request: ShopRequest, key: uuid.UUID) -> HttpResponse:
    """A page with one button, since programs that look at letters for viruses follow their links as well."""
    now = request.commerce_now
    try:
        asked = consents.confirm(key=key, now=now) if request.method == "POST" else consents.waiting(key=key, now=now)
    except consents.NotAsked:
        return render(request, "account/consent_over.html", status=404)
    context = {
        "what": asked.get_kind_display(),
        "why": WORDINGS[asked.kind].why,
        "words": asked.words,
        "done": request.method == "POST",
    }
    return render(request, "account/confirm_consent.html", context)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@no_referrer
@access("token")
def unsubscribe(request: ShopRequest, token: str) -> HttpResponse:
    """GET shows the button, POST is its press: by a person, or by a mail program (RFC 8058), which has no token of ours.

    POST `again` takes it back.
    """
    try:
        email, kind = consents.read_token(token)
    except consents.BadLink:
        raise Http404 from None
    said: dict[str, Any] = {"email": email, "kind": kind, "page": LINK, "now": request.commerce_now}
    done = ""
    if request.method == "POST" and "again" in request.POST:
        consents.consent(**said, language=get_language() or "en")
        done = "in"
    elif request.method == "POST":
        consents.withdraw(**said)
        done = "out"
    context = {"what": Kind(kind).label, "why": WORDINGS[kind].why, "whom": _hinted(email), "done": done}
    return render(request, "account/unsubscribe.html", context)


def address_changed(request: ShopRequest, from_email_address: Any, to_email_address: Any, **_signal: Any) -> None:
    """allauth tells it once the new address is proven."""
    if from_email_address:
        old, new = from_email_address.email, to_email_address.email
        consents.follow_address(old=old, new=new, now=request.commerce_now)


def _hinted(email: str) -> str:
    """Enough for its owner: a letter may have been passed on."""
    name, _at, domain = email.partition("@")
    return f"{name[:1]}…@{domain}"
