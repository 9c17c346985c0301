"""Messages of a provider: early, never, often, all at once, in any order, forged and old."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone

from shop.audit import audit, payments, refunds
from shop.checkout import settlement
from shop.payments import operations
from shop.payments.models import Payment, Refund, WebhookEvent
from tests.faults.banks import Message
from tests.faults.children import in_child
from tests.faults.house import House
from tests.faults.points import killed, watching
from tests.races.crowd import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def bought(house: House) -> None:
    house.place()
    house.pay()


# --- too early, never ----------------------------------------------------------------------------------


def test_told_before_we_know_its_name(house):
    """The provider has opened the payment, we died before its name was kept, and its first message comes."""

    def die() -> None:
        with watching(killed("after", 1)):
            house.press_pay()

    assert in_child(die).was_killed
    assert house.payment.provider_ref == ""
    house.tell()
    house.work()
    house.press_pay()
    house.pay()
    house.tell()
    house.heal()
    house.agree("processing")


@pytest.mark.parametrize("minute", [0, 9, 19, 24])
def test_what_is_never_told_is_booked_within_a_quarter_of_an_hour(house, minute):
    """Paid in this minute after placing."""
    house.place()
    for _ in range(minute):
        house.later(1)
        house.work()
    house.pay()
    house.lose_messages()
    paid_at = timezone.now()
    while house.order.state == "pending":
        house.later(1)
        house.work()
        assert timezone.now() < paid_at + timedelta(minutes=15)
    assert not WebhookEvent.objects.exists()
    house.heal()
    house.agree("processing")


def test_told_long_after_everything_is_over(house):
    """Days later, of an order that was paid, refunded and never told of."""
    bought(house)
    old = house.bank.messages()
    house.lose_messages()
    house.later(10)
    house.heal()
    house.ask_back()
    house.heal()
    house.later(60 * 24 * 2)
    assert {house.post(body, headers or {}) for body, headers in old} == {200}  # signed anew, as providers do
    house.heal()
    house.agree("processing", kept=house.order.total - 10, refunds=1)


# --- often ---------------------------------------------------------------------------------------------


def test_each_message_fifty_times_is_once(house):
    bought(house)
    messages = house.bank.messages()
    for _ in range(50):
        assert set(house.tell(messages)) == {200}
    assert WebhookEvent.objects.count() == len(messages)
    house.heal()
    house.agree("processing")


def test_fifty_at_once_while_two_workers_work(house):
    bought(house)
    messages = house.bank.messages()
    posts = [partial(house.post, *message) for message in messages] * (48 // len(messages))
    results = at_once([*posts, house.work, house.work])
    assert set(results[:-2]) == {200}
    assert results[-2:] == [None, None]
    assert WebhookEvent.objects.count() == len(messages)
    house.heal()
    house.agree("processing")


def test_news_of_one_payment_costs_one_look(house):
    """Ten messages about it, whoever works on the first answers them all."""
    bought(house)
    house.tell()
    told = WebhookEvent.objects.order_by("pk").last()
    for number in range(10):
        WebhookEvent.objects.create(
            provider=told.provider,
            dedupe_key=f"more-{number}",
            kind=told.kind,
            provider_ref=told.provider_ref,
            received_at=told.received_at,
            next_try_at=told.next_try_at,
        )
    asked = len(house.bank.control.state()["requests"])
    house.run("checkout.sweep_inbox")
    looks = len(house.bank.control.state()["requests"]) - asked
    assert looks == 1
    assert not WebhookEvent.objects.filter(state="received").exists()
    house.heal()
    house.agree("processing")


# --- by somebody else ------------------------------------------------------------------------------------


def forgeries(house: House) -> Iterator[Message]:
    ref = house.payment.provider_ref
    yield house.bank.message(ref, secret="of-somebody-else")
    yield b"{}", {}
    body, headers = house.bank.message(ref)
    other = "y" if ref.endswith("x") else "x"
    yield body.replace(ref.encode(), f"{ref[:-1]}{other}".encode()), headers
    if house.bank.name == "stripe":
        yield body, house.bank.sign(body, age=301)
        yield body, {}


def test_what_is_forged_altered_or_old_changes_nothing(house):
    house.place()
    assert [house.post(*message) for message in forgeries(house)] == [400] * (5 if house.bank.name == "stripe" else 3)
    assert not WebhookEvent.objects.exists()
    house.work()
    assert house.order.state == "pending"


def test_a_true_message_about_money_that_never_came_is_not_believed(house):
    """Well signed, perhaps by somebody inside: what counts is what the provider says when it is asked."""
    house.place()
    assert house.post(*house.bank.message(house.payment.provider_ref)) == 200
    house.work()
    assert (house.order.state, house.payment.captured) == ("pending", 0)
    house.later(61)
    house.heal()
    house.agree("cancelled")


# --- in any order ----------------------------------------------------------------------------------------


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside never happened; to the shop it looks like no transaction."""
    outer = transaction.atomic()
    outer._from_testcase = True
    with outer:
        yield
        transaction.set_rollback(True)


def with_a_history(house: House) -> Iterator[None]:
    """Opened, declined, paid, and given back in two parts; a stop after each."""
    house.place()
    yield
    house.bank.decline(house.payment)
    yield
    house.pay()
    yield
    for amount in (4, 5):
        house.bank.refund_there(house.payment, amount)
        yield


def five(house: House) -> list[Message]:
    """One message of each of the five."""
    seen, told = [], []
    for _ in with_a_history(house):
        new = [each for each in house.bank.messages() if each[0] not in seen]
        seen += [body for body, _headers in new]
        told += new[-1:]
    if house.bank.name == "midtrans":  # a page that is opened is told to nobody; choosing a way on it is
        told = house.bank.messages()
    assert len(told) == 5
    return told


def is_as_it_should_be() -> None:
    payment = Payment.objects.get()
    assert (payment.state, payment.captured, payment.order.state) == ("captured", payment.amount, "processing")
    assert payment.transitions.filter(new="captured").count() == 1
    assert sorted(Refund.objects.values_list("amount", "state")) == [(4, "succeeded"), (5, "succeeded")]
    assert payment.order.payment_status == "partly_refunded"
    found = audit(now=timezone.now(), checks=[*payments.CHECKS, *refunds.CHECKS])
    assert [finding for finding in found if finding.breaches] == []


FIRST = [pytest.param(place, marks=() if place == 4 else pytest.mark.faults) for place in range(5)]


@pytest.mark.parametrize("first", FIRST)
def test_five_messages_in_each_order_end_the_same(house, first):
    """24 orders that begin with the message number `first`, the worker at work after each."""
    told = five(house)
    for places in itertools.permutations(range(5)):
        if places[0] == first:
            with undone():
                for place in places:
                    assert house.post(*told[place]) == 200
                    house.run("checkout.sweep_inbox")
                is_as_it_should_be()


@pytest.mark.parametrize("first", FIRST)
def test_five_looks_booked_in_each_order_end_the_same(house, first):
    """Read by five workers at five moments, and booked by the slowest last: 24 orders that begin with `first`."""
    looks = []
    for _ in with_a_history(house):
        looks.append(operations.fetch(house.payment))
    for places in itertools.permutations(range(5)):
        if places[0] == first:
            with undone():
                for look in [looks[place] for place in places]:
                    if look is not None:  # Midtrans knows nothing of a page on which nothing was chosen
                        settlement.book(house.payment, look, "webhook", timezone.now())
                is_as_it_should_be()
