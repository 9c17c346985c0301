"""The returns desk: who may, and each step from the request to the money."""

import pytest
from django.test import Client
from django.urls import reverse
from wagtail.models import ModelLogEntry

from shop.delivery.models import ReturnPolicy
from shop.inventory.models import StockItem
from shop.outbox import mails
from shop.outbox.models import Mail
from shop.payments.models import Refund
from shop.returns import operations as returns
from shop.returns.emails import return_letter
from shop.returns.models import Return
from tests.orders.helpers import somebody
from tests.returns.world import ASKED, approved, ask, delivered_order, pay_back, receive, received, willing_bank

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

STATES = {
    "approve": ask,
    "decline": ask,
    "receive": approved,
    "refund": received,
    "close": received,
}


@pytest.fixture
def packer(client: Client) -> Client:
    client.force_login(somebody("Fulfilment"))
    return client


@pytest.fixture
def finance(client: Client) -> Client:
    client.force_login(somebody("Finance"))
    return client


def door(name: str, back: Return) -> str:
    return reverse(f"returns_desk:{name}", args=[back.pk])


def text(response) -> str:
    return response.content.decode()


def told(response) -> str:
    return " ".join(str(message) for message in response.context["messages"]).strip()


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("Owner", "approve decline receive refund close"),
        ("Fulfilment", "approve decline receive close"),
        ("Finance", "refund"),
        ("Merchandiser", ""),
        ("Editor", ""),
    ],
)
def test_who_may(client, role, may):
    backs = {name: make(delivered_order(f"MUG{n}")) for n, (name, make) in enumerate(STATES.items())}
    client.force_login(somebody(role))
    for name, back in backs.items():
        before = back.state
        allowed = name in may.split()
        shown = client.get(door("inspect", back))
        buttons = [action["url"] for action in shown.context["actions"]] if shown.status_code == 200 else []
        assert (door(name, back) in buttons) is allowed, name
        assert (client.get(door(name, back)).status_code == 200) is allowed, name
        if not allowed:
            client.post(door(name, back), {"answer": "x", "what": "goods 26.40"})
            back.refresh_from_db()
            assert back.state == before, name
    assert not Refund.objects.exists()


def test_the_list_finds_filters_and_exports(packer):
    mug, cup = ask(delivered_order("MUG")), approved(delivered_order("CUP"))
    index = reverse("returns_desk:index")
    assert mug.number in text(packer.get(index))
    for query in (mug.number, mug.order.number):
        page = text(packer.get(index, {"q": query}))
        assert mug.number in page
        assert cup.number not in page
    page = text(packer.get(index, {"state": "approved"}))
    assert cup.number in page
    assert mug.number not in page
    assert mug.number in text(packer.get(index, {"reason": "damaged"}))
    Return.objects.filter(pk=cup.pk).update(moved_at="2020-01-01T00:00Z")
    page = text(packer.get(index, {"waits": "7"}))
    assert cup.number in page
    assert mug.number not in page
    assert mug.number in b"".join(packer.get(index, {"export": "csv"}).streaming_content).decode()


def test_the_list_asks_no_more_for_more(packer, django_assert_max_num_queries):
    for n in range(3):
        ask(delivered_order(f"MUG{n}"))
    with django_assert_max_num_queries(16):
        packer.get(reverse("returns_desk:index"))


def test_the_page_shows_what_is_said_and_the_orders_page_leads_there(packer):
    back = ask(delivered_order(), words="<b>Cracked</b>")
    page = text(packer.get(door("inspect", back)))
    for words in ("&lt;b&gt;Cracked", "It is damaged", "$26.40", "Return asked for", "alice@example.com"):
        assert words in page, words
    assert door("inspect", back) in text(packer.get(reverse("orders:inspect", args=[back.order_id])))


def test_from_the_request_to_the_shelf(packer):
    back = ask(delivered_order(), 2)
    packer.post(door("approve", back), {"answer": "Gladly."})
    row = back.lines.get().pk
    assert "How many of Mug arrived" in text(packer.get(door("receive", back)))
    packer.post(door("receive", back), {f"units_{row}": "2", f"outcome_{row}": "restock"})
    back.refresh_from_db()
    assert (back.state, back.answer, StockItem.objects.get().on_hand) == ("received", "Gladly.", 5)
    actions = set(ModelLogEntry.objects.values_list("action", flat=True))
    assert {"shop.return_approve", "shop.return_receive"} <= actions


def test_without_an_address_the_answer_says_where_to(packer):
    back = ask(delivered_order())
    assert "This field is required." in text(packer.post(door("approve", back), {}))
    ReturnPolicy.objects.create(address="Jl. Kaliurang 12")
    packer.post(door("approve", back), {})
    back.refresh_from_db()
    assert back.state == "approved"


def test_declining_wants_a_reason(packer):
    back = ask(delivered_order())
    assert "This field is required." in text(packer.post(door("decline", back), {"answer": " "}))
    back.refresh_from_db()
    assert back.state == "requested"


def test_received_twice_it_is_on_the_shelf_once(packer):
    back = receive(approved(delivered_order()))
    row = back.lines.get().pk
    answer = packer.post(door("receive", back), {f"units_{row}": "1", f"outcome_{row}": "restock"}, follow=True)
    assert "Nothing to do here" in told(answer)
    assert StockItem.objects.get().on_hand == 4


@pytest.mark.parametrize(("what", "amount"), [("goods 26.40", "$26.40"), ("all 31.40", "$31.40")])
def test_it_is_paid_back(finance, what, amount):
    back = received(delivered_order())
    assert amount in text(finance.get(door("refund", back)))
    with willing_bank():
        answer = finance.post(door("refund", back), {"what": what}, follow=True)
    assert f"{amount} is refunded." in told(answer)
    assert amount in text(answer)


def test_clicked_six_times_it_is_one_refund(finance):
    back = received(delivered_order())
    with willing_bank() as bank:
        for _ in range(6):
            answer = finance.post(door("refund", back), {"what": "goods 26.40"}, follow=True)
    assert "$26.40 is refunded." in told(answer)
    assert (Refund.objects.count(), bank.call_count) == (1, 1)


def test_another_amount_than_was_shown_is_not_paid(finance):
    back = received(delivered_order())
    answer = finance.post(door("refund", back), {"what": "goods 20.00"})
    assert "It comes to another amount now." in text(answer)
    assert not Refund.objects.exists()


def test_what_is_over_asks_for_nothing(finance):
    back = received(delivered_order(), 2)
    pay_back(back)
    assert finance.get(door("refund", back)).status_code == 302


# --- mails ---------------------------------------------------------------------------------------

STEPS = {
    "return_requested": (ask, "We have your return", "do not send anything yet"),
    "return_approved": (approved, "Send it back", "11 December"),
    "return_received": (received, "has arrived", "Your money goes back next"),
    "return_declined": (
        lambda order: returns.decline(return_id=ask(order).pk, answer="It is <worn>.", actor="x", now=ASKED),
        "we cannot take it back",
        "worn",
    ),
    "return_closed": (
        lambda order: returns.close(return_id=approved(order).pk, answer="It never came.", actor="x", now=ASKED),
        "is closed",
        "It never came.",
    ),
}


@pytest.mark.parametrize("kind", STEPS)
def test_the_customer_is_written_to(kind):
    make, subject, words = STEPS[kind]
    back = make(delivered_order())
    mails.deliver(return_letter(back, kind, f"{kind}/x"), now=ASKED)
    mail = Mail.objects.get(kind=kind)
    assert subject in mail.subject
    assert back.number in mail.subject
    link = reverse("returns:page", args=[back.order.number, back.order.token, back.number])
    for part in (mail.text, mail.html):
        assert words in part
        assert f"http://testserver{link}" in part
        assert "Mug" in part
    assert "<worn>" not in mail.html
    assert "\n\n\n" not in mail.text
