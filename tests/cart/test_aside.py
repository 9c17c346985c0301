"""What leaves the cart and may come back: undo, and saved for later."""

from datetime import timedelta

import pytest
from django.utils import timezone

from shop.cart import aside
from shop.cart import operations as carts
from shop.cart.joining import join_at_login
from shop.cart.models import AsideLine, Cart, CartLine
from shop.catalogue.pricewindows import set_price
from shop.customers.models import User
from shop.inventory import operations as inventory
from tests.checkout.world import NOW, fill_cart, place, sell

pytestmark = pytest.mark.django_db
JSON = {"headers": {"accept": "application/json"}}
HTMX = {"headers": {"hx-request": "true", "hx-target": "cart"}}
STORY = {"page": 7, "block": "b", "title": "Glaze", "author": "Laras", "at": NOW.isoformat()}


@pytest.fixture
def mug():
    return sell("MUG", stock=5, now=timezone.now() - timedelta(hours=1))


@pytest.fixture
def bowl():
    return sell("BOWL", stock=5, price="16.00", now=timezone.now() - timedelta(hours=1))


def put(client, sku="MUG", quantity=1):
    cart = client.post("/cart/add/", {"sku": sku, "quantity": quantity}, **JSON).json()["cart"]
    return next(line["id"] for line in cart["lines"] if line["sku"] == sku)


def post(client, address, data=None):
    response = client.post(address, data or {}, **JSON)
    assert response.status_code == 200, response.json()
    return response.json()["cart"]


def held(cart) -> list[tuple[str, int]]:
    return [(line["sku"], line["quantity"]) for line in cart["lines"]]


def saved(cart) -> list[tuple[str, int]]:
    return [(line["sku"], line["quantity"]) for line in cart["saved"]]


# --- undo ----------------------------------------------------------------------------------------


def test_what_was_removed_can_be_put_back(client, mug, bowl):
    line = put(client, "MUG", 2)
    put(client, "BOWL")
    CartLine.objects.filter(pk=line).update(origin=STORY, seen_price="20.00")
    assert held(post(client, f"/cart/lines/{line}/remove/")) == [("BOWL", 1)]
    cart = post(client, "/cart/undo/")
    assert sorted(held(cart)) == [("BOWL", 1), ("MUG", 2)]
    back = CartLine.objects.get(variant=mug)
    assert (back.origin, back.seen_price) == (STORY, 20)
    assert [notice["code"] for notice in cart["notices"]] == ["price_changed"]


def test_zero_removes_and_can_be_undone(client, mug):
    post(client, f"/cart/lines/{put(client, quantity=3)}/", {"quantity": 0})
    assert held(post(client, "/cart/undo/")) == [("MUG", 3)]


def test_a_cart_that_was_emptied_comes_back_whole(client, mug, bowl):
    put(client, "MUG", 2)
    put(client, "BOWL", 4)
    assert held(post(client, "/cart/clear/")) == []
    assert sorted(held(post(client, "/cart/undo/"))) == [("BOWL", 4), ("MUG", 2)]


def test_undone_twice_it_comes_back_once(client, mug):
    post(client, f"/cart/lines/{put(client)}/remove/")
    for _press in range(2):
        assert held(post(client, "/cart/undo/")) == [("MUG", 1)]


def test_only_the_last_removal_can_be_undone(client, mug, bowl):
    for sku in ("MUG", "BOWL"):
        post(client, f"/cart/lines/{put(client, sku)}/remove/")
    assert held(post(client, "/cart/undo/")) == [("BOWL", 1)]


def test_it_can_be_undone_for_a_while(mug):
    cart = fill_cart(mug, now=timezone.now())
    now = timezone.now()
    carts.remove(cart=cart, line_id=cart.lines.get().pk, now=now)
    late = aside.undo(cart=cart, language="en", now=now + timedelta(minutes=31))
    assert late == aside.Back()
    assert not cart.lines.exists()


def test_what_comes_back_is_held_against_the_shelf_and_said(client, mug):
    line = put(client, quantity=4)
    post(client, f"/cart/lines/{line}/remove/")
    inventory.count(stock_item=mug.stock_item, counted=3, actor="test", now=timezone.now())
    body = client.post("/cart/undo/", follow=True).content.decode()
    assert CartLine.objects.get().quantity == 3
    assert "Of Mug not all could be had." in body


def test_what_sold_out_meanwhile_stays_out_and_is_said(client, mug):
    post(client, f"/cart/lines/{put(client)}/remove/")
    inventory.count(stock_item=mug.stock_item, counted=0, actor="test", now=timezone.now())
    body = client.post("/cart/undo/", follow=True).content.decode()
    assert not CartLine.objects.exists()
    assert "Not to be had any more: Mug." in body


def test_what_was_added_anew_meanwhile_adds_up(client, mug):
    post(client, f"/cart/lines/{put(client, quantity=2)}/remove/")
    put(client, quantity=1)
    assert held(post(client, "/cart/undo/")) == [("MUG", 3)]


def test_nobody_puts_back_what_another_removed(client, mug):
    post(client, f"/cart/lines/{put(client)}/remove/")
    client.cookies.clear()
    assert client.post("/cart/undo/", **JSON).status_code == 404
    assert not CartLine.objects.exists()


def test_undo_is_a_plain_form_that_works_without_a_script(client, mug):
    body = client.post(f"/cart/lines/{put(client)}/remove/", follow=True).content.decode()
    assert "Removed: Mug." in body
    assert '<form method="post" action="/cart/undo/"' in body
    assert "Mug: back where it was." in client.post("/cart/undo/", follow=True).content.decode()
    assert "/cart/undo/" not in client.get("/cart/").content.decode()


def test_htmx_goes_on_from_undo(client, mug):
    response = client.post(f"/cart/lines/{put(client)}/remove/", **HTMX)
    assert 'id="undo" autofocus' in response.content.decode()
    assert '"count": 0' in response["HX-Trigger"]


# --- saved for later -----------------------------------------------------------------------------


def test_a_line_is_saved_for_later_and_comes_back(client, mug, bowl):
    line = put(client, "MUG", 2)
    put(client, "BOWL")
    CartLine.objects.filter(pk=line).update(origin=STORY)
    cart = post(client, f"/cart/lines/{line}/save/")
    assert (held(cart), saved(cart), cart["count"], cart["subtotal"]) == ([("BOWL", 1)], [("MUG", 2)], 1, "16.00")
    assert client.get("/cart/count/").json() == {"count": 1}
    cart = post(client, f"/cart/saved/{cart['saved'][0]['id']}/move/")
    assert (sorted(held(cart)), saved(cart)) == ([("BOWL", 1), ("MUG", 2)], [])
    assert CartLine.objects.get(variant=mug).origin == STORY


def test_saved_twice_it_adds_up(client, mug):
    for quantity in (1, 2):
        cart = post(client, f"/cart/lines/{put(client, quantity=quantity)}/save/")
    assert saved(cart) == [("MUG", 3)]


def test_the_list_shows_todays_price_and_whether_it_can_be_had(client, mug):
    cart = post(client, f"/cart/lines/{put(client)}/save/")
    set_price(variant=mug, currency="USD", amount=30, actor="test", now=timezone.now())
    body = client.get("/cart/").content.decode()
    assert "$30.00" in body
    assert "The price was $24 when you added it and is now $30." in body
    inventory.count(stock_item=mug.stock_item, counted=0, actor="test", now=timezone.now())
    body = client.get("/cart/").content.decode()
    assert "Sold out for now." in body
    assert "/move/" not in body
    assert client.post(f"/cart/saved/{cart['saved'][0]['id']}/move/", **JSON).json()["code"] == "out_of_stock"
    assert AsideLine.objects.count() == 1


def test_as_many_as_can_be_had_are_moved_and_the_rest_is_said(client, mug):
    cart = post(client, f"/cart/lines/{put(client, quantity=5)}/save/")
    inventory.count(stock_item=mug.stock_item, counted=2, actor="test", now=timezone.now())
    body = client.post(f"/cart/saved/{cart['saved'][0]['id']}/move/", follow=True).content.decode()
    assert CartLine.objects.get().quantity == 2
    assert "Of Mug not all could be had." in body


def test_what_the_cart_has_all_of_already_stays_saved(client, mug):
    cart = post(client, f"/cart/lines/{put(client)}/save/")
    put(client, quantity=5)
    refused = client.post(f"/cart/saved/{cart['saved'][0]['id']}/move/", **JSON)
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_stock")
    assert (CartLine.objects.get().quantity, AsideLine.objects.get().quantity) == (5, 1)


def test_what_is_taken_off_the_list_goes_back_there(client, mug):
    cart = post(client, f"/cart/lines/{put(client, quantity=2)}/save/")
    assert saved(post(client, f"/cart/saved/{cart['saved'][0]['id']}/remove/")) == []
    cart = post(client, "/cart/undo/")
    assert (held(cart), saved(cart)) == ([], [("MUG", 2)])


def test_somebody_elses_list_is_out_of_reach(client, mug):
    pk = post(client, f"/cart/lines/{put(client)}/save/")["saved"][0]["id"]
    line = put(client)
    client.cookies.clear()
    assert client.post(f"/cart/saved/{pk}/move/", **JSON).status_code == 404
    assert client.post(f"/cart/lines/{line}/save/", **JSON).status_code == 404
    client.post(f"/cart/saved/{pk}/remove/", **JSON)
    assert AsideLine.objects.get().kind == AsideLine.Kind.SAVED


def test_forms_and_htmx_use_the_same_addresses(client, mug):
    line = put(client)
    body = client.post(f"/cart/lines/{line}/save/", follow=True).content.decode()
    assert "Saved for later" in body
    assert "Your cart is empty" in body
    pk = AsideLine.objects.get().pk
    response = client.post(f"/cart/saved/{pk}/move/", **HTMX)
    assert "<html" not in response.content.decode()
    assert '"count": 1' in response["HX-Trigger"]


def test_what_is_saved_is_in_no_order(mug, bowl):
    cart = fill_cart(mug, bowl, now=timezone.now())
    aside.save_for_later(cart=cart, line_id=cart.lines.get(variant=mug).pk, now=timezone.now())
    order = place(cart, now=timezone.now())
    assert list(order.lines.values_list("sku", flat=True)) == ["BOWL"]
    assert cart.aside.get().variant == mug


def test_lists_join_at_login(mug, bowl):
    guest, account = fill_cart(mug, bowl, now=timezone.now()), None
    alice = User.objects.create_user("alice@example.com", "a long password")
    account = carts.open_cart(currency="USD", owner=alice)
    carts.add(cart=account, sku="MUG", quantity=2, now=timezone.now())
    for cart in (guest, account):
        for line in cart.lines.all():
            aside.save_for_later(cart=cart, line_id=line.pk, now=timezone.now())
    join_at_login(guest=guest, owner=alice)
    lists = AsideLine.objects.filter(cart__owner=alice).order_by("variant__sku")
    assert list(lists.values_list("variant__sku", "quantity")) == [("BOWL", 1), ("MUG", 3)]


def test_another_currency_forgets_what_was_seen(mug):
    cart = fill_cart(mug, now=timezone.now())
    aside.save_for_later(cart=cart, line_id=cart.lines.get().pk, now=timezone.now())
    carts.switch_currency(cart=Cart.objects.get(pk=cart.pk), currency="IDR")
    assert cart.aside.get().seen_price is None
