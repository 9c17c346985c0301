"""The API door: keys, faults, idempotency, and the table of calls."""

import base64
import json
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

from sandbox.faults import Fault
from sandbox.midtrans import settlement, snap, transactions
from sandbox.midtrans.controls import Controls
from sandbox.midtrans.errors import MidtransError, core_error, snap_error
from sandbox.midtrans.merchant import Merchant, Object
from sandbox.server import Hangup, Request, Response, is_loopback

Call = Callable[[Merchant, str, Object], Object]

SNAP = "/snap/v1/transactions"
PAGE_CALL = re.compile(rf"{SNAP}/([^/]+)/cancel")
CORE_CALL = re.compile(r"/v2/([^/]+)/([a-z/]+)")
CORE: dict[tuple[str, str], Call] = {
    ("GET", "status"): transactions.status,
    ("POST", "cancel"): transactions.cancel,
    ("POST", "expire"): transactions.expire,
    ("POST", "approve"): transactions.approve,
    ("POST", "deny"): transactions.deny,
    ("POST", "refund"): transactions.refund,
    ("POST", "refund/online/direct"): transactions.refund,
}
LONGEST_KEY = 36  # of an Idempotency-Key; what Midtrans allows is not known, so we ask for little


class Api:
    """Answers `/snap/v1/...` and `/v2/...`."""

    def __init__(self, merchant: Merchant, controls: Controls) -> None:
        self.merchant = merchant
        self.controls = controls

    def handle(self, request: Request) -> Response:
        call = f"{request.method} {request.path}"
        fault = self.controls.take_fault(call)
        with self.merchant.lock:
            self.merchant.requests.append(call)
        if fault and fault.kind == "refuse":
            raise Hangup
        status, body = self._answer(request, fault)
        if fault and fault.kind == "lose_response":
            raise Hangup
        if fault and fault.kind == "garbage":
            return Response(200, b"<!doctype html><title>Bad gateway</title>", "text/html")
        return Response.json(status, body, fault.headers if fault else {})

    def _answer(self, request: Request, fault: Fault | None) -> tuple[int, Any]:
        if fault and fault.kind == "status":
            return fault.status, {"status_code": str(fault.status), "status_message": "A failure was planned."}
        if fault and fault.kind == "delay":
            time.sleep(fault.seconds)
        try:
            with self.merchant.lock:
                return self._execute(request)
        except MidtransError as error:
            return error.http_status, error.body

    def _execute(self, request: Request) -> tuple[int, Any]:
        self._authenticate(request)
        key = request.headers.get("Idempotency-Key", "") if request.method == "POST" else ""
        if len(key) > LONGEST_KEY:
            raise core_error(400, "The Idempotency-Key is too long.", http_status=400)
        if key and (reply := self.merchant.reply_to(key)):
            return reply["status"], reply["body"]
        settlement.pass_time(self.merchant)
        status, body = self._dispatch(request)
        if key:  # refusals are not kept
            self.merchant.keep_reply(key, status, body)
        self.merchant.commit()
        return status, body

    def _authenticate(self, request: Request) -> None:
        expected = "Basic " + base64.b64encode(f"{self.merchant.server_key}:".encode()).decode()
        if request.headers.get("Authorization") == expected:
            return
        words = "Access denied due to unauthorized transaction, please check client or server key"
        if request.path.startswith("/snap/"):
            raise snap_error(words, status=401)
        raise core_error(401, words)

    def _dispatch(self, request: Request) -> tuple[int, Any]:
        if (request.method, request.path) == ("POST", SNAP):
            page = snap.create(self.merchant, _json(request), self._addresses(request))
            return 201, {
                "token": page["id"],
                "redirect_url": f"{self.merchant.base_url}/snap/v4/redirection/{page['id']}",
            }
        if request.method == "POST" and (found := PAGE_CALL.fullmatch(request.path)):
            return 200, snap.cancel(self.merchant, found[1])
        found = CORE_CALL.fullmatch(request.path)
        call = CORE.get((request.method, found[2])) if found else None
        if not found or not call:
            raise core_error(404, "The requested resource is not found", http_status=404)
        return 200, call(self.merchant, unquote(found[1]), _json(request) if request.method == "POST" else {})

    def _addresses(self, request: Request) -> list[str]:
        """Where notifications of a page go: the account's address, or the request's own, and those it adds."""
        own = request.headers.get("X-Override-Notification") or self.merchant.notification_url
        named = f"{own},{request.headers.get('X-Append-Notification', '')}".split(",")
        urls = [url.strip() for url in named if url.strip()]
        if any(not is_loopback(urlsplit(url).hostname or "") for url in urls):
            raise snap_error("The sandbox notifies this machine only.")
        return urls


def _json(request: Request) -> Any:
    try:
        asked = json.loads(request.body or b"{}")
    except ValueError:
        raise core_error(400, "The request is malformed.", http_status=400) from None
    if not isinstance(asked, dict):
        raise core_error(400, "The request is malformed.", http_status=400)
    return asked
