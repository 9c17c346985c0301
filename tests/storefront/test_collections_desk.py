"""The collections' desk: rules with a preview, reasons in words, pins and the never list; and who may."""

import pytest
from django.test import Client
from django.urls import reverse

from shop.catalogue import collections as catalogue
from shop.catalogue.models import Collection, CollectionChoice
from shop.outbox.models import AuditEntry
from tests.factories import ACTOR, NOW, make_category, make_currencies, make_product, make_staff, make_value
from tests.storefront.listing_rows import make_row

pytestmark = pytest.mark.django_db

WHO = {"actor": ACTOR, "now": NOW}


@pytest.fixture
def desk(client: Client) -> Client:
    make_currencies()
    client.force_login(make_staff("Editor"))
    return client


@pytest.fixture
def gifts() -> Collection:
    make_currencies()
    return catalogue.create_collection(name="Gifts", slug="gifts", price_max=30, **WHO)


def inspect(collection: Collection) -> str:
    return reverse("collection:inspect", args=[collection.pk])


def choose(client: Client, verb: str, collection: Collection, product, **more):
    return client.post(reverse(f"collection:{verb}", args=[collection.pk]), {"product": product.pk, **more})


def choices() -> list[tuple[str, bool, int]]:
    return list(
        CollectionChoice.objects.order_by("never", "position").values_list("product__code", "never", "position")
    )


# --- rules ------------------------------------------------------------------------------------------


def test_a_collection_is_made_from_the_form(desk):
    cups, indigo = make_category("cups"), make_value("colour", "indigo")
    data = {"name": "Blue cups under $30", "active": "on", "price_max": "30", "new_days": "60"}
    response = desk.post(reverse("collection:add"), data | {"categories": [cups.pk], "values": [indigo.pk]})
    made = Collection.objects.get()
    assert response["Location"] == inspect(made)
    assert (made.slug, made.price_max, made.new_days, made.active) == ("blue-cups-under-30", 30, 60, True)
    assert (list(made.categories.all()), list(made.values.all())) == ([cups], [indigo])
    assert AuditEntry.objects.get(subject="collection:blue-cups-under-30").actor == "editor@example.com"


def test_the_form_names_the_currency_and_groups_the_values(desk):
    make_value("colour", "indigo")
    html = desk.get(reverse("collection:add")).content.decode()
    assert "Price up to, in USD" in html
    assert html.index("Colour") < html.index("Indigo")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"slug": "table"}, "slug"),
        ({"price_min": "40"}, "price_max"),
        ({"price_max": "-1"}, "price_max"),
        ({"price_max": "9" * 20}, "price_max"),
        ({"new_days": "0"}, "new_days"),
        ({"best_selling": "99999"}, "best_selling"),
        ({"name": ""}, "name"),
    ],
)
def test_what_a_collection_may_not_be_is_said_beside_the_field(desk, gifts, changes, field):
    catalogue.create_collection(name="For the table", slug="table", **WHO)
    before = list(Collection.objects.values())
    data = {"name": "Gifts", "slug": "gifts", "active": "on", "price_max": "30"} | changes
    response = desk.post(reverse("collection:edit", args=[gifts.pk]), data)
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    assert list(Collection.objects.values()) == before


@pytest.mark.parametrize("existing", [True, False])
def test_the_preview_shows_what_the_rules_give_and_saves_nothing(desk, gifts, existing):
    make_row("mug", price="24.00")
    make_row("lamp", price="240.00")
    address = reverse("collection:edit", args=[gifts.pk]) if existing else reverse("collection:add")
    before = list(Collection.objects.values())
    data = {"name": "Dear gifts", "price_min": "100", "slug": "dear", "preview": "1"}
    response = desk.post(address, data)
    html = response.content.decode()
    assert response.context["preview"]["count"] == 1
    assert "At least $100: yes, from $240" in html
    assert "1 product is in it" in html
    assert list(Collection.objects.values()) == before


# --- who is in it, and why --------------------------------------------------------------------------


def test_it_lists_its_products_with_price_stock_and_why(desk, gifts):
    make_row(make_product("mug", stock=7), price="24.00", was="28.00")
    html = desk.get(inspect(gifts)).content.decode()
    for words in ("Mug", "$24.00", "$28.00", "7 in stock", "At most $30: yes, from $24", "1 product"):
        assert words in html


def test_it_says_why_a_product_is_not_in_it(desk, gifts):
    lamp = make_row("lamp", price="240.00").product
    response = choose(desk, "ask", gifts, lamp)
    assert response["Location"] == f"{inspect(gifts)}?product={lamp.pk}#ask"
    html = desk.get(response["Location"]).content.decode()
    assert "Lamp is not in it." in html
    assert "At most $30: no, from $240" in html


@pytest.mark.parametrize("junk", ["x", "-1", "9" * 30, "0", "\N{SUPERSCRIPT TWO}"])
def test_junk_in_the_address_is_ignored(desk, gifts, junk):
    assert desk.get(inspect(gifts), {"product": junk, "p": junk}).status_code == 200


def test_the_desk_asks_as_often_for_many_products_as_for_few(desk, gifts, django_assert_max_num_queries):
    for n in range(8):
        make_row(f"mug-{n}", price="20.00")
    desk.get(inspect(gifts))
    with django_assert_max_num_queries(45):
        desk.get(inspect(gifts))


# --- decisions by hand ------------------------------------------------------------------------------


def test_products_are_pinned_moved_and_kept_out(desk, gifts):
    mug, lamp = make_row("mug", price="24.00").product, make_row("lamp", price="240.00").product
    for product in (mug, lamp):
        assert choose(desk, "pin", gifts, product)["Location"] == inspect(gifts)
    choose(desk, "pin", gifts, lamp, place=1)
    assert choices() == [("lamp", False, 1), ("mug", False, 2)]
    html = desk.get(inspect(gifts)).content.decode()
    assert html.index("Pinned by hand at place 1") < html.index("Pinned by hand at place 2")
    choose(desk, "never", gifts, mug)
    choose(desk, "unpin", gifts, lamp)
    assert choices() == [("mug", True, 0)]
    assert "On the never list" in desk.get(inspect(gifts)).content.decode()
    choose(desk, "allow", gifts, mug)
    assert choices() == []


def test_a_pin_that_waits_is_shown_apart(desk, gifts):
    choose(desk, "pin", gifts, make_product("mug"))
    html = desk.get(inspect(gifts)).content.decode()
    assert "Pinned, not for sale now" in html
    assert "Not for sale now" in html


@pytest.mark.parametrize("sent", [{}, {"product": "0"}, {"product": "x"}])
def test_a_choice_without_a_product_is_refused(desk, gifts, sent):
    response = desk.post(reverse("collection:pin", args=[gifts.pk]), sent)
    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["product"]
    assert choices() == []


def test_looking_changes_nothing(desk, gifts):
    for verb in ("pin", "never", "unpin", "allow", "ask"):
        assert desk.get(reverse(f"collection:{verb}", args=[gifts.pk])).status_code == 200
    assert choices() == []


# --- who may ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "may_see", "may_change"),
    [
        ("Editor", True, True),
        ("Merchandiser", True, True),
        ("Owner", True, True),
        ("Finance", True, False),
        ("Fulfilment", False, False),
    ],
)
def test_who_may(client, gifts, role, may_see, may_change):
    client.force_login(make_staff(role))
    mug = make_row("mug", price="24.00").product
    shown = client.get(inspect(gifts))
    assert (shown.status_code == 200) == may_see
    assert ("Keep out" in shown.content.decode()) == may_change
    assert (client.get(reverse("collection:index")).status_code == 200) == may_see
    assert (choose(client, "ask", gifts, mug).status_code == 302) == may_see or not may_see
    for verb in ("pin", "never"):
        choose(client, verb, gifts, mug)
    assert bool(choices()) == may_change
    client.post(reverse("collection:edit", args=[gifts.pk]), {"name": "Other", "slug": "other"})
    assert Collection.objects.filter(slug="other").exists() == may_change


def test_it_is_deleted_with_a_trail(desk, gifts):
    desk.post(reverse("collection:delete", args=[gifts.pk]))
    assert not Collection.objects.exists()
    assert AuditEntry.objects.filter(subject="collection:gifts", action="collection.delete").exists()
