"""Talking to Midtrans: its SDK, made safe to wait for."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import midtransclient
import requests
from django.conf import settings
from midtransclient.error_midtrans import MidtransAPIError

from shop.payments.providers.base import Rejected, Unknown

log = logging.getLogger("shop.payments")

logging.getLogger("urllib3").setLevel(logging.INFO)  # below that it writes addresses, and a page's token stands in one

CONNECT_AND_READ_SECONDS = (1, 5)


class Network:
    """What the SDK calls instead of `requests`: it has no timeout, follows redirects with our key, and asks proxies."""

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        options |= {"timeout": CONNECT_AND_READ_SECONDS, "allow_redirects": False}
        with requests.Session() as session:
            session.trust_env = False
            response = session.request(method, url, **options)
        if 300 <= response.status_code < 400:
            raise Unknown(f"redirect {response.status_code}")
        return response


def client(key: str = "") -> midtransclient.Snap:
    """A client of its own for each call, because the SDK's are mutable; `key` goes along as Idempotency-Key."""
    headers = {"Idempotency-Key": key} if key else {}
    snap = midtransclient.Snap(server_key=server_keys()[0], custom_headers=headers, proxies={})
    snap.api_config.SNAP_SANDBOX_BASE_URL = settings.MIDTRANS_SNAP_BASE
    snap.api_config.CORE_SANDBOX_BASE_URL = settings.MIDTRANS_API_BASE
    snap.http_client.http_client = Network()
    return snap


def server_keys() -> list[str]:
    """The key that is used, and older ones that may still have signed a notification."""
    return [key.strip() for key in settings.MIDTRANS_SERVER_KEY.split(",") if key.strip()]


@contextmanager
def certain_or_unknown() -> Iterator[None]:
    """Turn whatever the SDK raises into Rejected, when it is certain that nothing was done, or Unknown.

    The SDK's errors carry whole answers, so they are not chained.
    """
    try:
        yield
    except (Rejected, Unknown):
        raise
    except MidtransAPIError as error:
        raise _meaning(error) from None
    except Exception as error:  # noqa: BLE001 - an answer that is not what the SDK expects raises anything
        raise Unknown(type(error).__name__) from None


def _meaning(error: MidtransAPIError) -> Exception:
    status = _status(error)
    if status in (401, 402, 403):
        log.error("Midtrans does not accept how we ask: %s", status)
        return Unknown(f"midtrans {status}")
    if status in (408, 409, 429) or status >= 500:
        return Unknown(f"midtrans {status}")
    return Rejected("order_id_taken" if "sudah digunakan" in said(error) else f"midtrans_{status}")


def _status(error: MidtransAPIError) -> int:
    """The API's own code, which counts more than that of HTTP."""
    body = error.api_response_dict
    code = body.get("status_code") if isinstance(body, dict) else None
    return int(code) if isinstance(code, str) and code.isdecimal() else error.http_status_code


def said(error: MidtransAPIError) -> str:
    body = error.api_response_dict
    return str(body.get("error_messages") or body.get("status_message") or "") if isinstance(body, dict) else ""


def call(ref: str, what: str) -> dict[str, Any]:
    """status, expire or cancel of a transaction. Raises Rejected("midtrans_404") when no method has been chosen."""
    with certain_or_unknown():
        answer = getattr(client().transactions, what)(quote(ref, safe=""))
        if answer.get("order_id") != ref:
            raise Unknown("an answer about something else")
        return answer
