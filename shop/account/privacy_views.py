"""What we keep of somebody: shown, handed out, and let go of; with an account, or by a link in a letter without one."""

import uuid
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shop.access import access
from shop.account import erasure, exports, privacy
from shop.account.cookies import COOKIES
from shop.account.models import ErasureRequest
from shop.account.retention import RULES
from shop.account.views import _owner
from shop.customers import consents
from shop.customers.models import User
from shop.customers.personal import Person
from shop.customers.wording import WORDINGS, Kind
from shop.web import ShopRequest, no_referrer


@require_safe
@never_cache
@access("owner")
def overview(request: ShopRequest) -> HttpResponse:
    user = _owner(request)
    context = {
        "consents": _standing(user),
        "export": exports.standing(Person.of(user), now=request.commerce_now),
        "erasure": erasure.waiting(user=user),
        "days": settings.ERASURE_AFTER_DAYS,
    }
    return render(request, "account/privacy.html", context)


def _standing(user: User) -> list[dict]:
    """Every kind of letter, whether they get it, and since when. The question for a review comes unless they say no."""
    said = {one.kind: one for one in consents.standing(email=user.email)}
    rows = []
    for kind, wording in WORDINGS.items():
        row = said.get(kind)
        given = row.given if row else kind in consents.UNLESS_REFUSED
        rows.append({"kind": kind, "label": Kind(kind).label, "why": wording.why, "given": given, "said": row})
    return rows


@require_safe
@access("public")
def cookies(request: ShopRequest) -> HttpResponse:
    """What a browser keeps for us, and how long we keep what: both read from what the code goes by."""
    context = {"cookies": COOKIES, "rules": [rule for rule in RULES if rule.days > 0]}
    return render(request, "account/cookies.html", context)


@require_POST
@never_cache
@access("owner")
def change_consent(request: ShopRequest) -> HttpResponse:
    """POST `kind` and `given` (1 or 0). Whoever is signed in has proven the address."""
    user, kind = _owner(request), request.POST.get("kind", "")
    if kind in WORDINGS:
        said: dict[str, Any] = {"email": user.email, "kind": kind, "page": request.path, "now": request.commerce_now}
        if request.POST.get("given") == "1":
            consents.consent(**said, language=get_language() or settings.LANGUAGE_CODE)
            messages.success(request, _("Noted: we write to you about it."))
        else:
            consents.withdraw(**said)
            messages.success(request, _("Noted: we do not write to you about it any more."))
    return redirect("account:privacy")


@require_POST
@never_cache
@access("owner")
@reauthentication_required
def export(request: ShopRequest) -> HttpResponse | StreamingHttpResponse:
    """Everything, as a ZIP, or a letter when it is there. Asks for the password, a code or a passkey first, unless they
    have just given it.
    """
    user, now = _owner(request), request.commerce_now
    person = Person.of(user)
    if not privacy.is_large(person):
        return zip_file(exports.hand_out(person, now=now))
    exports.ask(person, email=user.email, language=get_language() or settings.LANGUAGE_CODE, now=now)
    return redirect("account:privacy")


@require_safe
@never_cache
@access("owner")
@reauthentication_required
def export_file(request: ShopRequest, key: uuid.UUID) -> StreamingHttpResponse | HttpResponse:
    """The link of the letter."""
    one = exports.ready(Person.of(_owner(request)), key=key, now=request.commerce_now)
    return zip_file(exports.pieces(one)) if one else render(request, "account/export_over.html", status=404)


def zip_file(content: Any) -> StreamingHttpResponse:
    """`content`: a file, or its pieces."""
    kind = FileResponse if hasattr(content, "read") else StreamingHttpResponse
    headers = {"Content-Disposition": 'attachment; filename="my-data.zip"'}
    return kind(content, content_type="application/zip", headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@access("owner")
@reauthentication_required
def erase(request: ShopRequest) -> HttpResponse:
    """GET shows what goes and what stays, POST asks for it. Both ask who it is first."""
    user, now = _owner(request), request.commerce_now
    if request.method == "POST":
        try:
            asked = erasure.ask(user=user, language=get_language() or settings.LANGUAGE_CODE, now=now)
        except erasure.NotForStaff:
            messages.error(request, _("Your account belongs to the staff of the shop. Its owner closes it."))
        else:
            day = date_format(localtime(asked.due_at), "j F Y")
            messages.success(
                request, _("We will forget you on %(day)s. A letter says how to take it back.") % {"day": day}
            )
        return redirect("account:privacy")
    context = {"open_matters": privacy.open_matters(Person.of(user), now=now), "days": settings.ERASURE_AFTER_DAYS}
    return render(request, "account/erase.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@no_referrer
@access("token")
def keep_me(request: ShopRequest, key: uuid.UUID) -> HttpResponse:
    """The link of the letter: a page with one button, which takes it back."""
    asked = ErasureRequest.objects.filter(key=key).first()
    kept = False
    if asked and request.method == "POST":
        try:
            asked, kept = erasure.take_back(key=key, now=request.commerce_now), True
        except erasure.TooLate:
            asked = None
    is_open = bool(asked and (asked.is_open or kept))
    context = {"asked": asked, "kept": kept, "is_open": is_open}
    return render(request, "account/keep_me.html", context, status=200 if is_open else 404)
