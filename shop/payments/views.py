import logging

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from shop.access import access
from shop.payments import inbox

log = logging.getLogger("shop.payments")

MAX_BODY = 256 * 1024


@access("provider")
@csrf_exempt
@require_POST
@transaction.non_atomic_requests
def webhook(request: HttpRequest, provider: str) -> HttpResponse:
    """200 only when the message is stored; 400 when it is not the provider's; 503, to be sent again, for the rest."""
    if _too_long(request):
        return _say(413, "too long")
    try:
        now = request.commerce_now  # type: ignore[attr-defined]
        inbox.receive_webhook(provider, request.headers, request.body, now)
    except inbox.BadWebhook as error:
        log.warning("refused a webhook for %s: %s", provider, error)
        return _say(400, "not verified")
    except Exception as error:  # noqa: BLE001 - whatever it was, the provider must send it again
        reason = str(error).partition("\n")[0]  # PostgreSQL's further lines quote the row
        log.error("could not store a webhook of %s: %s %s", provider, type(error).__name__, reason)
        return _say(503, "try again")
    return _say(200, "stored")


def _too_long(request: HttpRequest) -> bool:
    length = request.headers.get("Content-Length", "")
    return length.isdecimal() and int(length) > MAX_BODY


def _say(status: int, words: str) -> HttpResponse:
    return HttpResponse(words, status=status, content_type="text/plain", headers={"Cache-Control": "no-store"})
