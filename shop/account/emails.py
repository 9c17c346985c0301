"""Letters about what we keep of somebody."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from shop.account.models import DataExport, ErasureRequest
from shop.outbox.kinds import Kind, Letter, Word

PRIVACY_SALT = "shop.privacy"


def erasure_asked(request: ErasureRequest) -> Letter:
    """What happens when, and the way to take it back."""
    with translation.override(request.language):
        path = reverse("account:keep_me", args=[request.key])
    return Letter(
        key=f"erasure_asked/{request.key}",
        kind="erasure_asked",
        to=request.email,
        language=request.language,
        context={"due_at": request.due_at, "action_url": settings.BASE_URL + path},
    )


def privacy_link(*, email: str, language: str, key: str) -> Letter:
    """The way for somebody without an account to what we keep of them; good for settings.PRIVACY_LINK_MINUTES."""
    with translation.override(language):
        path = reverse("account:guest_privacy", args=[signing.dumps(email, salt=PRIVACY_SALT)])
    return Letter(
        key=f"privacy_link/{key}",
        kind="privacy_link",
        to=email,
        language=language,
        context={"minutes": settings.PRIVACY_LINK_MINUTES, "action_url": settings.BASE_URL + path},
    )


def export_ready(one: DataExport) -> Letter:
    """The way to the file; of an account it asks for the password, of a guest the letter itself is the proof."""
    with translation.override(one.language):
        path = reverse("account:export_file" if one.user_id else "account:guest_export", args=[one.key])
    return Letter(
        key=f"export_ready/{one.key}",
        kind="export_ready",
        to=one.email,
        language=one.language,
        context={"until": one.ends_at, "signs_in": bool(one.user_id), "action_url": settings.BASE_URL + path},
    )


# --- for the mails desk --------------------------------------------------------------------------


def an_erasure() -> dict[str, Any]:
    """Made up, for previews."""
    return {"due_at": datetime(2026, 12, 6, tzinfo=UTC), "action_url": f"{settings.BASE_URL}/"}


def a_link() -> dict[str, Any]:
    """Made up, for previews."""
    return {"minutes": settings.PRIVACY_LINK_MINUTES, "action_url": f"{settings.BASE_URL}/"}


def an_export() -> dict[str, Any]:
    """Made up, for previews."""
    return {"until": datetime(2026, 12, 6, tzinfo=UTC), "signs_in": True, "action_url": f"{settings.BASE_URL}/"}


KINDS = (
    Kind(
        "erasure_asked",
        _("Will be forgotten"),
        _("When somebody asked to be forgotten: when it happens, and how to take it back."),
        an_erasure,
        {"day": Word(_("the day on which it happens"), lambda context: date_format(context["due_at"], "j F Y"))},
    ),
    Kind(
        "privacy_link",
        _("Link to what we keep"),
        _("When somebody without an account wants to see what we keep about their address."),
        a_link,
        {"minutes": Word(_("how many minutes the link is good"), lambda context: context["minutes"])},
    ),
    Kind(
        "export_ready",
        _("Their data is ready"),
        _(
            "When somebody asked for all that we keep of them and it was too much for one visit: when it can be fetched."
        ),
        an_export,
        {"day": Word(_("the day on which the link ends"), lambda context: date_format(context["until"], "j F Y"))},
    ),
)
