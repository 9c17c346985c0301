"""What a sale leaves behind: one line for each move, and nothing secret or personal in logs, desks and error pages."""

import json
import logging
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from shop.checkout import settlement
from shop.orders.models import Order
from shop.payments import operations
from shop.payments.models import Payment, WebhookEvent
from shop.payments.providers.base import Unknown
from tests.checkout.world import ADDRESS, sell, submission
from tests.orders.helpers import somebody
from tests.payments.helpers import NOW, book, event_body, make_open, says, signed

pytestmark = pytest.mark.django_db

PERSON = {**ADDRESS, "name": "Wulandari Kusuma", "line1": "17 Nutmeg Lane", "phone": "+1 503 555 0142"}
EMAIL = "wulan@example.com"
PERSONAL = ("Wulandari", "Nutmeg", "555 0142", "5550142", EMAIL)
KEYS = re.compile(
    r"(?:sk|rk)_(?:test|live)_\w+|whsec_\w+|SB-Mid-(?:server|client)-\w+|_secret_\w+|v1=[0-9a-f]{16,}|[0-9a-f]{128}"
    r"|4242 ?4242 ?4242|Authorization|Basic [A-Za-z0-9+/]{12,}"
)


def assert_silent(text: str, *more: str) -> None:
    """Nothing of the keys, of the card and of `more` is in `text`."""
    assert KEYS.findall(text) == []
    assert [word for word in more if word and word in text] == []


class Keeper(logging.Handler):
    """Keeps every line as it is handed over."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def logged() -> Iterator[Keeper]:
    """The log from here on."""
    root, keeper = logging.getLogger(), Keeper()
    level = root.level
    root.addHandler(keeper)
    root.setLevel(logging.INFO)
    yield keeper
    root.removeHandler(keeper)
    root.setLevel(level)


def all_of(keeper: Keeper) -> str:
    """Every line with its fields and its traceback, before any formatter masks something."""
    formatter = logging.Formatter()
    standard = logging.makeLogRecord({}).__dict__.keys()
    lines = []
    for record in keeper.records:
        facts = {name: value for name, value in record.__dict__.items() if name not in standard}
        facts.pop("request", None)  # dropped by config.logging as well
        lines.append(f"{formatter.format(record)} {facts}")
    return "\n".join(lines)


@pytest.fixture
def sale(client, sandbox, shopper, logged) -> Order:
    """Somebody buys: declined, paid, told by a webhook; and a provider that does not answer in between."""
    sell(stock=3, now=timezone.now() - timedelta(hours=1))
    client.post("/cart/add/", {"sku": "MUG", "quantity": "1"})
    client.post("/checkout/contact/", {"email": EMAIL})
    client.post("/checkout/address/", PERSON)
    client.post("/checkout/delivery/", {"method": "standard"})
    data = {**submission(client), "provider": "stripe"}
    sandbox.control.fault("status", match="POST /v1/payment_intents$", status=500, times=2)
    client.post("/checkout/payment/", data, headers={"accept": "application/json"})
    client.post("/checkout/payment/", data, headers={"accept": "application/json"})
    payment = Payment.objects.get()
    shopper.pay(payment, "pm_card_chargeDeclined")
    shopper.pay(payment)
    secret = f"{payment.provider_ref}_secret_hush"
    body = event_body(id=payment.provider_ref, client_secret=secret, receipt_email=EMAIL)
    client.post("/payments/stripe/webhook/", body, content_type="application/json", headers=signed(body))
    client.post("/payments/stripe/webhook/", body, content_type="application/json", headers=signed(body, "whsec_other"))
    settlement.sweep_inbox(now=timezone.now())
    order = Order.objects.get()
    assert order.payment_status == "paid"
    return order


def test_a_sale_leaves_nothing_secret_or_personal_in_the_log(sale, logged):
    text = all_of(logged)
    assert "pending to captured" in text
    assert "refused a webhook" in text
    assert_silent(text, sale.token, *PERSONAL)


def test_the_desks_show_no_secret_and_the_inbox_no_person(sale, client):
    client.force_login(somebody("Owner"))
    pages = {
        name: client.get(address).content.decode()
        for name, address in {
            "order": reverse("orders:inspect", args=[sale.pk]),
            "payments": reverse("payments:index"),
            "messages": reverse("webhooks:index"),
            "message": reverse("webhooks:inspect", args=[WebhookEvent.objects.get().pk]),
        }.items()
    }
    assert sale.payments.get().reference in pages["payments"]
    for page in pages.values():
        assert_silent(page, sale.token)
    for name in ("payments", "messages", "message"):
        assert_silent(pages[name], *PERSONAL)


def test_an_error_page_says_nothing_of_what_went_wrong(sale, client, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError(f"sk_live_hush {EMAIL}")

    monkeypatch.setattr("shop.checkout.order_views.timeline", broken)
    client.raise_request_exception = False
    answer = client.get(reverse("checkout:order", args=[sale.number, sale.token]))
    assert answer.status_code == 500
    assert_silent(answer.content.decode(), "RuntimeError", sale.token, sale.number, *PERSONAL)


def test_what_is_kept_holds_no_secret(sale):
    event = WebhookEvent.objects.get()
    assert_silent(event.body.replace("v1=", ""))
    assert_silent(json.dumps(list(sale.payments.values("client", "method")), default=str))
    assert_silent(json.dumps([each.snapshot for each in sale.payments.get().transitions.all()]), *PERSONAL)


def test_each_move_is_one_line_with_its_order_and_provider(caplog):
    caplog.set_level(logging.INFO, "shop.payments")
    payment = make_open()
    for _ in range(3):
        book(payment, says(payment, Payment.State.CAPTURED), source="return")
    (line,) = [record for record in caplog.records if record.name == "shop.payments"]
    facts = (line.order, line.provider, line.payment, line.old, line.new, line.source)
    assert facts == (payment.order.number, "stripe", payment.reference, "pending", "captured", "return")


def test_an_answer_that_never_came_is_told_without_its_question(settings, logged):
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    payment = make_open()
    with pytest.raises(Unknown) as error:
        operations.fetch(payment)
    settlement.reconcile(now=NOW + timedelta(minutes=2))
    assert_silent(f"{error.value} {all_of(logged)}", payment.client["client_secret"])
