"""What a browser gets: Stripe.js, the card form's frame, and the bank's 3-D Secure page."""

from html import escape
from pathlib import Path
from string import Template
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from sandbox.server import Request, Response
from sandbox.stripe import confirmation
from sandbox.stripe.account import PRIVATE, Account, Object
from sandbox.stripe.money import decimals

STATIC = Path(__file__).parent / "static"

# Everything that can be fetched: address -> (file, content type).
FILES = {
    "/endive/stripe.js": ("stripe.js", "text/javascript; charset=utf-8"),
    "/elements/payment.html": ("elements/payment.html", "text/html; charset=utf-8"),
    "/elements/payment.js": ("elements/payment.js", "text/javascript; charset=utf-8"),
    "/elements/card.js": ("elements/card.js", "text/javascript; charset=utf-8"),
    "/elements/payment.css": ("elements/payment.css", "text/css; charset=utf-8"),
    "/bank.css": ("bank.css", "text/css; charset=utf-8"),
}

OUR_SHOPS = "http://127.0.0.1:* http://localhost:* http://*.localhost:* https://127.0.0.1:* https://localhost:*"
FRAME_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
    f"form-action 'none'; frame-ancestors {OUR_SHOPS}"
)
# No form-action: answering the bank's question ends, by a redirect, at the shop.
BANK_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"


def static(request: Request) -> Response:
    if request.method not in ("GET", "HEAD") or request.path not in FILES:
        return Response(404, b"Not found")
    name, content_type = FILES[request.path]
    headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    if name.endswith(".html"):
        headers["Content-Security-Policy"] = FRAME_POLICY
    return Response(200, (STATIC / name).read_bytes(), content_type, headers)


# ------------------------------------------------------------------ 3-D Secure


def three_d_secure(account: Account, request: Request) -> Response:
    """The bank asks whether it is you (GET); the answer (POST) leads back to the shop."""
    token = request.path.removeprefix("/3d_secure/")
    query = parse_qs(request.query)
    with account.lock:
        intent = _challenged(account, token)
        if intent is None:
            return _page("closed.html", 410)
        if request.method == "GET":
            return _question(intent)
        if request.method != "POST":
            return Response(405, b"Method not allowed")
        back = intent[PRIVATE]["return_url"] or query.get("return_url", [""])[0]
        account.find("payment_intent", intent["id"])
        confirmation.authenticate(account, intent, b"answer=complete" in request.body)
        account.commit()
        if urlsplit(back).scheme not in ("http", "https"):
            return _page("closed.html", 200)
        return Response(303, headers={"Location": return_address(back, intent)})


def _challenged(account: Account, token: str) -> Object | None:
    for intent in account.of_kind("payment_intent"):
        if token and intent[PRIVATE]["challenge"] == token and intent["status"] == "requires_action":
            return intent
    return None


def return_address(url: str, intent: Object) -> str:
    """`url` with what Stripe adds: the intent, its client secret, and how the redirect ended."""
    ends = {"succeeded": "succeeded", "requires_capture": "succeeded", "processing": "pending"}
    added = urlencode(
        {
            "payment_intent": intent["id"],
            "payment_intent_client_secret": intent["client_secret"],
            "redirect_status": ends.get(intent["status"], "failed"),
        }
    )
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))


def _question(intent: Object) -> Response:
    places = decimals(intent["currency"])
    amount = f"{intent['currency'].upper()} {intent['amount'] / 10**places:,.{places}f}"
    return _page("question.html", 200, amount=amount, reference=intent["id"])


def _page(name: str, status: int, **values: str) -> Response:
    template = Template((STATIC / "bank" / name).read_text())
    body = template.substitute({key: escape(value) for key, value in values.items()}).encode()
    headers = {
        "Content-Security-Policy": BANK_POLICY,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
    }
    return Response(status, body, "text/html; charset=utf-8", headers)
