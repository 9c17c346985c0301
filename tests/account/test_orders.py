"""Orders of mine: who sees which, how one is found again, and ordering once more."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse
from django.utils import timezone

from shop.cart.models import Cart
from shop.catalogue.models import Variant
from shop.catalogue.pricewindows import set_price
from shop.customers.models import User
from shop.inventory.models import StockItem
from shop.orders.models import Order
from tests.checkout.world import fill_cart, place, sell

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough password"


@pytest.fixture
def alice() -> User:
    user = User.objects.create_user("alice@example.com", PASSWORD, name="Alice Hartono")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@pytest.fixture
def order() -> Order:
    """A guest's, of two things, placed as alice@example.com."""
    return place(fill_cart(sell("MUG", stock=5), sell("BOWL", stock=5), quantity=2))


def sign_in(client, user: User) -> str:
    """Through the door; the page that one lands on."""
    answer = client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD}, follow=True)
    return answer.content.decode()


class TestTheList:
    def test_signing_in_leads_to_it_and_brings_what_was_ordered_as_a_guest(self, client, alice, order):
        assert order.number in sign_in(client, alice)
        order.refresh_from_db()
        assert order.user == alice

    def test_an_address_that_is_not_verified_brings_nothing(self, client, alice, order):
        EmailAddress.objects.update(verified=False)
        sign_in(client, alice)
        order.refresh_from_db()
        assert order.user is None

    def test_nobody_sees_anothers(self, client, alice, order):
        Order.objects.update(user=alice)
        client.force_login(User.objects.create_user("mallory@example.com", PASSWORD))
        page = client.get(reverse("account:orders")).content.decode()
        assert order.number not in page
        assert "Nothing yet" in page

    def test_it_asks_to_sign_in(self, client):
        assert client.get(reverse("account:orders")).headers["Location"].startswith("/account/login/")

    @pytest.mark.parametrize("page", ["0", "2", "x", "9" * 30])
    def test_there_is_no_other_page(self, client, alice, page):
        client.force_login(alice)
        assert client.get(reverse("account:orders"), {"page": page}).status_code == 404

    def test_its_statements_do_not_grow_with_the_orders(self, client, alice, django_assert_max_num_queries):
        mug = sell("MUG", stock=50)
        for _ in range(6):
            place(fill_cart(mug))
        Order.objects.update(user=alice)
        client.force_login(alice)
        client.get(reverse("account:orders"))
        with django_assert_max_num_queries(14):
            client.get(reverse("account:orders"))


class TestLookingItUp:
    def look(self, client, **typed):
        return client.post(reverse("account:lookup"), {"number": "", "email": "", **typed})

    def said(self, answer) -> str:
        return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())

    def test_number_and_address_lead_to_it(self, client, order):
        answer = self.look(client, number=order.number.lower(), email="Alice@Example.com ")
        assert answer.headers["Location"] == reverse("checkout:order", args=[order.number, order.token])

    def test_a_wrong_address_and_an_unknown_number_sound_the_same(self, client, order):
        wrong = self.look(client, number=order.number, email="mallory@example.com")
        absent = self.look(client, number="ET-99999", email="mallory@example.com")
        assert wrong.status_code == absent.status_code == 404
        assert self.said(wrong).replace(order.number, "") == self.said(absent).replace("ET-99999", "")

    def test_what_is_missing_is_said_beside_it(self, client):
        page = self.look(client, email="nonsense").content.decode()
        assert "Enter the number of your order." in page
        assert "Enter an e-mail address like name@example.com." in page
        assert 'value="nonsense"' in page

    def test_guessing_is_stopped(self, client, order, settings):
        settings.LOOKUP_LIMIT = (2, 30)
        for _ in range(2):
            assert self.look(client, number="ET-1", email="a@example.com").status_code == 404
        assert self.look(client, number=order.number, email=order.email).status_code == 429


class TestOrderingAgain:
    def again(self, client, order):
        return client.post(reverse("account:again", args=[order.number, order.token]), follow=True).content.decode()

    def test_all_of_it_goes_into_one_cart(self, client, order):
        assert "is in your cart" in self.again(client, order)
        cart = Cart.objects.exclude(lines=None).get()
        assert sorted(cart.lines.values_list("variant__sku", "quantity")) == [("BOWL", 2), ("MUG", 2)]

    def test_what_is_gone_is_said_by_name(self, client, order):
        StockItem.objects.filter(variants__sku="BOWL").update(on_hand=2)
        assert "Not to be had any more: Bowl." in self.again(client, order)
        assert Cart.objects.exclude(lines=None).get().lines.get().variant.sku == "MUG"

    def test_of_what_is_scarce_comes_what_there_is(self, client, order):
        StockItem.objects.filter(variants__sku="BOWL").update(on_hand=3)  # two of them are kept for the order
        assert "Of Bowl not all could be had." in self.again(client, order)
        cart = Cart.objects.exclude(lines=None).get()
        assert sorted(cart.lines.values_list("variant__sku", "quantity")) == [("BOWL", 1), ("MUG", 2)]

    def test_another_price_is_said(self, client, order):
        set_price(variant=Variant.objects.get(sku="MUG"), currency="USD", amount=26, actor="test", now=timezone.now())
        page = self.again(client, order)
        assert "Mug costs $26 now, and $24 when you ordered it." in page
        assert "Bowl costs" not in page

    def test_where_nothing_is_left_no_cart_is_opened(self, client, order):
        StockItem.objects.update(on_hand=2)
        carts = Cart.objects.count()
        assert f"Nothing of order {order.number} can be had any more." in self.again(client, order)
        assert Cart.objects.count() == carts

    def test_without_the_link_there_is_no_order(self, client, order):
        assert client.post(reverse("account:again", args=[order.number, "x" * 32])).status_code == 404
        assert not Cart.objects.exclude(lines=None).exists()


def test_reviews_of_mine_are_listed(client, alice):
    client.force_login(alice)
    assert "None yet" in client.get(reverse("account:reviews")).content.decode()
