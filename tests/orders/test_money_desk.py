"""The orders desk where it moves money: who may, what is asked, and that it happens once."""

from decimal import Decimal
from unittest.mock import patch

import pytest
from django.test import Client
from django.urls import reverse
from wagtail.models import ModelLogEntry

from shop.inventory.models import StockItem
from shop.orders.models import Order
from shop.payments import operations as payments
from shop.payments.models import Payment, Refund
from shop.payments.providers import PROVIDERS
from shop.payments.providers.base import RefundSnapshot, Rejected, Unknown
from tests.orders.helpers import paid_order, placed_order, refund, send, somebody
from tests.payments.helpers import says

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def finance(client: Client) -> Client:
    client.force_login(somebody("Finance"))
    return client


@pytest.fixture
def bank():
    """The provider's answer to a refund; give it another `side_effect` to change it."""

    def gives_back(asked: Refund) -> RefundSnapshot:
        return RefundSnapshot(f"re_{asked.pk}", asked.amount, "succeeded", str(asked.key))

    with patch.object(PROVIDERS["stripe"], "refund", side_effect=gives_back) as bank:
        yield bank


@pytest.fixture
def sent() -> Order:
    return send(paid_order())


def door(name: str, order: Order) -> str:
    return reverse(f"orders:{name}", args=[order.pk])


def filled(client: Client, order: Order, **typed: object) -> dict:
    """The form as the page gives it, with what somebody types."""
    form = client.get(door("refund", order)).context["form"]
    line = order.lines.get().pk
    names = {"units": f"units_{line}", "restock": f"restock_{line}"}
    hidden = {"key": form["key"].value(), "payment": form["payment"].value(), "reason": "Damaged"}
    return {**hidden, **{names.get(name, name): value for name, value in typed.items()}}


def agree(client: Client, order: Order, data: dict):
    """Check it, then agree to the amount that is shown."""
    quote = client.post(door("refund", order), data).context["quote"]
    return client.post(door("refund", order), {**data, "agreed": str(quote.amount.amount)}, follow=True)


def told(response) -> str:
    return " ".join(str(message) for message in response.context["messages"]).strip()


# --- who may -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "refunds_", "cancels_paid", "cancels_unpaid"),
    [
        ("Owner", True, True, True),
        ("Finance", True, True, True),
        ("Fulfilment", False, False, True),
        ("Merchandiser", False, False, False),
        ("Editor", False, False, False),
    ],
)
def test_who_may_give_money_back(client, role, refunds_, cancels_paid, cancels_unpaid):
    paid, unpaid = paid_order("MUG"), placed_order("CUP")
    client.force_login(somebody(role))
    doors = [("refund", paid, refunds_), ("cancel", paid, cancels_paid), ("cancel", unpaid, cancels_unpaid)]
    for name, order, may in doors:
        shown = client.get(door("inspect", order))
        buttons = [action["url"] for action in shown.context["actions"]] if shown.status_code == 200 else []
        assert (door(name, order) in buttons) is may, (name, order)
        answers = [client.get(door(name, order)), client.post(door(name, order), {"why": "x"} if not may else {})]
        assert [answer.status_code == 200 for answer in answers] == [may, may], (name, order)
    assert not Refund.objects.exists()
    assert set(Order.objects.values_list("state", flat=True)) == {"processing", "pending"}


# --- refunds -------------------------------------------------------------------------------------


def test_the_form_shows_what_came_and_what_is_left(finance, sent):
    refund(sent, "10.00")
    text = finance.get(door("refund", sent)).content.decode()
    for word in ("$57.80", "$10.00", "$47.80", "Everything that is left: $47.80", "2 / 2", "$52.80", "$5.00"):
        assert word in text, word


def test_an_amount_is_shown_before_anything_happens(finance, sent, bank):
    response = finance.post(door("refund", sent), filled(finance, sent, what="lines", units=1, restock="on"))
    text = response.content.decode()
    assert "$26.40" in text
    assert "back on the shelf" in text
    assert "Refund $26.40" in text
    assert not Refund.objects.exists()
    assert StockItem.objects.get().on_hand == 3


@pytest.mark.parametrize(
    ("typed", "amount", "restocked"),
    [
        ({"what": "whole"}, "57.80", 0),
        ({"what": "whole", "restock": "on"}, "57.80", 2),
        ({"what": "lines", "units": 2, "restock": "on"}, "52.80", 2),
        ({"what": "lines", "units": 1, "delivery": "on"}, "31.40", 0),
        ({"what": "lines", "delivery": "on"}, "5.00", 0),
        ({"what": "amount", "amount": "12.34"}, "12.34", 0),
        ({"what": "amount", "amount": "7"}, "7.00", 0),
    ],
    ids=str,
)
def test_agreed_to_it_is_refunded(finance, sent, bank, typed, amount, restocked):
    response = agree(finance, sent, filled(finance, sent, **typed))
    assert f"${amount} is refunded." in told(response)
    done = Refund.objects.get()
    assert (done.amount, done.state, done.requested_by) == (Decimal(amount), "succeeded", "finance@etalase.example")
    assert StockItem.objects.get().on_hand == 3 + restocked
    assert ModelLogEntry.objects.get(action="shop.refund_order").data["amount"] == f"${amount}"
    text = finance.get(door("inspect", sent)).content.decode()
    assert f"−${amount}" in text
    assert "Damaged" in text


def test_clicked_six_times_it_is_one_refund(finance, sent, bank):
    data = filled(finance, sent, what="lines", units=1, restock="on") | {"agreed": "26.40"}
    responses = [finance.post(door("refund", sent), data, follow=True) for _ in range(6)]
    assert {told(response) for response in responses} == {"$26.40 is refunded."}
    assert Refund.objects.count() == bank.call_count == 1
    assert StockItem.objects.get().on_hand == 4


def test_a_form_that_was_sent_and_then_changed_is_told_so(finance, sent, bank):
    data = filled(finance, sent, what="amount", amount="5.00")
    finance.post(door("refund", sent), data | {"agreed": "5.00"})
    for again in ({"amount": "6.00", "agreed": "6.00"}, {"amount": "6.00"}):
        assert "a refund of $5.00 already" in told(finance.post(door("refund", sent), data | again, follow=True))
    assert Refund.objects.count() == bank.call_count == 1


def test_an_amount_that_has_changed_is_shown_again(finance, sent, bank):
    data = filled(finance, sent, what="whole") | {"agreed": "57.80"}
    refund(sent, "10.00")
    response = finance.post(door("refund", sent), data)
    assert "Refund $47.80" in response.content.decode()
    assert Refund.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "Choose one of these."),
        ({"what": "lines"}, "Say how many of which goods"),
        ({"what": "lines", "units": 3}, "less than or equal to 2"),
        ({"what": "amount"}, "Enter the amount."),
        ({"what": "amount", "amount": "57.81"}, "Only $57.80 of this payment is left"),
        ({"what": "amount", "amount": "-1"}, "greater than or equal to 0"),
        ({"what": "amount", "amount": "1.005"}, "no more than 2 decimal places"),
        ({"what": "whole", "amount": "5"}, "Clear this"),
        ({"what": "whole", "units": 1}, "You have also chosen goods"),
        ({"what": "amount", "amount": "5", "restock": "on"}, "Goods come back with"),
        ({"what": "whole", "reason": ""}, "This field is required."),
        ({"what": "whole", "key": "six"}, "Enter a valid UUID."),
        ({"what": "whole", "payment": "0"}, "not one of the available choices"),
    ],
    ids=str,
)
def test_what_is_unclear_is_asked_again_and_nothing_happens(finance, sent, bank, typed, words):
    response = finance.post(door("refund", sent), filled(finance, sent, **typed) | {"agreed": typed.get("amount", "")})
    assert words in str(response.context["form"].errors)
    assert not Refund.objects.exists()
    bank.assert_not_called()


def test_before_it_has_left_goods_are_taken_out_and_the_packer_sees_it(finance, bank):
    order = paid_order()
    assert "Do not send" in finance.get(door("refund", order)).content.decode()
    agree(finance, order, filled(finance, order, what="lines", units=1, restock="on"))
    assert "send 1" in finance.get(door("inspect", order)).content.decode()
    assert (StockItem.objects.get().on_hand, StockItem.objects.get().reserved) == (5, 1)


@pytest.mark.parametrize(
    ("answer", "words", "state"),
    [
        (Rejected("charge_disputed"), "could not be refunded: charge_disputed", "failed"),
        (Unknown("no answer"), "Not through yet (no answer)", "submitted"),
    ],
)
def test_what_the_provider_says_is_told(finance, sent, bank, answer, words, state):
    bank.side_effect = answer
    assert words in told(agree(finance, sent, filled(finance, sent, what="whole")))
    assert Refund.objects.get().state == state


def test_another_orders_payment_cannot_be_refunded_here(finance, sent, bank):
    other = paid_order("CUP")
    data = filled(finance, sent, what="whole", payment=other.payments.get().pk) | {"agreed": "57.80"}
    finance.post(door("refund", sent), data)
    assert not Refund.objects.exists()


# --- by hand -------------------------------------------------------------------------------------


@pytest.fixture
def by_hand(sent, monkeypatch) -> Order:
    for module in ("shop.payments.refunds", "shop.checkout.desk_forms"):
        monkeypatch.setattr(f"{module}.goes_by_hand", lambda payment, amount: True)
    return sent


def test_what_the_provider_cannot_do_is_a_task(finance, by_hand, bank):
    assert "cannot be refunded by the provider" in finance.get(door("refund", by_hand)).content.decode()
    assert "to be sent by hand" in told(agree(finance, by_hand, filled(finance, by_hand, what="whole")))
    bank.assert_not_called()
    task = Refund.objects.get()
    page = finance.get(door("inspect", by_hand)).content.decode()
    done = reverse("orders:refund_sent", args=[task.pk])
    assert done in page
    for _ in range(2):
        response = finance.post(done, {"note": "BCA 0042"}, follow=True)
    assert "settled this refund already" in str(response.context["form"].errors)
    task.refresh_from_db()
    by_hand.refresh_from_db()
    assert (task.state, by_hand.payment_status) == ("succeeded", "refunded")


def test_a_task_can_be_withdrawn(finance, by_hand, bank):
    agree(finance, by_hand, filled(finance, by_hand, what="whole"))
    task = Refund.objects.get()
    finance.post(reverse("orders:refund_withdraw", args=[task.pk]), {"note": "paid in cash"})
    task.refresh_from_db()
    assert task.state == "cancelled"


def test_a_refund_of_the_providers_has_no_task(finance, sent):
    done = refund(sent, "10.00")
    for name in ("refund_sent", "refund_withdraw"):
        assert finance.get(reverse(f"orders:{name}", args=[done.pk])).status_code == 404


# --- cancelling ----------------------------------------------------------------------------------


def test_cancelling_a_paid_order_refunds_it(finance, bank):
    order = paid_order()
    assert "$57.80 goes back" in finance.get(door("cancel", order)).content.decode()
    response = finance.post(door("cancel", order), {"why": "Broken in the kiln"}, follow=True)
    assert f"Order {order.number} is cancelled." in told(response)
    order.refresh_from_db()
    assert (order.state, order.cancel_reason, order.payment_status) == ("cancelled", "staff", "refunded")
    assert "Broken in the kiln" in finance.get(door("inspect", order)).content.decode()
    assert "Nothing to do here" in told(finance.post(door("cancel", order), {"why": "again"}, follow=True))
    assert Refund.objects.count() == bank.call_count == 1


def test_cancelling_needs_its_reason(finance, bank):
    order = paid_order()
    assert "This field is required." in str(finance.post(door("cancel", order)).context["form"].errors)
    order.refresh_from_db()
    assert order.state == "processing"


def test_what_cannot_be_stopped_now_is_explained(finance):
    order = placed_order()
    with patch.object(payments, "cancel_at_provider", side_effect=lambda payment: says(payment, "processing")):
        response = finance.post(door("cancel", order), {"why": "x"})
    assert "neither be stopped nor refunded" in str(response.context["form"].errors)
    assert Payment.objects.get().state == "processing"


def test_the_page_of_an_order_costs_the_same_with_many_refunds(finance, sent, django_assert_max_num_queries):
    for _ in range(4):
        refund(sent, "1.00")
    finance.get(door("inspect", sent))
    with django_assert_max_num_queries(45):
        finance.get(door("inspect", sent))
