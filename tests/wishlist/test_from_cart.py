"""From the cart onto the wishlist, back by one press, and into the cart again: the same variant all the way."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from shop.cart.models import CartLine
from shop.catalogue.models import Variant
from shop.wishlist.models import WishlistItem
from tests.checkout.world import sell
from tests.factories import make_product, make_product_page

pytestmark = pytest.mark.django_db
JSON = {"headers": {"accept": "application/json"}}
HTMX = {"headers": {"hx-request": "true", "hx-target": "cart"}}


@pytest.fixture
def mug() -> Variant:
    return sell("MUG", stock=5, now=timezone.now() - timedelta(hours=1))


def put(client, sku: str = "MUG", quantity: int = 3) -> str:
    """The address at which the line is moved."""
    cart = client.post("/cart/add/", {"sku": sku, "quantity": quantity}, **JSON).json()["cart"]
    return f"/wishlist/from-cart/{cart['lines'][-1]['id']}/"


def in_cart() -> list[tuple[str, int]]:
    return list(CartLine.objects.values_list("variant__sku", "quantity"))


def saved() -> list[str]:
    return list(WishlistItem.objects.values_list("variant__sku", flat=True))


def test_without_a_script_it_moves_and_the_cart_says_where_it_is(client, mug):
    page = client.post(put(client), follow=True).content.decode()
    assert 'On <a href="/wishlist/">your wishlist</a> now: Mug.' in page
    assert (in_cart(), saved()) == ([], ["MUG"])
    assert client.get("/wishlist/", **JSON).json()["wishlist"]["count"] == 1


def test_an_undo_brings_back_as_many_as_there_were_and_takes_it_off_the_list(client, mug):
    client.post(put(client))
    assert "Mug: back where it was." in client.post("/wishlist/undo/", follow=True).content.decode()
    assert (in_cart(), saved()) == ([("MUG", 3)], [])
    client.post("/wishlist/undo/")
    assert (in_cart(), saved()) == ([("MUG", 3)], [])


def test_an_undo_leaves_what_was_on_the_list_before(client, mug):
    client.post("/wishlist/add/", {"sku": "MUG"})
    client.post(put(client))
    client.post("/wishlist/undo/")
    assert (in_cart(), saved()) == ([("MUG", 3)], ["MUG"])


def test_pressed_twice_it_is_there_once(client, mug):
    address = put(client)
    assert [client.post(address, **JSON).json()["success"] for _twice in range(2)] == [True, True]
    assert (in_cart(), saved()) == ([], ["MUG"])


def test_hearts_learn_of_it(client, mug):
    answer = client.post(put(client), **HTMX)
    told = json.loads(answer.headers["HX-Trigger"])
    assert told["cart-changed"] == {"message": "Mug is on your wishlist.", "count": 0}
    assert told["wishlist-changed"]["skus"] == ["MUG"]
    assert 'id="undo" autofocus' in answer.content.decode()
    told = json.loads(client.post("/wishlist/undo/", **HTMX).headers["HX-Trigger"])
    assert told["wishlist-changed"]["skus"] == []


def test_a_full_list_leaves_it_in_the_cart_and_says_so_beside_it(client, mug, settings):
    sell("BOWL", now=timezone.now() - timedelta(hours=1))
    settings.WISHLIST_LENGTH = 1
    client.post("/wishlist/add/", {"sku": "BOWL"})
    answer = client.post(put(client))
    assert answer.status_code == 409
    assert "Take something off first" in answer.content.decode()
    assert (in_cart(), saved()) == ([("MUG", 3)], ["BOWL"])


def test_what_left_the_shop_stays_in_the_cart(client, mug):
    address = put(client)
    mug.product.pages.get().unpublish()
    answer = client.post(address, **JSON)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (in_cart(), saved()) == ([("MUG", 3)], [])


def test_somebody_elses_line_is_out_of_reach(client, mug):
    address = put(client)
    client.cookies.clear()
    client.post(address, **JSON)
    sell("BOWL", now=timezone.now() - timedelta(hours=1))
    put(client, "BOWL")  # now with a cart of their own
    client.post(address, **JSON)
    assert sorted(in_cart()) == [("BOWL", 3), ("MUG", 3)]
    assert saved() == []


def test_the_variant_comes_back_that_was_chosen(client):
    now = timezone.now() - timedelta(hours=1)
    make_product_page(make_product("vase", variants=[{"colour": "sand"}, {"colour": "indigo"}], now=now))
    client.post(put(client, "VASE-INDIGO"))
    assert saved() == ["VASE-INDIGO"]
    client.post(f"/wishlist/items/{WishlistItem.objects.get().pk}/move/")
    assert (in_cart(), saved()) == ([("VASE-INDIGO", 1)], [])
