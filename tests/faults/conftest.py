from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from config import testing
from sandbox.midtrans import midtrans_sandbox
from sandbox.stripe import stripe_sandbox
from shop.payments.providers import stripe as stripe_adapter
from shop.storefront import indexing
from tests.checkout.test_midtrans import INDONESIA
from tests.checkout.world import ADDRESS, sell, submission
from tests.faults import children
from tests.faults.banks import Midtrans, Stripe
from tests.faults.house import STOCK, Clock, House
from tests.payments.conftest import Shopper
from tests.payments.helpers import SECRET

NOWHERE = "http://127.0.0.1:9/"  # messages are delivered by the tests
Ready = dict[str, tuple[str, dict[str, str], dict[str, str]]]


@pytest.fixture(scope="session")
def ready(django_db_setup: None, django_db_blocker: Any, celery_tasks: None) -> Iterator[Ready]:
    """For each currency: the database of a shop with one thing to sell and somebody who has only to press Pay, the form
    that they would send, and their cookies."""
    kept: Ready = {}
    with django_db_blocker.unblock():
        name = str(connection.settings_dict["NAME"])
        for currency, address in (("USD", ADDRESS), ("IDR", INDONESIA)):
            form, cookies = _answer_everything(currency, address)
            kept[currency] = f"{name}_{currency.lower()}", form, cookies
            connections.close_all()
            testing.renew_database(kept[currency][0], name)
            testing.renew_database(name, testing.template())
    yield kept
    for database, _form, _cookies in kept.values():
        testing.run_sql("DROP DATABASE IF EXISTS {} WITH (FORCE)", database)


def _answer_everything(currency: str, address: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    sell(stock=STOCK, now=timezone.now() - timedelta(hours=1))
    client = Client()
    client.post("/currency/", {"currency": currency})
    client.post("/cart/add/", {"sku": "MUG", "quantity": "2"})
    client.get("/checkout/")
    client.post("/checkout/contact/", {"email": "ayu@example.com"})
    client.post("/checkout/address/", address)
    client.post("/checkout/delivery/", {"method": "standard"})
    form = submission(client)
    indexing.refresh(now=timezone.now())
    cache.clear()
    return form, {name: morsel.value for name, morsel in client.cookies.items()}


@pytest.fixture(params=["stripe", pytest.param("midtrans", marks=pytest.mark.faults)])
def provider(request: pytest.FixtureRequest) -> str:
    """One after the other, and one of them in the sample; tests with lists of cases parametrise it themselves."""
    return request.param


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock, now = Clock(), timezone.now
    monkeypatch.setattr(timezone, "now", lambda: now() + clock.ahead)
    return clock


@pytest.fixture
def banks(settings: Any) -> Iterator[dict[str, Stripe | Midtrans]]:
    """Both providers, which hold their messages back."""
    with ExitStack() as street:
        stripe = street.enter_context(stripe_sandbox(webhook_url=NOWHERE, webhook_secret=SECRET))
        midtrans = street.enter_context(
            midtrans_sandbox(server_key=settings.MIDTRANS_SERVER_KEY, notification_url=NOWHERE)
        )
        settings.STRIPE_API_BASE = stripe.base_url
        settings.MIDTRANS_API_BASE, settings.MIDTRANS_SNAP_BASE = midtrans.base_url, midtrans.snap_url
        stripe.control.hold()
        midtrans.control.hold()
        yield {
            "stripe": Stripe(stripe, Shopper(stripe.base_url), settings),
            "midtrans": Midtrans(midtrans, settings),
        }


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the SDK's own second try, so that a fault is a fault."""
    monkeypatch.setattr(stripe_adapter, "RETRIES", 0)
    stripe_adapter._client.cache_clear()


@pytest.fixture
def house(
    ready: Ready, transactional_db: None, banks: dict[str, Stripe | Midtrans], clock: Clock, provider: str
) -> House:
    bank, other = banks[provider], banks["midtrans" if provider == "stripe" else "stripe"]
    database, form, cookies = ready[bank.currency]
    name = str(connection.settings_dict["NAME"])
    connections.close_all()
    testing.renew_database(name, database)
    children.AT_REST[:] = [banks["stripe"].account.lock, banks["midtrans"].merchant.lock]
    return House(bank, other, clock, form, cookies)
