"""A wishlist through its addresses: forms, fragments and JSON on the same ones."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from shop.cart.models import CartLine
from shop.catalogue.models import Variant
from shop.catalogue.pricewindows import set_price
from shop.customers.models import User
from shop.inventory import operations as inventory
from shop.wishlist import operations as wishlists
from shop.wishlist.cookies import COOKIE
from shop.wishlist.models import Wishlist, WishlistItem
from tests.checkout.world import sell
from tests.factories import make_product, make_product_page

pytestmark = pytest.mark.django_db
JSON = {"headers": {"accept": "application/json"}}
HTMX = {"headers": {"hx-request": "true", "hx-target": "wishlist"}}
PASSWORD = "a long password"


@pytest.fixture
def mug() -> Variant:
    return sell(stock=5, now=timezone.now() - timedelta(hours=1))


@pytest.fixture
def alice() -> User:
    alice = User.objects.create_user("alice@example.com", PASSWORD, name="Alice Hartono")
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    return alice


def sign_in(client):
    return client.post("/account/login/", {"login": "alice@example.com", "password": PASSWORD})


def save(client, **values):
    return client.post("/wishlist/add/", values or {"sku": "MUG"}, **JSON)


def items(client):
    return client.get("/wishlist/", **JSON).json()["wishlist"]["items"]


def item_id() -> int:
    return WishlistItem.objects.get().pk


# --- saving --------------------------------------------------------------------------------------


def test_a_form_saves_and_shows_the_list(client, mug):
    response = client.post("/wishlist/add/", {"sku": "MUG"}, follow=True)
    assert response.redirect_chain == [("/wishlist/", 302)]
    assert "Mug is on your wishlist." in response.content.decode()


def test_a_program_gets_the_list_as_json(client, mug):
    told = save(client).json()
    assert (told["success"], told["wishlist"]["count"]) == (True, 1)
    assert {"sku": "MUG", "price": "24.00", "available": True, "marks": []}.items() <= told["wishlist"]["items"][
        0
    ].items()


def test_twice_is_once(client, mug):
    save(client)
    assert save(client).json()["wishlist"]["count"] == 1


def test_a_card_saves_the_cheapest_variant_that_can_be_had(client):
    now = timezone.now() - timedelta(hours=1)
    vase = make_product("vase", variants=[{"colour": "sand"}, {"colour": "indigo"}, {"colour": "moss"}], now=now)
    make_product_page(vase)
    set_price(variant=Variant.objects.get(sku="VASE-INDIGO"), currency="USD", amount=9, actor="test", now=now)
    set_price(variant=Variant.objects.get(sku="VASE-MOSS"), currency="USD", amount=5, actor="test", now=now)
    shelf = Variant.objects.get(sku="VASE-MOSS").stock_item
    inventory.count(stock_item=shelf, counted=0, actor="test", now=now)
    assert save(client, product=str(vase.pk)).json()["wishlist"]["items"][0]["sku"] == "VASE-INDIGO"


@pytest.mark.parametrize(
    "values", [{"sku": "NONE"}, {"product": "999"}, {"product": "9" * 30}, {"product": "x"}, {"sku": "'; --"}]
)
def test_what_is_not_for_sale_is_refused(client, mug, values):
    response = save(client, **values)
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert not Wishlist.objects.exists()


def test_it_holds_so_many_and_says_so(client, mug, settings):
    settings.WISHLIST_LENGTH = 1
    sell("BOWL", now=timezone.now() - timedelta(hours=1))
    save(client)
    response = save(client, sku="BOWL")
    assert (response.status_code, response.json()["code"]) == (409, "wishlist_full")
    assert [item["sku"] for item in items(client)] == ["MUG"]
    assert "Take something off first" in client.post("/wishlist/add/", {"sku": "BOWL"}, follow=True).content.decode()


def test_another_sites_form_is_refused(client, mug):
    response = client.post("/wishlist/add/", {"sku": "MUG"}, headers={"sec-fetch-site": "cross-site"})
    assert response.status_code == 403
    assert not WishlistItem.objects.exists()


def test_a_forged_cookie_is_no_list(client, mug):
    save(client)
    client.cookies[COOKIE] = str(Wishlist.objects.get().token)
    assert items(client) == []


# --- what buttons show ---------------------------------------------------------------------------


def test_buttons_learn_what_is_saved(client, mug):
    assert client.get("/wishlist/marks/").json() == {"skus": [], "products": [], "owned": [], "signed_in": False}
    save(client)
    assert client.get("/wishlist/marks/").json() == {
        "skus": ["MUG"],
        "products": [mug.product_id],
        "owned": [],
        "signed_in": False,
    }


def test_a_page_with_hearts_says_nothing_of_who_looks(client, mug):
    before = client.get("/shop/ceramics/mug/")
    save(client)
    after = client.get("/shop/ceramics/mug/")
    assert after.content == before.content
    assert "Cookie" not in after.headers.get("Vary", "")
    assert b'action="/wishlist/add/"' in after.content


def test_marks_cost_a_guest_without_a_list_no_statement(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get("/wishlist/marks/")


# --- taking off and moving -----------------------------------------------------------------------


@pytest.mark.parametrize("by", ["sku", "product", "item"])
def test_it_is_taken_off_by_variant_product_or_line_and_twice_is_fine(client, mug, by):
    save(client)
    address = f"/wishlist/items/{item_id()}/remove/" if by == "item" else "/wishlist/remove/"
    values = {"sku": "mug"} if by == "sku" else {"product": str(mug.product_id)}
    for _ in range(2):
        assert client.post(address, values, **JSON).json()["success"]
    assert items(client) == []


def test_taking_off_nothing_in_particular_is_refused(client, mug):
    save(client)
    assert client.post("/wishlist/remove/", {}, **JSON).status_code == 404
    assert len(items(client)) == 1


def test_what_was_taken_off_can_be_put_back(client, mug):
    save(client)
    html = client.post(f"/wishlist/items/{item_id()}/remove/", **HTMX).content.decode()
    assert "<html" not in html
    assert 'name="sku" value="MUG" autofocus' in html


def test_it_moves_into_the_cart(client, mug):
    save(client)
    client.post(f"/wishlist/items/{item_id()}/move/")
    assert items(client) == []
    assert CartLine.objects.get().variant == mug
    assert client.get("/cart/count/").json() == {"count": 1}


def test_what_has_sold_out_stays_and_is_said(client, mug):
    save(client)
    inventory.count(stock_item=mug.stock_item, counted=0, actor="test", now=timezone.now())
    response = client.post(f"/wishlist/items/{item_id()}/move/", **JSON)
    assert (response.status_code, response.json()["code"]) == (409, "out_of_stock")
    assert not CartLine.objects.exists()
    assert items(client)[0]["marks"] == [{"code": "sold_out", "text": "Sold out"}]


def test_somebody_elses_things_are_out_of_reach(client, mug):
    save(client)
    pk = item_id()
    client.cookies.clear()
    assert client.post(f"/wishlist/items/{pk}/move/", **JSON).status_code == 404
    client.post(f"/wishlist/items/{pk}/remove/", **JSON)
    save(client)  # now with a list of their own
    client.post(f"/wishlist/items/{pk}/remove/", **JSON)
    assert WishlistItem.objects.filter(pk=pk).exists()


# --- what has changed since ----------------------------------------------------------------------


def test_a_lower_price_is_said(client, mug):
    save(client)
    set_price(variant=mug, currency="USD", amount=20, actor="test", now=timezone.now())
    assert items(client)[0]["marks"] == [{"code": "drop", "text": "$4 less than when you saved it"}]


def test_a_higher_price_and_another_currency_are_not(client, mug):
    save(client)
    client.post("/currency/", {"currency": "IDR"})
    assert items(client)[0]["marks"] == []
    client.post("/currency/", {"currency": "USD"})
    set_price(variant=mug, currency="USD", amount=30, actor="test", now=timezone.now())
    assert items(client)[0]["marks"] == []


def test_what_left_the_shop_is_kept_and_said(client, mug):
    save(client)
    mug.product.pages.get().unpublish()
    [item] = items(client)
    assert (item["price"], item["marks"]) == (None, [{"code": "gone", "text": "No longer sold"}])
    assert "No longer sold" in client.get("/wishlist/").content.decode()


# --- sharing -------------------------------------------------------------------------------------


def link_of(client) -> str:
    client.post("/wishlist/share/", {"share": "on", "name": "Alice"})
    return f"/wishlist/shared/{Wishlist.objects.get().share_key}/"


def test_nobody_sees_it_until_it_is_shared_and_not_after(client, mug, django_user_model):
    save(client)
    assert Wishlist.objects.get().share_key is None
    address = link_of(client)
    client.cookies.clear()
    shown = client.get(address)
    assert "The wishlist of Alice" in shown.content.decode()
    assert shown.headers["X-Robots-Tag"] == "noindex"
    wishlists.stop_sharing(wishlist=Wishlist.objects.get())
    assert client.get(address).status_code == 404


def test_the_same_link_never_comes_back(client, mug):
    save(client)
    address = link_of(client)
    client.post("/wishlist/share/", {"share": "off"})
    link_of(client)
    assert client.get(address).status_code == 404


def test_a_shared_list_names_nobody_unless_they_want_it(client, mug, alice):
    client.force_login(alice)
    save(client)
    client.post("/wishlist/share/", {"share": "on"})
    address = f"/wishlist/shared/{Wishlist.objects.get().share_key}/"
    client.logout()
    html = client.get(address).content.decode()
    assert "Alice" not in html
    assert "alice@example.com" not in html


def test_visitors_put_things_into_their_own_cart_and_take_nothing_off(client, mug):
    save(client)
    html = client.get(link_of(client)).content.decode()
    assert 'action="/cart/add/"' in html
    assert "/wishlist/items/" not in html


@pytest.mark.parametrize("key", ["none", "x" * 200])
def test_a_guessed_link_leads_nowhere(client, mug, key):
    save(client)
    assert client.get(f"/wishlist/shared/{key}/").status_code == 404


def test_sharing_needs_a_list(client, mug):
    assert client.post("/wishlist/share/", {"share": "on"}, **JSON).status_code == 404


# --- signing in ----------------------------------------------------------------------------------


def test_a_guests_list_comes_along_at_login(client, mug, alice):
    save(client)
    link = link_of(client)
    sign_in(client)
    assert [item["sku"] for item in items(client)] == ["MUG"]
    assert Wishlist.objects.get().owner == alice
    assert client.get(link).status_code == 200


def test_two_lists_become_one_as_the_account_saved_it(client, mug, alice):
    bowl = sell("BOWL", now=timezone.now() - timedelta(hours=1))
    now = timezone.now()
    wishlists.add(whose=wishlists.Saving(owner=alice), sku="MUG", now=now)
    wishlists.add(whose=wishlists.Saving(owner=alice), sku="BOWL", now=now)
    kept = WishlistItem.objects.get(variant=bowl).pk
    save(client, sku="BOWL")
    response = sign_in(client)
    assert {item["sku"] for item in items(client)} == {"MUG", "BOWL"}
    assert WishlistItem.objects.get(variant=bowl).pk == kept
    assert "before you signed in" in client.get(response.url).content.decode()


def test_what_does_not_fit_is_said(client, mug, alice, settings):
    settings.WISHLIST_LENGTH = 1
    sell("BOWL", now=timezone.now() - timedelta(hours=1))
    wishlists.add(whose=wishlists.Saving(owner=alice), sku="BOWL", now=timezone.now())
    save(client)
    response = sign_in(client)
    assert [item["sku"] for item in items(client)] == ["BOWL"]
    assert "1 thing did not fit" in client.get(response.url).content.decode()


# --- what it costs -------------------------------------------------------------------------------


@pytest.mark.parametrize("things", [1, 6])
def test_the_list_asks_as_few_questions_for_many_things_as_for_one(client, django_assert_max_num_queries, things):
    for n in range(things):
        sell(f"THING-{n}", now=timezone.now() - timedelta(hours=1))
        save(client, sku=f"THING-{n}")
    client.get("/wishlist/")
    with django_assert_max_num_queries(6):
        client.get("/wishlist/")
