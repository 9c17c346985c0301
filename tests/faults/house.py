"""A small shop with its real doors, somebody who buys in it, its worker and its clock, and the providers' stand-ins.

Nothing happens by itself: the test says who does what, and `later` moves all clocks. At the end `agree` compares the
shop's tables with the providers' books.
"""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from http.cookies import SimpleCookie
from typing import Any

from django.core import mail, signing
from django.db import connection
from django.test import Client
from django.utils import timezone

from config import celery_app
from shop.audit import audit
from shop.checkout import refunding
from shop.checkout.pay import SALT
from shop.checkout.refunding import Wish
from shop.orders.models import Order
from shop.payments.models import Payment, Refund
from tests.faults.banks import Message, Midtrans, Stripe

JSON = {"headers": {"Accept": "application/json"}}
CLOCK = ("checkout.sweep_inbox", "checkout.reconcile_payments", "checkout.sweep_refunds", "checkout.expire_orders")
WAITS = (0, 3, 3, 10)  # minutes between one look of the clock and the next, until everything has been tried again
STOCK = 5


@dataclass
class Clock:
    """How far the house is ahead of this machine."""

    ahead: timedelta = timedelta(0)


@dataclass
class House:
    bank: Stripe | Midtrans
    other: Stripe | Midtrans
    clock: Clock
    form: dict[str, str]
    cookies: dict[str, str]
    told: set[bytes] = field(default_factory=set)
    wish: Wish = field(default_factory=lambda: Wish(key=uuid.uuid4(), reason="broken", amount=Decimal(10)))
    stock: int = STOCK
    copies: int = 1  # of one letter at most: the same one goes again when its going could not be written down

    # ------------------------------------------------------------------ time

    def later(self, minutes: float) -> None:
        self.clock.ahead += timedelta(minutes=minutes)
        for bank in (self.bank, self.other):
            bank.control.clock(minutes * 60)

    def run(self, *tasks: str) -> None:
        """Have the worker do tasks by name, one after the other, as the broker or the clock asks."""
        for task in tasks:
            celery_app.tasks[task]()

    def work(self) -> None:
        """What worker and clock find to do at this moment."""
        self.run("outbox.relay", *CLOCK, "outbox.relay")

    def heal(self) -> None:
        """Let a quarter of an hour pass with a worker and a clock that work."""
        for minutes in WAITS:
            self.later(minutes)
            self.work()

    # ------------------------------------------------------------------ the shopper

    @property
    def shopper(self) -> Client:
        """The browser that has answered everything; anew, since it may have been closed."""
        client = Client(raise_request_exception=False)
        client.cookies = SimpleCookie(self.cookies)
        return client

    def press_pay(self) -> Any:
        """The pay button of the payment page, as the page's script sends it."""
        return self.shopper.post("/checkout/payment/", {**self.form, "provider": self.bank.name}, **JSON)

    @property
    def order(self) -> Order:
        return Order.objects.get()

    @property
    def payment(self) -> Payment:
        """The latest attempt."""
        payment = Payment.objects.order_by("pk").last()
        assert payment is not None
        return payment

    @property
    def page(self) -> str:
        return f"/orders/{self.order.number}/{self.order.token}/"

    def place(self) -> None:
        """Order, so that the payment can be made."""
        assert self.press_pay().status_code == 200
        assert self.payment.client

    def pay(self) -> None:
        """What happens at the provider; the shop may not have heard of it."""
        self.bank.pay(self.payment)

    def come_back(self) -> Any:
        """The provider sends the browser back to us."""
        token = signing.dumps(self.payment.pk, salt=SALT)
        return self.shopper.get(f"/payments/{self.payment.provider}/return/", {"o": token})

    def cancel(self) -> Any:
        return self.shopper.post(f"{self.page}cancel/")

    def pay_with(self, bank: Stripe | Midtrans) -> Any:
        """Choose another way to pay on the order's page."""
        return self.shopper.post(f"{self.page}pay/", {"provider": bank.name}, **JSON)

    # ------------------------------------------------------------------ messages and staff

    def tell(self, messages: Sequence[Message] | None = None) -> list[int]:
        """Deliver messages of the bank, those not delivered yet unless some are named; what our door answers."""
        new = [each for each in self.bank.messages() if each[0] not in self.told]
        said = new if messages is None else messages
        self.told.update(body for body, _headers in said)
        return [self.post(*message) for message in said]

    def post(self, body: bytes, headers: dict[str, str]) -> int:
        client = Client(raise_request_exception=False)
        return client.post(self.bank.address, body, content_type="application/json", headers=headers).status_code

    def lose_messages(self) -> None:
        """What was sent so far never arrives."""
        self.told.update(body for body, _headers in self.bank.messages())

    def ask_back(self) -> Refund:
        """Finance gives 10.00 back; the same form each time."""
        paid = Payment.objects.get(state="captured")
        return refunding.refund_order(
            payment_id=paid.pk, wish=self.wish, actor="finance@etalase.example", now=timezone.now()
        )

    # ------------------------------------------------------------------ what must be true

    def agree(self, state: str, *, kept: Decimal | None = None, refunds: int = 0) -> None:
        """The audit is green; the one order is in `state`; the providers have `kept` of its money (all of it, unless
        said or cancelled), in so many refunds; and the shelf, the cart and the letters say the same."""
        breaches = {finding.name: finding.breaches for finding in audit(now=timezone.now()) if finding.breaches}
        assert breaches == {}
        order, took = self.order, self.bank.took(self.order) + self.other.took(self.order)
        kept = kept if kept is not None else Decimal(0) if state in ("cancelled", "pending") else order.total
        assert (order.state, took) == (state, kept), story(order)
        assert self.bank.refunds(order) + self.other.refunds(order) == refunds, story(order)
        assert books_of(order) == kept
        assert shelf() == (self.stock, 2 if state in ("pending", "processing") else 0)
        if state in ("processing", "cancelled"):
            assert self.bank.payable(order) + self.other.payable(order) == 0, "it could be paid again"
        assert letters_sent_once(order, state, self.copies)


def story(order: Order) -> str:
    """For whoever reads a failed test."""
    events = [f"{event.at:%H:%M:%S} {event.kind} {event.actor} {event.detail}" for event in order.events.order_by("pk")]
    payments = [f"{each} {each.state} {each.captured} {each.provider_ref}" for each in order.payments.all()]
    return "\n".join(["", *events, *payments, *map(str, Refund.objects.values("state", "amount", "error", "tries"))])


def value(sql: str, *params: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()


def books_of(order: Order) -> Decimal:
    """What our tables say that we have of the order's money, in SQL of the tests' own."""
    (amount,) = value(
        """SELECT coalesce(sum(p.captured - coalesce(r.back, 0)), 0) FROM shop_payment p
             LEFT JOIN (SELECT payment_id, sum(amount) AS back FROM shop_refund
                         WHERE state IN ('pending', 'succeeded') GROUP BY 1) r ON r.payment_id = p.id
            WHERE p.order_id = %s AND p.state = 'captured'""",
        order.pk,
    )
    return amount


def shelf() -> tuple[int, int]:
    """(on hand by its movements, reserved by its open reservations), after a look that the row says the same."""
    on_hand, reserved = value("SELECT on_hand, reserved FROM shop_stockitem")
    assert value("SELECT sum(delta) FROM shop_stockmovement") == (on_hand,)
    assert value("SELECT coalesce(sum(quantity), 0) FROM shop_reservation WHERE state IN ('held', 'firm')") == (
        reserved,
    )
    return on_hand, reserved


def letters_sent_once(order: Order, state: str, copies: int) -> bool:
    """Whoever bought has the letter that this state owes, once; nothing waits that should have gone.

    No letter (as its Message-ID tells) has come more often than in so many `copies`.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, sent_at IS NOT NULL FROM shop_mail WHERE order_number = %s", [order.number])
        rows = cursor.fetchall()
    kinds = Counter(kind for kind, sent in rows if sent)
    owed = {"processing": "order_confirmed", "cancelled": "order_cancelled"}.get(state)
    ids = Counter(str(message.extra_headers.get("Message-ID")) for message in mail.outbox)
    most = max(ids.values(), default=1)
    return len(rows) == sum(kinds.values()) and (owed is None or kinds[owed] == 1) and most <= copies
