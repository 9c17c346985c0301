"""What a shopper gets: Snap's payment page, the bank's 3-D Secure page, and the counter where numbers are paid.

Plain HTML without scripts; each form posts to the address it stands on.
"""

from collections.abc import Iterable
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from sandbox.midtrans import settlement, snap, transactions
from sandbox.midtrans.channels import CARDS, CHANNELS, Channel, number_of
from sandbox.midtrans.merchant import Merchant, Object
from sandbox.server import Request, Response

STATIC = Path(__file__).parent / "static"
PAGE = "/snap/v4/redirection/"
# No form-action: paying ends, by a redirect, at the shop.
POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"
LOOKS = {"/snap.css": "text/css; charset=utf-8", "/code.svg": "image/svg+xml"}


def handle(merchant: Merchant, request: Request) -> Response:
    if request.path in LOOKS and request.method in ("GET", "HEAD"):
        headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        return Response(200, (STATIC / request.path[1:]).read_bytes(), LOOKS[request.path], headers)
    if request.method not in ("GET", "HEAD", "POST"):
        return Response(405, b"Method not allowed")
    form = {name: values[0] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}
    query = {name: values[0] for name, values in parse_qs(request.query).items()}
    with merchant.lock:
        settlement.pass_time(merchant)
        try:
            if request.path == "/simulator/":
                return _counter(merchant, form if request.method == "POST" else {})
            if request.path.startswith(PAGE):
                return _page(merchant, request.path.removeprefix(PAGE), query, form, posted=request.method == "POST")
        finally:
            merchant.commit()
    return Response(404, b"Not found")


# ------------------------------------------------------------------ the payment page


def _page(merchant: Merchant, token: str, query: Object, form: Object, *, posted: bool) -> Response:
    page = merchant.get("page", token)
    if page is None:
        return _show("closed.html", 404)
    current = _current(merchant, page)
    if current and current["status"] in ("capture", "settlement"):
        return _back(page, current)
    if not snap.is_open(merchant, page):
        return _show("closed.html", 410)
    if posted:
        return _act(merchant, page, current, form)
    if current and current["status"] == "pending" and "channel" not in query and "list" not in query:
        return _waiting(merchant, page, current)
    name = query.get("channel", "")
    return _method(page, CHANNELS[name]) if name in page["channels"] else _list(page)


def _current(merchant: Merchant, page: Object) -> Object | None:
    made = merchant.transactions_of(page["order_id"])
    return made[-1] if made else None


def _act(merchant: Merchant, page: Object, current: Object | None, form: Object) -> Response:
    """A button of the page: choose a method, answer the bank, pay a code, or go back."""
    name, answer = form.get("channel", ""), form.get("answer", "")
    if answer == "back" or (answer and current is None):
        return _back(page, current)
    if answer and current:
        return _answer(merchant, page, current, answer)
    if name not in page["channels"]:
        return _list(page)
    if CHANNELS[name].asks == "card":
        return _card(merchant, page, form.get("number", "").replace(" ", ""))
    transactions.tell(merchant, transactions.begin(merchant, page, name))
    return _see(page)


def _card(merchant: Merchant, page: Object, number: str) -> Response:
    if number not in CARDS:
        return _method(page, CHANNELS["credit_card"], "This is not one of the test cards.")
    card = CARDS[number]
    begun = transactions.begin(merchant, page, "credit_card", number)
    if card.outcome in ("deny", "fds_deny"):
        transactions.fail(merchant, begun, "deny", by_fraud_detection=card.outcome == "fds_deny")
        return _method(page, CHANNELS["credit_card"], "Your payment was declined. Try another card or another way.")
    return _see(page)


def _answer(merchant: Merchant, page: Object, current: Object, answer: str) -> Response:
    if current["status"] != "pending":
        return _back(page, current)
    if answer == "refuse":
        status = "deny" if current["channel"] == "credit_card" else "expire"
        transactions.fail(merchant, current, status)
        return _list(page, "The payment was refused. Choose how to go on.")
    challenge = bool(current["card"]) and CARDS[current["card"]].outcome == "challenge"
    transactions.succeed(merchant, current, challenge=challenge)
    return _back(page, current)


def _back(page: Object, current: Object | None) -> Response:
    """To the shop, with Midtrans' hints; a challenged card is said to be captured, as there."""
    if not page["finish"]:
        return _show("closed.html", 200)
    hints = {"order_id": page["order_id"]}
    if current:
        code = {"pending": "201", "deny": "202"}.get(current["status"], "200")
        hints |= {"status_code": code, "transaction_status": current["status"]}
    parts = urlsplit(page["finish"])
    query = "&".join(filter(None, [parts.query, urlencode(hints)]))
    return Response(303, headers={"Location": urlunsplit(parts._replace(query=query)), "Cache-Control": "no-store"})


def _see(page: Object) -> Response:
    return Response(303, headers={"Location": f"{PAGE}{page['id']}", "Cache-Control": "no-store"})


# ------------------------------------------------------------------ what is shown


def _list(page: Object, said: str = "") -> Response:
    links = "".join(
        f'<li><a href="?channel={name}">{escape(CHANNELS[name].label)}</a></li>' for name in page["channels"]
    )
    return _show("list.html", 200, page, raw={"links": links, "said": _said(said)})


def _method(page: Object, channel: Channel, said: str = "") -> Response:
    raw = {"said": _said(said), "cards": _cards()}
    return _show(f"{channel.asks}.html", 200, page, raw=raw, label=channel.label, channel=channel.name)


def _waiting(merchant: Merchant, page: Object, current: Object) -> Response:
    channel = CHANNELS[current["channel"]]
    if channel.asks == "card":
        return _show("bank.html", 200, page)
    rows = _rows([*number_of(current["fields"]), ("Pay before", f"{merchant.written(current['expires'])} WIB")])
    name = "scan.html" if channel.asks == "code" else "waiting.html"
    return _show(name, 200, page, raw={"rows": rows}, label=channel.label)


def _counter(merchant: Merchant, form: Object) -> Response:
    """A bank or a shop's counter: whoever knows the number of a pending transaction can pay it."""
    number = "".join(form.get("number", "").split())
    if not form:
        return _show("counter.html", 200, raw={"said": ""})
    for transaction in merchant.of_kind("transaction"):
        numbers = [value for _, value in number_of(transaction["fields"])][-1:]  # a biller's code stands before
        if transaction["status"] == "pending" and number in numbers:
            transactions.succeed(merchant, transaction)
            return _show("counter.html", 200, raw={"said": _said(f"Paid: IDR {transaction['gross']:,}.")})
    return _show("counter.html", 404, raw={"said": _said("No payment waits under this number.")})


def _rows(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<div><dt>{escape(label)}</dt><dd>{escape(value)}</dd></div>" for label, value in pairs)


def _cards() -> str:
    words = {"success": "works", "deny": "declined", "challenge": "held for review", "fds_deny": "refused as fraud"}
    return _rows(
        (" ".join(number[i : i + 4] for i in range(0, 16, 4)), words[card.outcome]) for number, card in CARDS.items()
    )


def _said(text: str) -> str:
    return f'<p class="said" role="alert">{escape(text)}</p>' if text else ""


def _show(name: str, status: int, page: Object | None = None, *, raw: Object | None = None, **values: str) -> Response:
    """One of the templates inside the frame; `raw` is HTML of ours, `values` are escaped."""
    if page:
        values |= {"amount": f"IDR {page['gross']:,}".replace(",", "."), "reference": page["order_id"]}
    known = {**{key: escape(value) for key, value in values.items()}, **(raw or {})}
    body = Template((STATIC / name).read_text()).substitute(known)
    frame = Template((STATIC / "frame.html").read_text()).substitute(body=body)
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return Response(status, frame.encode(), "text/html; charset=utf-8", headers)
