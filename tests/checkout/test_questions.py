"""How often the checkout asks the database, with promotions and a code, for a long cart as for a short one."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shop.checkout import operations
from shop.orders.models import Order
from tests.checkout.world import ADDRESS, sell
from tests.promotions.world import coupon, promote

pytestmark = pytest.mark.django_db


class Questions(CaptureQueriesContext):
    """Statements, without those that only mark a place in a transaction."""

    @property
    def asked(self) -> list[str]:
        said = [query["sql"] or "a prepared one" for query in self.captured_queries]
        return [sql[:160] for sql in said if not sql.startswith(("SAVEPOINT", "RELEASE"))]


@pytest.fixture(params=[3, 20])
def ready(client, request):
    """A shopper at the payment step with so many things, two promotions and a code that may run out."""
    now = timezone.now() - timedelta(hours=1)
    promote("Autumn", percent=5, limit_total=100, now=now)
    promote("Reduced", kind="catalogue", percent=10, now=now)
    coupon("WELCOME10", limit=100, limit_per_customer=1, now=now)
    for i in range(request.param):
        sell(f"THING-{i}", now=now)
        client.post("/cart/add/", {"sku": f"THING-{i}"})
    client.post("/cart/coupon/", {"code": "WELCOME10"})
    client.post("/checkout/contact/", {"email": "alice@example.com"})
    client.post("/checkout/address/", ADDRESS)
    client.post("/checkout/delivery/", {"method": "standard"})
    return client


def test_placing_an_order_asks_25_times_and_its_whole_request_28(ready, monkeypatch):
    form = ready.get("/checkout/payment/").context["form"]
    inside: list[str] = []
    place_order = operations.place_order

    def counted(**details):
        with Questions(connection) as questions:
            order = place_order(**details)
        inside.extend(questions.asked)
        return order

    monkeypatch.setattr(operations, "place_order", counted)
    with Questions(connection) as questions:
        ready.post("/checkout/payment/", {name: str(value) for name, value in form.initial.items()})
    order = Order.objects.get()
    assert order.discount > 0
    assert order.offs()[0]["name"] == "Autumn"
    assert len(inside) <= 25, "\n".join(inside)
    assert len(questions.asked) <= 28, "\n".join(questions.asked)


@pytest.mark.parametrize("step", ["contact", "address", "delivery", "payment"])
def test_a_step_asks_nine_times_at_most(ready, step):
    ready.get(f"/checkout/{step}/")
    with Questions(connection) as questions:
        assert ready.get(f"/checkout/{step}/").status_code == 200
    assert len(questions.asked) <= 9, "\n".join(questions.asked)
