"""Several who make listings at once, and somebody who changes what they are made of."""

import threading
import time
from decimal import Decimal
from functools import partial

import pytest
from django.utils import timezone

from shop.audit import audit
from shop.audit.listings import listings_are_true
from shop.catalogue import operations as catalogue
from shop.storefront import indexing, reindexing
from shop.storefront.models import ListingRow
from shop.storefront.reindexing import reindex
from tests.factories import ACTOR, make_product, make_product_page
from tests.races.crowd import at_once

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.race, pytest.mark.slow]


@pytest.fixture
def mug():
    product = make_product("mug", prices={"USD": "24.00"}, stock=3)
    make_product_page(product)
    indexing.refresh(now=timezone.now())
    return product


def overtaken(product, monkeypatch) -> Decimal:
    """A reindexing has read the old price when it changes, and the clock's indexer comes along. What the row says then."""
    ListingRow.objects.update(made_with="long ago")  # so that the reindexing has something to write
    has_read = threading.Event()
    fresh_rows = indexing.fresh_rows

    def read_and_dawdle(ids, now):
        found = fresh_rows(ids, now)
        if not has_read.is_set():
            has_read.set()
            time.sleep(0.8)
        return found

    def change_the_price():
        assert has_read.wait(5)
        now = timezone.now()
        variant = product.variants.get()
        catalogue.set_price(variant=variant, currency="USD", amount=Decimal(19), actor=ACTOR, now=now)
        assert indexing.refresh(now=timezone.now()) == 1

    monkeypatch.setattr(indexing, "fresh_rows", read_and_dawdle)
    outcomes = at_once([partial(reindex, now=timezone.now()), change_the_price])
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    return ListingRow.objects.get(currency="USD").price


def test_a_reindexing_never_overwrites_what_is_newer(mug, monkeypatch):
    assert overtaken(mug, monkeypatch) == Decimal(19)
    assert audit(now=timezone.now(), checks=[listings_are_true])[0].breaches == []


def test_control_without_turns_the_old_price_comes_back(mug, monkeypatch):
    monkeypatch.setattr(indexing, "_only_one", lambda: True)
    monkeypatch.setattr(reindexing, "_wait_for_turn", lambda **_: None)
    assert overtaken(mug, monkeypatch) == Decimal(24)
    assert audit(now=timezone.now(), checks=[listings_are_true])[0].breaches


def test_reindexing_in_two_processes_is_the_same(mug, monkeypatch):
    monkeypatch.setattr(indexing, "CHUNK", 1)
    make_product_page(make_product("bowl", prices={"USD": "12.00"}, stock=1))
    reindex(now=timezone.now())
    before = list(ListingRow.objects.order_by("product", "currency").values_list("html", "price", "facets"))
    ListingRow.objects.all().delete()
    assert reindex(now=timezone.now(), processes=2) == 2
    assert list(ListingRow.objects.order_by("product", "currency").values_list("html", "price", "facets")) == before
    assert audit(now=timezone.now(), checks=[listings_are_true])[0].breaches == []
