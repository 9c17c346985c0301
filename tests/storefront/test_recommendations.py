"""What goes with what: chosen by an editor, then bought together, then from the same shelf; never what has sold out."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from shop.catalogue.models import Variant
from shop.inventory import operations as inventory
from shop.orders.models import Order, OrderLine
from shop.orders.owned import owned_products
from shop.storefront import recommendations
from shop.storefront.models import BoughtTogether
from shop.storefront.pages import ProductPage, ProductPick
from tests.checkout.world import fill_cart, place, sell

pytestmark = pytest.mark.django_db


@pytest.fixture
def goods() -> dict[str, Variant]:
    """A mug and four others on its shelf, in this order."""
    since = timezone.now() - timedelta(days=9)
    return {sku: sell(sku, stock=20, now=since) for sku in ("MUG", "BOWL", "PLATE", "VASE", "POT")}


def bought(*variants: Variant, times: int = 1) -> None:
    for _ in range(times):
        order = place(fill_cart(*variants, now=timezone.now()), now=timezone.now())
        Order.objects.filter(pk=order.pk).update(state=Order.State.PROCESSING)


def page_of(variant: Variant) -> ProductPage:
    return ProductPage.objects.get(product=variant.product_id)


def pick(page: ProductPage, *others: Variant) -> None:
    page.picks = [ProductPick(sort_order=n, other=page_of(other)) for n, other in enumerate(others)]
    page.save_revision().publish()


def seen(client) -> list[str]:
    return [card.title for card in client.get("/shop/ceramics/mug/").context["related"]]


def test_an_editors_choice_comes_before_what_is_bought_together_and_that_before_the_shelf(client, goods):
    assert seen(client) == ["Bowl", "Plate", "Vase", "Pot"]
    bought(goods["MUG"], goods["POT"], times=2)
    recommendations.gather(now=timezone.now())
    assert seen(client) == ["Pot", "Bowl", "Plate", "Vase"]
    pick(page_of(goods["MUG"]), goods["VASE"], goods["PLATE"])
    assert seen(client) == ["Vase", "Plate", "Pot", "Bowl"]


def test_what_has_sold_out_is_left_out(client, goods):
    pick(page_of(goods["MUG"]), goods["VASE"])
    inventory.count(stock_item=goods["VASE"].stock_item, counted=0, actor="test", now=timezone.now())
    inventory.count(stock_item=goods["BOWL"].stock_item, counted=0, actor="test", now=timezone.now())
    assert seen(client) == ["Plate", "Pot"]


def test_one_order_alone_tells_of_nobody(goods):
    bought(goods["MUG"], goods["POT"])
    assert recommendations.gather(now=timezone.now()) == 0
    assert not BoughtTogether.objects.exists()


def test_counting_anew_changes_only_what_is_different_and_forgets_what_is_old(goods):
    bought(goods["MUG"], goods["POT"], times=2)
    assert recommendations.gather(now=timezone.now()) == 2
    assert recommendations.gather(now=timezone.now()) == 0
    assert BoughtTogether.objects.get(product=goods["MUG"].product).orders == 2
    recommendations.gather(now=timezone.now() + timedelta(days=181))
    assert not BoughtTogether.objects.exists()


def test_what_was_not_paid_does_not_count(goods):
    for _ in range(2):
        place(fill_cart(goods["MUG"], goods["POT"], now=timezone.now()), now=timezone.now())
    assert recommendations.gather(now=timezone.now()) == 0


def test_staff_are_told_why(client, goods):
    bought(goods["MUG"], goods["POT"], times=3)
    recommendations.gather(now=timezone.now())
    pick(page_of(goods["MUG"]), goods["VASE"])
    client.get("/")  # listings follow
    page = page_of(goods["MUG"])
    asked = {"pages": [page.pk], "products": [page.product_id], "currency": "USD", "language": "en"}
    told = recommendations.explained(**asked, limit=3)
    assert [(reason.title, reason.why) for reason in told] == [
        ("Vase", "Chosen on this page"),
        ("Pot", "Bought together in 3 orders of the last 180 days"),
        ("Bowl", "From the same shelf"),
    ]


def test_the_cart_offers_what_goes_with_it_and_is_not_in_it(client, goods):
    for sku in ("MUG", "BOWL"):
        client.post("/cart/add/", {"sku": sku})
    html = client.get("/cart/").content.decode()
    offered = html[html.index('id="goes-with"') :]
    assert "/shop/ceramics/plate/" in offered
    assert "/shop/ceramics/mug/" not in offered


@pytest.fixture
def alice(django_user_model, goods):
    """Who has bought the bowl, and has not paid for the plate."""
    alice = django_user_model.objects.create_user("alice@example.com", "a long enough password")
    for sku, state in [("BOWL", Order.State.PROCESSING), ("PLATE", Order.State.PENDING)]:
        order = place(fill_cart(goods[sku], now=timezone.now()), now=timezone.now())
        Order.objects.filter(pk=order.pk).update(user=alice, state=state)
    return alice


def test_the_cart_leaves_out_what_its_owner_has_already(client, goods, alice):
    client.force_login(alice)
    client.post("/cart/add/", {"sku": "MUG"})
    offered = client.get("/cart/").content.decode().split('id="goes-with"')[1]
    assert "/shop/ceramics/plate/" in offered
    assert "/shop/ceramics/bowl/" not in offered
    assert "Only the staff sees this" not in offered


def test_a_page_that_is_the_same_for_all_has_spare_cards_and_the_browser_asks_what_is_owned(client, goods, alice):
    for sku in ("TRAY", "LAMP"):
        sell(sku, stock=20, now=timezone.now() - timedelta(days=9))
    html = client.get("/shop/ceramics/mug/").content.decode().split('id="related"')[1]
    assert [len(re.findall(rf"<li{state}>\s*<article", html)) for state in ("", " hidden")] == [4, 2]
    assert client.get("/wishlist/marks/").json()["owned"] == []
    client.force_login(alice)
    assert client.get("/wishlist/marks/").json()["owned"] == [goods["BOWL"].product_id]


def test_what_was_sent_back_is_not_owned(goods, alice):
    OrderLine.objects.filter(order__user=alice).update(returned=1)
    assert owned_products(alice.pk) == []


def test_the_cart_explains_itself_to_staff(client, goods, alice):
    bought(goods["MUG"], goods["POT"], times=2)
    recommendations.gather(now=timezone.now())
    pick(page_of(goods["MUG"]), goods["VASE"])
    alice.is_staff = True
    alice.save()
    client.force_login(alice)
    client.post("/cart/add/", {"sku": "MUG"})
    html = client.get("/cart/").content.decode()
    for why in ("Vase: Chosen on this page", "Pot: Bought together in 2 orders", "Plate: From the same shelf"):
        assert why in html


def test_a_browser_asks_for_the_cards_that_it_remembers(client, goods, django_assert_num_queries):
    client.get("/")
    ids = [goods["POT"].product_id, goods["MUG"].product_id]
    with django_assert_num_queries(1):
        response = client.get("/recent/", {"ids": f"{ids[0]},{ids[1]},{ids[0]},999,x,{'9' * 25}"})
    html = response.content.decode()
    assert html.index("/shop/ceramics/pot/") < html.index("/shop/ceramics/mug/")
    assert html.count("<article") == 2
    assert {"public", "max-age=300"} <= set(response.headers["Cache-Control"].split(", "))
    assert client.get("/recent/").content.strip() == b""
