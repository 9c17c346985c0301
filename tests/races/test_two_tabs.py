"""One cart in six tabs, one submission sent six times: one order."""

import threading
import uuid
from functools import partial

import pytest
from django.db import connection, transaction

from shop.audit import audit
from shop.cart.models import Cart
from shop.checkout import operations
from shop.checkout.operations import Busy, CartProblems
from shop.inventory.locks import lock_stock
from shop.inventory.models import StockItem
from shop.orders.models import Order
from tests.checkout.world import NOW, fill_cart, place, sell, total_of
from tests.races.crowd import at_once, meeting

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.slow]

TABS = 6


def rush(key: uuid.UUID | None = None) -> list:
    """The same cart, paid from all tabs at once; each is a submission of its own, unless they share a `key`."""
    cart = fill_cart(sell(stock=2 * TABS))
    total = total_of(cart)
    return at_once([partial(place, cart, key=key, total=total) for _ in range(TABS)])


@pytest.fixture
def books():
    """The books add up after the race."""
    yield
    assert [finding for finding in audit(now=NOW) if finding.breaches] == []


@pytest.fixture
def without_the_carts_lock(monkeypatch):
    """Everybody reads the cart, and nobody waits for anybody."""
    look, meet = operations.look, meeting(TABS)

    def look_slowly(*args, **terms):
        bag = look(*args, **terms)
        meet()
        return bag

    monkeypatch.setattr(operations, "lock_cart", lambda pk: Cart.objects.get(pk=pk))
    monkeypatch.setattr(operations, "look", look_slowly)


@pytest.mark.usefixtures("books")
def test_one_cart_in_six_tabs_is_ordered_once():
    outcomes = rush()
    kinds = sorted(type(outcome).__name__ for outcome in outcomes)
    assert kinds == [CartProblems.__name__] * (TABS - 1) + ["Order"]
    assert Order.objects.count() == StockItem.objects.get().reserved == 1


@pytest.mark.usefixtures("without_the_carts_lock")
def test_control_without_the_carts_lock_it_is_ordered_more_than_once():
    rush()
    assert Order.objects.count() > 1


@pytest.mark.usefixtures("books")
def test_whoever_waits_for_too_long_is_told_and_nothing_has_happened():
    """Somebody holds the shelf for longer than the database lets anybody wait."""
    cart = fill_cart(sell())
    total, held, over = total_of(cart), threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            lock_stock([StockItem.objects.get().pk])
            held.set()
            over.wait(timeout=60)

    def wait() -> type:
        held.wait(timeout=60)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        try:
            place(cart, total=total)
        except Busy as refusal:
            return type(refusal)
        finally:
            over.set()
        return Order

    assert at_once([hold, wait]) == [None, Busy]
    assert not Order.objects.exists()
    assert cart.lines.exists()


@pytest.mark.usefixtures("books")
def test_one_submission_sent_six_times_is_one_order():
    outcomes = rush(uuid.uuid4())
    assert {getattr(outcome, "pk", outcome) for outcome in outcomes} == {Order.objects.get().pk}
    assert StockItem.objects.get().reserved == 1


@pytest.mark.usefixtures("without_the_carts_lock")
def test_control_without_lock_and_constraint_it_is_more_than_one_order():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = 'shop_order'::regclass AND contype = 'u'"
            " AND pg_get_constraintdef(oid) = 'UNIQUE (checkout_key)'"
        )
        cursor.execute(f"ALTER TABLE shop_order DROP CONSTRAINT {cursor.fetchone()[0]}")
    rush(uuid.uuid4())
    assert Order.objects.count() > 1


@pytest.mark.usefixtures("without_the_carts_lock")
def test_control_the_constraint_alone_leaves_the_others_with_an_error():
    outcomes = rush(uuid.uuid4())
    assert Order.objects.count() == 1
    assert {type(outcome).__name__ for outcome in outcomes} == {"Order", "IntegrityError"}
