"""Two workers, or six, who tell the same people that something is back."""

from functools import partial

import pytest

from shop.outbox.models import Job
from shop.wishlist import asks
from shop.wishlist.models import StockAsk
from tests.checkout.world import NOW, sell
from tests.races.crowd import at_once, meeting

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.slow]

PEOPLE, WORKERS = 20, 6


def tell_at_once() -> tuple[int, int]:
    """How many were told, as the workers say, and how many letters there are."""
    mug = sell(stock=5)
    for n in range(PEOPLE):
        StockAsk.objects.create(variant=mug, email=f"{n}@example.com", language="en", asked_at=NOW, confirmed_at=NOW)
    told = at_once([partial(asks.tell, variant_ids=[mug.pk], now=NOW)] * WORKERS)
    return sum(told), Job.objects.filter(task="wishlist.send_back").count()


def test_everybody_is_told_once():
    assert tell_at_once() == (PEOPLE, PEOPLE)
    assert not asks.waiting().exists()


def test_control_without_the_lock_they_are_told_again_and_only_the_key_stops_the_letters(monkeypatch):
    meet = meeting(2)

    def look_without_locking(variant_ids, limit):
        found = list(asks.waiting().filter(variant__in=variant_ids).order_by("pk")[:limit])
        meet()
        return found

    monkeypatch.setattr(asks, "lock_waiting", look_without_locking)
    told, letters = tell_at_once()
    assert told > PEOPLE
    assert letters == PEOPLE
