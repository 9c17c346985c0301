"""One buyer who presses six times, and many readers at once."""

from collections import Counter
from functools import partial

import pytest
from django.db import transaction

from shop.catalogue.models import Product
from shop.inventory import operations as inventory
from shop.orders import operations as orders
from shop.orders.locks import lock_order
from shop.orders.models import Order
from shop.reviews import operations as reviews
from shop.reviews.models import Review
from tests.checkout.world import NOW, fill_cart, place, sell
from tests.races.crowd import at_once, meeting

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.slow]

READERS = 8


@pytest.fixture
def order() -> Order:
    placed = place(fill_cart(sell(stock=5)))
    with transaction.atomic():
        inventory.confirm(order_number=placed.number)
        orders.move(lock_order(placed.pk), "processing", actor="test", now=NOW)
    return placed


def write(order: Order, stars: int) -> Review:
    words = reviews.Words(stars, name="A.")
    return reviews.write_review(product=Product.objects.get(), words=words, language="en", order=order, now=NOW)


def test_a_review_sent_six_times_is_one(order):
    outcomes = at_once([partial(write, order, stars) for stars in (1, 2, 3, 4, 5, 5)])
    assert Counter(type(outcome).__name__ for outcome in outcomes) == {"Review": 1, "AlreadyReviewed": 5}
    assert Review.objects.count() == 1


def helped(order: Order) -> int:
    review = write(order, 5)
    at_once([partial(reviews.find_helpful, review=review, voter=str(n)) for n in range(READERS)])
    review.refresh_from_db()
    return review.helpful


def test_every_reader_counts(order):
    assert helped(order) == READERS


def test_control_without_the_lock_some_do_not(order, monkeypatch):
    def look_without_locking(pk):
        return Review.objects.get(pk=pk)

    save, meet = Review.save, meeting(READERS)  # whoever came later would count those before

    def save_later(self, **kwargs):
        meet()
        save(self, **kwargs)

    monkeypatch.setattr(reviews, "lock_review", look_without_locking)
    monkeypatch.setattr(Review, "save", save_later)
    assert helped(order) < READERS
