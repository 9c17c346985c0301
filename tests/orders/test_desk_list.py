"""The list of the orders desk: what can be found and filtered, how long it waits, and that its size does not matter."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from shop.delivery.models import Method
from shop.orders.desk_list import age, found_by, in_its_state_since
from shop.orders.models import Order
from shop.returns.models import Return
from tests.checkout.world import NOW
from tests.orders.helpers import LATER, paid_order, placed_order, send, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture
def packer(client: Client) -> Client:
    client.force_login(somebody("Fulfilment"))
    return client


def shown(client: Client, **query: object) -> list[str]:
    response = client.get(reverse("orders:index"), query)
    return [order.number for order in response.context["object_list"]]


def test_by_country_way_of_delivery_and_return(packer):
    here, abroad = send(paid_order("MUG")), placed_order("CUP")
    abroad.addresses.update(country="GB")
    Method.objects.create(zone=Method.objects.get().zone, code="express", name="Express", days_min=1, days_max=2)
    Order.objects.filter(pk=abroad.pk).update(delivery_code="express")
    Return.objects.create(number="RT-1", key=here.checkout_key, order=here, created_at=LATER, moved_at=LATER)
    assert shown(packer, country="GB") == [abroad.number]
    assert shown(packer, country=["GB", "US"]) == [abroad.number, here.number]
    assert shown(packer, delivery_code="standard") == [here.number]
    assert shown(packer, returned="yes") == [here.number]
    assert shown(packer, returned="no") == [abroad.number]


def test_a_bill_that_goes_elsewhere_is_not_where_the_parcel_goes(packer):
    order = placed_order()
    bill = order.addresses.get()
    bill.pk, bill.kind, bill.country = None, "billing", "GB"
    bill.save()
    assert shown(packer, country="GB") == []


def test_by_part_of_a_name(packer):
    mug, cup = placed_order("MUG"), placed_order("CUP")
    cup.addresses.update(name="Siti Rahma")
    assert shown(packer, q="rahma") == [cup.number]
    assert shown(packer, q="hart") == [mug.number]
    assert shown(packer, q="%") == []


def test_how_long_it_waits(packer):
    paid = send(paid_order("MUG"), now=LATER)
    waiting = placed_order("CUP")
    found = {order.pk: order for order in Order.objects.annotate(since=in_its_state_since())}
    assert age(found[waiting.pk], NOW + timedelta(days=2)) == "unpaid for 2\xa0days"
    assert age(found[paid.pk], LATER + timedelta(hours=3)) == "on its way for 3\xa0hours"
    found[paid.pk].state = "delivered"
    assert age(found[paid.pk], LATER) == ""
    assert "unpaid for" in packer.get(reverse("orders:index")).content.decode()


def test_every_filter_at_once_costs_no_more(packer):
    send(paid_order("MUG"))
    query = {"q": "mug", "state": "shipped", "country": "US", "delivery_code": "standard", "returned": "no"}
    packer.get(reverse("orders:index"))
    with CaptureQueriesContext(connection) as asked:
        assert len(shown(packer, **query)) == 1
    assert len(asked) <= 10


def test_a_search_reads_no_table_from_end_to_end(db):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # there is next to nothing in the tables: have it
        cursor.execute("SET LOCAL enable_indexscan = off")  # choose as it would among many rows
    plan = Order.objects.filter(pk__in=found_by("CGK0042")).explain()
    for index in ("order_words", "order_address_words", "order_line_words", "fulfilment_words"):
        assert index in plan
    assert "Seq Scan" not in plan
