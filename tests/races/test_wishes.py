"""A wish moved into the cart from six tabs at once: it is one thing, and comes into the cart once."""

from functools import partial

import pytest

from shop.cart import operations as carts
from shop.cart.models import Cart, CartLine
from shop.customers.models import User
from shop.wishlist import operations as wishlists
from shop.wishlist.models import WishlistItem
from shop.wishlist.operations import NotFound, Saving
from tests.checkout.world import NOW, sell
from tests.races.crowd import at_once, meeting

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.slow]

TABS = 6


def press(*, owner: User | None) -> list[str]:
    """What becomes of each press, by name. Of a guest who has no cart yet each press opens one."""
    sell("MUG", stock=2 * TABS)
    wishlist = wishlists.add(whose=Saving(owner), sku="MUG", now=NOW).wishlist
    item, shopper = wishlist.items.get(), carts.Shopper(owner)
    move = partial(wishlists.move_to_cart, wishlist=wishlist, item_id=item.pk, shopper=shopper, now=NOW)
    return sorted(type(outcome).__name__ for outcome in at_once([move] * TABS))


@pytest.fixture(params=["guest", "account"])
def owner(request) -> User | None:
    return User.objects.create_user("alice@example.com") if request.param == "account" else None


def test_it_is_in_the_cart_once(owner):
    assert press(owner=owner) == ["Added"] + [NotFound.__name__] * (TABS - 1)
    assert list(CartLine.objects.values_list("variant__sku", "quantity")) == [("MUG", 1)]
    assert Cart.objects.count() == 1
    assert not WishlistItem.objects.exists()


def test_control_without_asking_whether_it_was_still_there_it_is_moved_again(owner, monkeypatch):
    add_for, meet = carts.add_for, meeting(2)

    def add_slowly(**facts):
        meet()  # both have seen it on the list
        return add_for(**facts)

    def take_off_unasked(item):
        WishlistItem.objects.filter(pk=item.pk).delete()
        return True

    monkeypatch.setattr(carts, "add_for", add_slowly)
    monkeypatch.setattr(wishlists, "_take_off", take_off_unasked)
    assert press(owner=owner).count("Added") > 1
    assert sum(CartLine.objects.values_list("quantity", flat=True)) > 1
