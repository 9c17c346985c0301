"""The stock desk: how long a shelf lasts, who waits for it, and the letter of the morning."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shop.inventory import digest
from shop.inventory import operations as inventory
from shop.inventory.figures import with_figures
from shop.inventory.models import Reservation, StockItem
from shop.outbox import operations as outbox
from shop.outbox.models import Job, Mail
from shop.wishlist.models import StockAsk
from tests.factories import make_product, make_staff, make_variant
from tests.inventory.test_operations import shelf

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def packer(client: Client) -> Client:
    client.force_login(make_staff("Fulfilment"))
    return client


def sold(item: StockItem, units: int, *, days_ago: int, state: str = "shipped") -> None:
    closed = NOW if state in ("shipped", "released") else None
    until = NOW if state == "held" else None
    then = NOW - timedelta(days=days_ago)
    Reservation.objects.create(
        stock_item=item, quantity=units, state=state, order_number="ET-1", created_at=then, closed_at=closed,
        expires_at=until,
    )  # fmt: skip


def waits(variant, email: str, *, confirmed: bool = True, told: bool = False) -> None:
    StockAsk.objects.create(
        variant=variant,
        email=email,
        language="en",
        asked_at=NOW,
        confirmed_at=NOW if confirmed else None,
        told_at=NOW if told else None,
    )


@pytest.mark.parametrize(
    ("sales", "days", "units", "cover"),
    [
        ([(14, 10, "shipped"), (14, 20, "firm")], 28, 28, 10),
        ([(14, 10, "shipped"), (14, 40, "shipped")], 28, 14, 20),
        ([(14, 10, "shipped"), (14, 40, "shipped")], 56, 28, 20),
        ([(5, 1, "held"), (5, 1, "released")], 28, 0, None),
        ([], 28, 0, None),
    ],
)
def test_what_was_paid_for_tells_how_long_the_rest_lasts(sales, days, units, cover):
    item = shelf("Mugs", 10)
    for quantity, days_ago, state in sales:
        sold(item, quantity, days_ago=days_ago, state=state)
    found = with_figures(StockItem.objects.all(), now=NOW, days=days).get()
    assert (found.sold, found.cover) == (units, cover)


def test_an_overdrawn_shelf_lasts_no_day():
    item = shelf("Mugs", 2)
    sold(item, 5, days_ago=1)
    StockItem.objects.filter(pk=item.pk).update(reserved=4)
    assert with_figures(StockItem.objects.all(), now=NOW).get().cover == 0


def test_only_those_wait_who_confirmed_and_were_not_told():
    product = make_product("mug", variants=[{"colour": "indigo"}], stock=0)
    indigo = product.variants.get()
    moss = make_variant(product, {"colour": "moss"}, stock=0)
    moss.stock_item = indigo.stock_item
    moss.save()
    waits(indigo, "a@example.com")
    waits(moss, "b@example.com")
    waits(indigo, "c@example.com", confirmed=False)
    waits(indigo, "d@example.com", told=True)
    items = with_figures(StockItem.objects.order_by("pk"), now=NOW)
    assert [item.waiting for item in items] == [2, 0]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"low": "yes"}, {"BOWL", "CUP"}),
        ({"low": "no"}, {"MUG"}),
        ({"out": "yes"}, {"CUP"}),
        ({"out": "no"}, {"BOWL", "MUG"}),
        ({"waiting": "yes"}, {"CUP"}),
        ({"waiting": "no"}, {"BOWL", "MUG"}),
        ({"sales": "56"}, {"BOWL", "CUP", "MUG"}),
        ({"sales": "nonsense", "low": "2"}, {"BOWL", "CUP", "MUG"}),
        ({"q": "bo"}, {"BOWL"}),
    ],
)
def test_the_list_finds(packer, asked, names):
    for code, stock in (("mug", 90), ("bowl", 5), ("cup", 0)):
        make_product(code, stock=stock)
    waits(StockItem.objects.get(name="CUP").variants.get(), "a@example.com")
    page = packer.get(reverse("stock:index"), asked)
    assert {item.name for item in page.context["object_list"]} == names


def test_the_list_says_how_long_each_lasts_and_costs_the_same_for_many(packer, django_assert_max_num_queries):
    mug = make_product("mug", stock=10).variants.get().stock_item
    sold(mug, 28, days_ago=3)
    assert "10 days" in packer.get(reverse("stock:index")).content.decode()
    for n in range(12):
        make_product(f"bowl-{n}")
    with django_assert_max_num_queries(10):
        packer.get(reverse("stock:index"))


def test_a_shelf_found_by_several_skus_is_listed_once(packer):
    product = make_product("mug", variants=[{"colour": "indigo"}])
    moss = make_variant(product, {"colour": "moss"})
    moss.stock_item = product.variants.first().stock_item
    moss.save()
    page = packer.get(reverse("stock:index"), {"q": "mug-"})
    assert len(page.context["object_list"]) == len({item.pk for item in page.context["object_list"]})


def test_the_whole_history_of_a_shelf_can_be_read(packer):
    item = shelf("Mugs", 5)
    for _n in range(60):
        inventory.receive(stock_item=item, quantity=1, actor="anna@example.com", now=NOW)
    address = reverse("stock:inspect", args=[item.pk])
    assert len(packer.get(address).context["movements"]) == 50
    last = packer.get(address, {"p": "2"})
    assert [movement.balance for movement in last.context["movements"]][-1] == 5
    assert "Page 2 of 2" in last.content.decode()


def run_jobs() -> None:
    while outbox.relay(now=timezone.now() + timedelta(seconds=1)):
        pass


def test_the_letter_of_the_morning_goes_once_a_day_to_each_who_keeps_the_shelves():
    for role in ("Fulfilment", "Owner", "Editor"):
        make_staff(role)
    make_product("cup", stock=0)
    make_product("mug", stock=4)
    make_product("jug", stock=90)
    waits(StockItem.objects.get(name="CUP").variants.get(), "a@example.com")
    digest.write_digest(now=NOW)
    digest.write_digest(now=NOW)
    run_jobs()
    letters = Mail.objects.filter(kind="stock_digest")
    assert sorted(letters.values_list("to", flat=True)) == ["fulfilment@example.com", "owner@example.com"]
    letter = letters.first()
    assert letter.subject == "Low today: 2 shelves"
    assert letter.text.index("CUP: none left (1 person waits for it)") < letter.text.index("MUG: 4 left")
    assert "JUG" not in letter.text
    assert "?low=yes" in letter.text
    digest.write_digest(now=NOW + timedelta(days=1))
    assert Job.objects.filter(task="inventory.send_digest").count() == 4


def test_nothing_low_is_no_letter():
    make_staff("Fulfilment")
    make_product("mug", stock=90)
    assert digest.write_digest(now=NOW) == 0
    assert not Job.objects.filter(task="inventory.send_digest").exists()


def test_what_was_filled_up_meanwhile_is_no_letter():
    make_staff("Fulfilment")
    item = make_product("mug", stock=1).variants.get().stock_item
    digest.write_digest(now=NOW)
    StockItem.objects.filter(pk=item.pk).update(low_stock_threshold=0)
    run_jobs()
    assert mail.outbox == []


# --- by hand --------------------------------------------------------------------------------------


def test_a_count_by_hand_is_asked_for_anew_when_something_left_meanwhile(packer):
    item = shelf("Mugs", 10)
    address = reverse("stock:count", args=[item.pk])
    seen = packer.get(address).context["form"]["expected"].value()
    inventory.adjust(stock_item=item, delta=-3, reason_note="over the counter", actor="test", now=NOW)
    refused = packer.post(address, {"counted": "9", "expected": seen})
    assert "said 10 when this was counted, and say 7 now" in str(refused.context["form"].errors["counted"])
    assert StockItem.objects.get().on_hand == 7
    again = refused.context["form"]["expected"].value()
    assert packer.post(address, {"counted": "6", "expected": again}).status_code == 302
    assert StockItem.objects.get().on_hand == 6


@pytest.mark.parametrize(
    ("verb", "field", "units"), [("adjust", "delta", 3_000_000_000), ("receive", "quantity", 3_000_000_000)]
)
def test_more_than_a_shelf_holds_is_said_beside_the_field(packer, verb, field, units):
    item = shelf("Mugs", 10)
    response = packer.post(reverse(f"stock:{verb}", args=[item.pk]), {field: units, "note": "a slip"})
    assert list(response.context["form"].errors) == [field]
    assert StockItem.objects.get().on_hand == 10


def test_the_highest_threshold_breaks_no_list(packer):
    item = shelf("Mugs", 10)
    StockItem.objects.filter(pk=item.pk).update(low_stock_threshold=2**31 - 1, reserved=1)
    assert list(packer.get(reverse("stock:index"), {"low": "yes"}).context["object_list"]) == [item]


def test_a_letter_with_room_for_one_names_what_is_empty(monkeypatch):
    monkeypatch.setattr(digest, "MOST", 1)
    make_product("mug", stock=3)
    make_product("cup", stock=0)
    waits(StockItem.objects.get(name="MUG").variants.get(), "a@example.com")
    low = digest.low_shelves(now=NOW)
    assert ([item.name for item in low.items], low.more) == (["CUP"], 1)
