"""A browser on its way through the checkout."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from shop.catalogue.models import Variant
from tests.checkout.world import answer, sell


@pytest.fixture
def mug() -> Variant:
    return sell(stock=5, now=timezone.now() - timedelta(hours=1))


@pytest.fixture
def shopper(client: Client, mug: Variant) -> Client:
    """A browser with a mug in its cart."""
    client.post("/cart/add/", {"sku": "MUG", "quantity": "1"})
    return client


@pytest.fixture
def ready(shopper: Client) -> Client:
    """A shopper at the payment step."""
    return answer(shopper)
