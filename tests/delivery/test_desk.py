"""The delivery desk: what staff may set, what is refused in which words, and who may do it."""

import pytest
from django.urls import reverse
from wagtail.test.utils.form_data import inline_formset, nested_form_data

from shop.delivery.models import DayOff, Method, Place, TaxRate, Zone
from tests.checkout.world import open_shop
from tests.factories import make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    open_shop()
    client.force_login(make_staff("Owner"))
    return client


def sent(*prices: dict, **fields) -> dict:
    """The form of a method; each price is one row of its inline form."""
    rows = [{"currency": "USD", "amount": "5", "up_to": "", "free_over": "", **price} for price in prices]
    facts = {
        "zone": Zone.objects.get(name="World").pk,
        "name": "Express",
        "code": "express",
        "kind": "flat",
        "place": "",
        "days_min": "1",
        "days_max": "2",
        "position": "1",
        "active": "on",
        **fields,
    }
    return nested_form_data({**facts, "prices": inline_formset(rows)})


def words_of(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def add(desk, *prices, **fields):
    return desk.post(reverse("delivery_method:add"), sent(*prices, **fields))


def test_a_method_by_weight_is_made_with_its_tiers(desk):
    response = add(desk, {"up_to": "1000"}, {"up_to": "5000", "amount": "9"}, kind="weight")
    assert response.status_code == 302
    made = Method.objects.get(code="express")
    assert [(int(row.up_to), row.amount) for row in made.prices.all()] == [(1000, 5), (5000, 9)]


@pytest.mark.parametrize(
    ("prices", "fields", "words"),
    [
        ([], {}, "Give a price in at least one currency"),
        ([{}, {"amount": "6"}], {}, "Another price in USD ends here already."),
        ([{"up_to": "9"}, {"up_to": "9"}], {"kind": "weight"}, "Another price in this currency ends here"),
        ([{"up_to": "9"}], {}, "One price has no end"),
        ([{"up_to": "0"}], {"kind": "weight"}, "A tier reaches up to more than nothing."),
        ([{"up_to": "-5"}], {"kind": "weight"}, "A tier reaches up to more than nothing."),
        ([{"up_to": "50"}], {"kind": "subtotal"}, "Say what it costs for goods over $50.00 too"),
        ([{"up_to": "50", "free_over": "60"}, {}], {"kind": "subtotal"}, "Goods never come over this"),
        ([{}], {"kind": "pickup"}, "Say where it is collected."),
        ([{}], {"days_min": "4", "days_max": "2"}, "It takes at most as long as"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(desk, prices, fields, words):
    assert words in words_of(add(desk, *prices, **fields))
    assert not Method.objects.filter(code="express").exists()


def test_what_is_sent_has_no_collection_point(desk):
    place = Place.objects.create(name="Workshop", line1="Jalan Kemasan 1", country="ID")
    assert "What is sent has no collection point" in words_of(add(desk, {}, place=place.pk))


def test_a_missing_currency_is_said(desk):
    response = desk.post(reverse("delivery_method:add"), sent({}), follow=True)
    assert "whoever pays in IDR is not offered this way" in response.content.decode()


def test_the_code_stays_as_it_was(desk):
    add(desk, {})
    made = Method.objects.get(code="express")
    price = {"id": str(made.prices.get().pk), "amount": "6"}
    data = sent(price, code="other") | {"prices-INITIAL_FORMS": "1"}
    assert desk.post(reverse("delivery_method:edit", args=[made.pk]), data).status_code == 302
    made.refresh_from_db()
    assert (made.code, made.prices.get().amount) == ("express", 6)


def zone(desk, **fields):
    facts = {"name": "Islands", "countries": [], "regions": "", "position": "0", **fields}
    return desk.post(reverse("zone:add"), facts, follow=True)


def test_a_zone_may_be_a_part_of_a_country(desk):
    zone(desk, regions="us-hi\nUS-Alaska\nUS-HI")
    assert Zone.objects.get(name="Islands").regions == ["US-HI", "US-AK"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Choose at least one country"),
        ({"countries": ["XX"]}, "XX is not one of the available choices"),
        ({"regions": "Hawaii"}, "write it like US-HI"),
        ({"regions": "US-Bali"}, "There is no “Bali” in United States"),
    ],
)
def test_a_zone_that_is_nowhere_is_refused(desk, fields, words):
    assert words in words_of(zone(desk, **fields))
    assert Zone.objects.count() == 1


def test_a_country_in_two_zones_is_said(desk):
    body = zone(desk, countries=["US", "FR"]).content.decode()
    assert "United States: in “World” and in “Islands”" in body
    assert Zone.objects.get(name="Islands").countries == ["US", "FR"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"region": "Bavaria"}, "has no such state"),
        ({"postcode": "1"}, "This is not how Indonesia writes a postcode."),
        ({"line1": ""}, "This field is required."),
    ],
)
def test_a_collection_point_is_a_real_address(desk, wrong, words):
    facts = {"name": "Workshop", "country": "ID", "line1": "Jalan Kemasan 1", "city": "Yogyakarta"}
    address = {"line2": "", "region": "Bali", "postcode": "55171", "phone": "", "hours": "", **facts}
    assert words in words_of(desk.post(reverse("collection_point:add"), {**address, **wrong}))
    assert desk.post(reverse("collection_point:add"), address).status_code == 302
    assert Place.objects.get().region == "Bali"


def test_a_collection_point_in_use_stays(desk):
    place = Place.objects.create(name="Workshop", line1="Jalan Kemasan 1", country="ID")
    Method.objects.create(zone=Zone.objects.get(), code="fetch", name="Fetch", kind="pickup", place=place)
    address = reverse("collection_point:delete", args=[place.pk])
    assert "prevent it from being deleted" in desk.get(address).content.decode()
    desk.post(address)
    assert Place.objects.exists()


def test_a_rate_of_ten_is_taken_for_no_share(desk):
    rate = TaxRate.objects.get()
    data = {"zone": rate.zone_id, "tax_class": rate.tax_class_id, "name": "Tax", "rate": "10"}
    assert "write ten per cent as 0.1" in words_of(desk.post(reverse("tax_rate:edit", args=[rate.pk]), data))
    assert TaxRate.objects.get().rate == rate.rate


def test_days_off_are_kept(desk):
    assert desk.post(reverse("day_off:add"), {"day": "2026-12-25", "name": "Christmas"}).status_code == 302
    assert DayOff.objects.get().name == "Christmas"


@pytest.mark.parametrize("name", ["zone", "delivery_method", "collection_point", "tax_rate", "day_off"])
@pytest.mark.parametrize(("role", "status"), [("Owner", 200), ("Merchandiser", 200), ("Editor", 302)])
def test_who_may_look(client, name, role, status):
    open_shop()
    client.force_login(make_staff(role))
    assert client.get(reverse(f"{name}:index")).status_code == status


@pytest.mark.parametrize(("role", "status"), [("Owner", 200), ("Merchandiser", 302), ("Fulfilment", 302)])
def test_who_may_change_a_tax(client, role, status):
    open_shop()
    client.force_login(make_staff(role))
    assert client.get(reverse("tax_rate:edit", args=[TaxRate.objects.get().pk])).status_code == status
