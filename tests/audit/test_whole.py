"""An audit at one's desk looks at a part of a large catalogue, each hour at another; the one of the night at all of it."""

import io
import json
import logging
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from config import celery_app
from shop.audit import audit, listings
from shop.storefront import indexing
from shop.storefront.models import ListingRow
from tests.factories import make_product, make_product_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def wrong(monkeypatch) -> str:
    """Five products, two looked at at once, and one of them listed under a wrong title: what the audit says of it."""
    monkeypatch.setattr(listings, "AT_ONCE", 2)
    for number in range(5):
        make_product_page(make_product(f"mug-{number}", prices={"USD": "24.00"}))
    indexing.refresh(now=timezone.now())
    row = ListingRow.objects.filter(product__code="mug-3", currency="USD").get()
    ListingRow.objects.filter(pk=row.pk).update(title="Teapot")
    return f"{listings.Key(row.product_id, row.language, row.currency)}: title differs"


def breaches(**how) -> list[str]:
    return audit(now=how.pop("now", timezone.now()), checks=[listings.listings_are_true], **how)[0].breaches


def test_each_product_is_looked_at_once_within_as_many_hours_as_there_are_parts(wrong):
    now = timezone.now()
    seen = [breaches(now=now + timedelta(hours=hour), whole=False) for hour in range(3)]
    assert sorted(seen) == [[], [], [wrong]]


def test_a_whole_audit_looks_at_all_of_them(wrong):
    assert breaches() == [wrong]


def test_a_small_catalogue_is_always_looked_at_whole(wrong, monkeypatch):
    monkeypatch.setattr(listings, "AT_ONCE", 5)
    assert breaches(whole=False) == [wrong]


def test_the_command_can_be_asked_for_a_whole_one(wrong):
    said = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("audit_shop", "--whole", "--json", stdout=said)
    assert [each["breaches"] for each in json.loads(said.getvalue())["checks"] if each["breaches"]] == [[wrong]]


def test_at_night_each_breach_becomes_an_error_in_the_log(wrong, caplog):
    with caplog.at_level(logging.ERROR, logger="shop.audit"):
        celery_app.tasks["audit.go_over_the_books"]()
    assert caplog.messages == [f"the books do not add up, listings_are_true: {wrong}"]
