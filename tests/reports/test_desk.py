"""Dashboard and reports in the admin: who sees what, and numbers that lead to what they count."""

import io
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from search.models import SearchDay
from shop.orders.models import Order
from shop.reports.admin import REPORTS
from tests.checkout.world import NOW
from tests.orders.helpers import paid_order, pay, placed_order, refund, somebody
from tests.returns.world import ask, delivered_order

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def counted_anew(time_machine_now):
    cache.clear()


@pytest.fixture
def time_machine_now(monkeypatch):
    """The doors read the clock two hours after the orders of these tests."""
    monkeypatch.setattr("shop.web.timezone.now", lambda: NOW + timedelta(hours=2))


def as_(role: str, client: Client) -> Client:
    client.force_login(somebody(role))
    return client


def bought(sku: str, *, days_ago: int, **how) -> Order:
    then = NOW - timedelta(days=days_ago)
    return pay(placed_order(sku, now=then, **how), now=then)


def text(response) -> str:
    return response.content.decode()


def tiles(client: Client) -> dict[str, tuple[int, str]]:
    panels = client.get("/admin/").context["panels"]
    found = [panel for panel in panels if panel.name == "shop_work"]
    shown = found[0].get_context_data({})["tiles"]
    return {str(tile["label"]): (tile["number"], tile["url"]) for tile in shown}


SEES = {
    "Owner": "to ship,to look at,unpaid,refunds to send,payments failed in 7 days,messages of providers given up,"
    "returns to decide or pay back,low on the shelf,reviews to read,promotions switched on,blocks that need care,"
    "searches in 7 days that found nothing",
    "Finance": "to ship,to look at,unpaid,refunds to send,payments failed in 7 days,messages of providers given up,"
    "returns to decide or pay back,low on the shelf",
    "Fulfilment": "to ship,to look at,returns to decide or pay back,low on the shelf,reviews to read",
    "Merchandiser": "low on the shelf,reviews to read,promotions switched on,searches in 7 days that found nothing",
    "Editor": "blocks that need care,searches in 7 days that found nothing",
}


@pytest.mark.parametrize("role", SEES)
def test_each_role_sees_its_own_work_and_money_only_where_it_may(client, role):
    paid_order()
    seen = tiles(as_(role, client))
    assert ",".join(seen) == SEES[role]
    page = text(client.get("/admin/"))
    assert ("$48.00" in page) is (role in ("Owner", "Finance", "Merchandiser"))
    for _number, url in seen.values():
        assert client.get(url).status_code == 200, url


def test_every_number_is_what_its_list_counts(client):
    paid_order("MUG")
    placed_order("CUP")
    ask(delivered_order("BOWL"))
    refund(paid_order("PLATE"), "1.00", state="pending")
    Order.objects.filter(lines__sku="CUP").update(needs_attention="look")
    SearchDay.objects.create(words="teapot", language="en", day=NOW.date(), found=0)
    seen = tiles(as_("Owner", client))
    for name, (number, url) in seen.items():
        if name not in ("promotions switched on", "blocks that need care"):
            assert client.get(url).context["paginator"].count == number, name
    assert (seen["to ship"][0], seen["unpaid"][0], seen["to look at"][0]) == (2, 1, 1)
    assert seen["returns to decide or pay back"][0] == 1


def test_what_waits_longest_to_be_sent_stands_first(client):
    later = paid_order("MUG")
    first = bought("CUP", days_ago=3)
    page = text(as_("Fulfilment", client).get("/admin/"))
    assert 0 < page.index(f">{first.number}<") < page.index(f">{later.number}<")


def test_an_empty_shop_has_a_dashboard_and_reports(client):
    as_("Owner", client)
    assert "Nothing has been paid" in text(client.get("/admin/"))
    for slug in REPORTS:
        assert client.get(reverse("shop_report", args=[slug]), {"compare": "on"}).status_code == 200, slug


def test_the_dashboard_asks_no_more_within_a_minute(client, django_assert_max_num_queries):
    for sku in ("MUG", "CUP", "BOWL"):
        paid_order(sku)
    as_("Fulfilment", client).get("/admin/")
    with django_assert_max_num_queries(20) as asked:
        client.get("/admin/")
    assert not [query for query in asked if "shop_order" in query["sql"]]


@pytest.mark.parametrize(
    ("role", "may"),
    [("Owner", set(REPORTS)), ("Finance", set(REPORTS)), ("Merchandiser", set(REPORTS) - {"customers"})]
    + [("Fulfilment", set()), ("Editor", set())],
)
def test_who_may_read_reports(client, role, may):
    paid_order()
    as_(role, client)
    opened = {slug for slug in REPORTS if client.get(reverse("shop_report", args=[slug])).status_code == 200}
    assert opened == may
    assert ("/admin/reports/shop/" in text(client.get("/admin/"))) is bool(may)
    if "customers" not in may:
        for slug in may:
            assert "alice@" not in text(client.get(reverse("shop_report", args=[slug])))


def test_a_report_shows_the_period_beside_the_one_before(client):
    paid_order("MUG")
    bought("CUP", days_ago=10, quantity=1)
    asked = {"from": "2026-11-16", "until": "2026-11-25", "currency": "USD", "compare": "on"}
    page = as_("Finance", client).get(reverse("shop_report", args=["sales-by-product"]), asked)
    rows = [{column.name: value for column, value in row} for _link, row in page.context["rows"]]
    assert [[str(row[name]) for name in ("net", "before", "change")] for row in rows] == [
        ["48.00", "0", "None"],
        ["0", "24.00", "-1"],
    ]
    assert "$48.00" in text(page)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"from": "2026-11-20", "until": "2026-11-01"}, "before the first day"),
        ({"from": "2001-01-01", "until": "2026-11-01"}, "At most three years"),
        ({"from": "x"}, "Enter a valid date"),
        ({"until": "0001-01-01"}, "greater than or equal to"),
        ({"from": "9999-12-31", "compare": "on"}, "less than or equal to"),
        ({"currency": "XXX"}, "Select a valid choice"),
    ],
)
def test_nonsense_gets_a_message_and_the_usual_days(client, asked, words):
    page = as_("Finance", client).get(reverse("shop_report", args=["sales-by-day"]), asked)
    assert words in text(page)


def test_an_unknown_report_is_not_found(client):
    assert as_("Owner", client).get(reverse("shop_report", args=["sales-by-moon"])).status_code == 404


def test_downloads_hold_the_numbers_and_run_no_formula(client):
    order = paid_order()
    Order.objects.filter(pk=order.pk).update(email="=cmd|1@example.com")
    as_("Finance", client)
    address = reverse("shop_report", args=["customers"])
    csv = b"".join(client.get(address, {"export": "csv"}).streaming_content).decode()
    assert "'=cmd|1@example.com,1,2,48.00,0,48.00,USD" in csv
    sheet = load_workbook(io.BytesIO(b"".join(client.get(address, {"export": "xlsx"}).streaming_content))).active
    cell = sheet["A2"]
    assert (cell.value, cell.data_type, sheet["F2"].value) == ("=cmd|1@example.com", "s", 48)
