"""The API door: keys, versions, faults, idempotency, and the table of calls."""

import base64
import binascii
import hashlib
import re
import time
from collections.abc import Callable
from email.message import Message
from typing import Any
from urllib.parse import unquote

from sandbox.faults import Fault
from sandbox.server import Hangup, Request, Response
from sandbox.stripe import charges, customers, endpoints, events, intents, payment_methods, refunds
from sandbox.stripe.account import Account, Object, api_version, new_id
from sandbox.stripe.controls import Controls
from sandbox.stripe.errors import StripeError, invalid, unauthorized
from sandbox.stripe.params import Params, check, parse_form

Call = Callable[..., Object]

# Method, path below /v1, TypedDict of `stripe.params`, function(account, params, *ids).
CALLS: tuple[tuple[str, str, str, Call], ...] = (
    ("POST", "payment_intents", "PaymentIntentCreateParams", intents.create),
    ("GET", "payment_intents", "PaymentIntentListParams", intents.list_intents),
    ("GET", "payment_intents/search", "PaymentIntentSearchParams", intents.search_intents),
    ("GET", "payment_intents/:id", "PaymentIntentRetrieveParams", intents.retrieve),
    ("POST", "payment_intents/:id", "PaymentIntentUpdateParams", intents.update),
    ("POST", "payment_intents/:id/confirm", "PaymentIntentConfirmParams", intents.confirm),
    ("POST", "payment_intents/:id/cancel", "PaymentIntentCancelParams", intents.cancel),
    ("POST", "payment_intents/:id/capture", "PaymentIntentCaptureParams", intents.capture),
    ("POST", "refunds", "RefundCreateParams", refunds.create),
    ("GET", "refunds", "RefundListParams", refunds.list_refunds),
    ("GET", "refunds/:id", "RefundRetrieveParams", refunds.retrieve),
    ("POST", "refunds/:id", "RefundUpdateParams", refunds.update),
    ("POST", "refunds/:id/cancel", "RefundCancelParams", refunds.cancel),
    ("GET", "charges", "ChargeListParams", charges.list_charges),
    ("GET", "charges/:id", "ChargeRetrieveParams", charges.retrieve),
    ("GET", "disputes", "DisputeListParams", charges.list_disputes),
    ("GET", "disputes/:id", "DisputeRetrieveParams", charges.retrieve_dispute),
    ("POST", "disputes/:id", "DisputeUpdateParams", charges.update_dispute),
    ("POST", "disputes/:id/close", "DisputeCloseParams", charges.accept_dispute),
    ("GET", "events", "EventListParams", events.list_events),
    ("GET", "events/:id", "EventRetrieveParams", events.retrieve),
    ("POST", "webhook_endpoints", "WebhookEndpointCreateParams", endpoints.create),
    ("GET", "webhook_endpoints", "WebhookEndpointListParams", endpoints.list_endpoints),
    ("GET", "webhook_endpoints/:id", "WebhookEndpointRetrieveParams", endpoints.retrieve),
    ("POST", "webhook_endpoints/:id", "WebhookEndpointUpdateParams", endpoints.update),
    ("DELETE", "webhook_endpoints/:id", "WebhookEndpointDeleteParams", endpoints.delete),
    ("POST", "customers", "CustomerCreateParams", customers.create),
    ("GET", "customers", "CustomerListParams", customers.list_customers),
    ("GET", "customers/:id", "CustomerRetrieveParams", customers.retrieve),
    ("POST", "customers/:id", "CustomerUpdateParams", customers.update),
    ("DELETE", "customers/:id", "CustomerDeleteParams", customers.delete),
    (
        "GET",
        "customers/:id/payment_methods",
        "CustomerListPaymentMethodsParams",
        customers.list_payment_methods,
    ),
    ("POST", "payment_methods", "PaymentMethodCreateParams", payment_methods.create),
    ("GET", "payment_methods/:id", "PaymentMethodRetrieveParams", payment_methods.retrieve),
    ("POST", "payment_methods/:id/attach", "PaymentMethodAttachParams", payment_methods.attach),
    ("POST", "payment_methods/:id/detach", "PaymentMethodDetachParams", payment_methods.detach),
)

ROUTES = [
    (method, re.compile("/v1/" + re.sub(r":id", r"([^/]+)", path)), spec, call) for method, path, spec, call in CALLS
]

# All that a publishable key may do, and only with the intent's client secret.
PUBLIC_CALLS = (intents.retrieve, intents.confirm)


class Api:
    """Answers `/v1/...`."""

    def __init__(self, account: Account, controls: Controls) -> None:
        self.account = account
        self.controls = controls

    def handle(self, request: Request) -> Response:
        call = f"{request.method} {request.path}"
        fault = self.controls.take_fault(call)
        with self.account.lock:
            self.account.requests.append(call)
        if fault and fault.kind == "refuse":
            raise Hangup
        request_id = new_id("req_", 14)
        status, body, headers = self._answer(request, request_id, fault)
        if fault and fault.kind == "lose_response":
            raise Hangup
        if fault and fault.kind == "garbage":
            return Response(200, b"<!doctype html><title>Bad gateway</title>", "text/html")
        return Response.json(status, body, {"Request-Id": request_id, "Stripe-Version": api_version, **CORS, **headers})

    def _answer(self, request: Request, request_id: str, fault: Fault | None) -> tuple[int, Object, dict[str, str]]:
        try:
            check_version(request.headers)
            params = read_params(request)
            secret = authenticate(request.headers, params)
            key = idempotency_key(request)
        except StripeError as error:
            return error.status, error.body, {}
        fingerprint = hashlib.sha256(f"{request.path}\n{params}".encode()).hexdigest()
        if key:
            replay = self._reserve(key, fingerprint)
            if replay:
                return replay
        status, body, pinned = self._execute(request, params, secret, fault, request_id, key)
        if key:
            reply = {"fingerprint": fingerprint, "status": status, "body": body, "request": request_id}
            with self.account.lock:
                self.account.keep_reply(key, reply if pinned else None)
                self.account.commit()
        return status, body, fault.headers if fault and fault.kind == "status" else {}

    def _reserve(self, key: str, fingerprint: str) -> tuple[int, Object, dict[str, str]] | None:
        """The stored answer of this key, or None after marking it as running."""
        with self.account.lock:
            reply = self.account.reply_to(key)
            if reply is None:
                self.account.keep_reply(key, {"fingerprint": fingerprint, "running": True})
                return None
        if reply["fingerprint"] != fingerprint:
            error = idempotency_error(
                400,
                "Keys for idempotent requests can only be used with the same parameters they were first used "
                f"with. Try using a key other than '{key}' if you meant to execute a different request.",
            )
            return 400, error, {}
        if "running" in reply:
            error = idempotency_error(
                409,
                "There is currently another in-progress request using this Idempotent Key (that probably means "
                "you submitted twice, and the other request is still going through).",
            )
            return 409, error, {}
        replayed = {"Idempotent-Replayed": "true", "Original-Request": reply["request"]}
        return reply["status"], reply["body"], replayed

    def _execute(
        self,
        request: Request,
        params: Params,
        secret: bool,
        fault: Fault | None,
        request_id: str,
        key: str | None,
    ) -> tuple[int, Object, bool]:
        """Status, body, and whether an idempotency key keeps them."""
        if fault and fault.kind == "status":
            return fault.status, injected(fault.status), fault.pinned
        if fault and fault.kind == "delay":
            time.sleep(fault.seconds)
        with self.account.lock:
            self.account.current_request = {"id": request_id, "idempotency_key": key}
            try:
                return 200, dispatch(self.account, request, params, secret), True
            except StripeError as error:
                return error.status, error.body, error.pinned
            except Exception:
                if key:
                    self.account.keep_reply(key, None)
                raise
            finally:
                self.account.current_request = {"id": None, "idempotency_key": None}
                self.account.commit()


# Stripe.js runs on the shop's pages and asks from there; keys and client secrets guard, not the origin.
CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Request-Id"}
PREFLIGHT = {
    **CORS,
    "Access-Control-Allow-Headers": "authorization, content-type",
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Max-Age": "600",
}


def dispatch(account: Account, request: Request, params: Params, secret: bool) -> Object:
    """Find the call, check its parameters, make it, and export the result."""
    spec, call, ids = _route(request)
    if secret:
        checked = check(params, spec)
        expand = checked.get("expand", [])
        result = call(account, checked, *ids)
        # Lists and the few answers that are no stored object come ready.
        return account.export(result, expand if "id" in result else ())
    if call not in PUBLIC_CALLS:
        raise unauthorized(SECRET_NEEDED, code="secret_key_required")
    return _public_call(account, call, params, spec, *ids)


SECRET_NEEDED = (
    "This API call cannot be made with a publishable API key. Please use a secret API key. You can find a list "
    "of your API keys at https://dashboard.stripe.com/account/apikeys."
)


def _route(request: Request) -> tuple[str, Call, list[str]]:
    for method, pattern, spec, call in ROUTES:
        match = pattern.fullmatch(request.path)
        if match and method == request.method:
            return spec, call, [unquote(id) for id in match.groups()]
    raise StripeError(404, f"Unrecognized request URL ({request.method}: {request.path}).", pinned=False)


def _public_call(account: Account, call: Call, params: Params, spec: str, id: str) -> Object:
    client_secret = params.pop("client_secret", None)
    if client_secret is None:
        raise unauthorized(SECRET_NEEDED, code="secret_key_required")
    intent = account.find(intents.KIND, id, "intent")
    if client_secret != intent["client_secret"]:
        raise invalid(
            "The client_secret provided does not match the client_secret associated with the PaymentIntent.",
            param="client_secret",
        )
    data = params.pop("payment_method_data", None)
    checked = check(params, spec)
    if data is not None:  # only Stripe.js may send card numbers, so its schema is another
        checked["payment_method_data"] = check(data, "PaymentMethodCreateParams", "payment_method_data")
    return intents.public(account.export(call(account, checked, id)))


# ------------------------------------------------------------------ reading the request


def check_version(headers: Message) -> None:
    version = headers.get("Stripe-Version", api_version)
    if version != api_version:
        raise invalid(f"The sandbox speaks API version {api_version} only, not {version[:40]}.")


def read_params(request: Request) -> Params:
    text = request.query.encode() if request.method in ("GET", "DELETE") else request.body
    try:
        return parse_form(text.decode())
    except ValueError:
        raise invalid("The parameters are not a form in UTF-8.")


def authenticate(headers: Message, params: Params) -> bool:
    """True for a secret key, False for a publishable one; raises 401. A `key` parameter is taken out."""
    header = headers.get("Authorization", "")
    key = str(params.pop("key", "")) or header.removeprefix("Bearer ")
    if header.startswith("Basic "):
        try:
            key = base64.b64decode(header[6:], validate=True).decode().split(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            key = ""
    if not key:
        raise unauthorized("You did not provide an API key.")
    if key.startswith("pk_test_"):
        return False
    if not key.startswith(("sk_test_", "rk_test_")):
        raise unauthorized(f"Invalid API Key provided: {key[:8]}****")
    return True


def idempotency_key(request: Request) -> str | None:
    key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
    if key and len(key) > 255:
        raise invalid("Idempotency keys may have up to 255 characters.")
    return key


def idempotency_error(status: int, message: str) -> Object:
    code = "idempotency_key_in_use" if status == 409 else None
    return StripeError(status, message, code=code, type="idempotency_error").body


def injected(status: int) -> dict[str, Any]:
    """The body of a planned failure."""
    code = "rate_limit" if status == 429 else None
    type = "api_error" if status >= 500 else "invalid_request_error"
    return StripeError(status, "A failure was planned for this call.", code=code, type=type).body
