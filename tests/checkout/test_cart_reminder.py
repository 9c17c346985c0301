"""A cart that was left: reminded of once, by those only who asked for it, and brought back without handing it over."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from shop.cart.cookies import back_token
from shop.cart.models import Cart, CartLine
from shop.checkout import reminders, tasks
from shop.checkout.models import CheckoutDraft
from shop.customers import consents
from shop.customers.models import Consent, User
from shop.customers.wording import Kind
from shop.outbox.models import Job
from tests.checkout.world import NOW, fill_cart, place, sell

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EMAIL = "alice@example.com"


@pytest.fixture
def left() -> CheckoutDraft:
    """Alice's cart of two mugs, left at NOW after she asked to be reminded of it."""
    cart = fill_cart(sell(), quantity=2)
    draft, _new = CheckoutDraft.objects.get_or_create(cart=cart)
    draft.email = EMAIL
    reminders.ask_for_reminder(draft=draft, page="/checkout/contact/", language="en", now=NOW)
    draft.save()
    CheckoutDraft.objects.update(updated_at=NOW)
    CartLine.objects.update(added_at=NOW)
    return CheckoutDraft.objects.get()


@pytest.fixture
def sent(left, monkeypatch):
    """Have what is due sent; the mails."""

    def deliver():
        monkeypatch.setattr("shop.checkout.tasks.timezone.now", lambda: NOW + 25 * HOUR)
        for job in Job.objects.filter(task="checkout.send_cart_reminder"):
            tasks.send_cart_reminder(**job.payload)
        return mail.outbox

    return deliver


def test_after_a_day_once_with_its_goods_and_a_way_out(left, sent):
    assert reminders.remind_of_carts(now=NOW + 23 * HOUR) == 0
    assert [reminders.remind_of_carts(now=NOW + 25 * HOUR) for _time in range(2)] == [1, 0]
    (letter,) = sent()
    assert letter.to == [EMAIL]
    assert "2 x Mug: $48.00" in letter.body
    assert reverse("cart:back", args=[back_token(left.cart)]).rpartition(":")[0] in letter.body
    assert "/letters/out/" in letter.extra_headers["List-Unsubscribe"]
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert str(left.cart.token) not in letter.body


@pytest.mark.parametrize(
    "spoil",
    [
        lambda draft: CheckoutDraft.objects.update(remind_in=""),
        lambda draft: CartLine.objects.all().delete(),
        lambda draft: CartLine.objects.update(added_at=NOW + 5 * HOUR),
        lambda draft: CheckoutDraft.objects.update(updated_at=NOW - 8 * DAY),
    ],
    ids=["not asked for", "empty", "used since", "long ago"],
)
def test_nobody_is_reminded_of_what_they_did_not_leave_or_did_not_ask_for(left, spoil):
    spoil(left)
    assert reminders.remind_of_carts(now=NOW + 25 * HOUR) == 0
    assert not Job.objects.filter(task="checkout.send_cart_reminder").exists()


@pytest.mark.parametrize("what", ["withdrawn", "ordered", "emptied"])
def test_no_mail_when_things_changed_before_it_was_sent(left, sent, what):
    reminders.remind_of_carts(now=NOW + 25 * HOUR)
    if what == "withdrawn":
        consents.withdraw(email=EMAIL, kind=Kind.CART_REMINDER, page="letter", now=NOW + 25 * HOUR)
    elif what == "ordered":
        place(fill_cart(sell("PLATE")), now=NOW + HOUR)
    else:
        CartLine.objects.all().delete()
    assert sent() == []


def test_the_box_is_empty_and_a_tick_is_written_down(left):
    client = Client()
    client.post("/cart/add/", {"sku": "MUG"})
    url = reverse("checkout:contact")
    page = client.get(url).content.decode()
    assert 'name="remind"' in page
    assert "checked" not in page.split('name="remind"')[1].split(">")[0]
    client.post(url, {"email": "bob@example.com"})
    assert not Consent.objects.filter(email="bob@example.com").exists()
    client.post(url, {"email": "bob@example.com", "remind": "on"})
    said = Consent.objects.get(email="bob@example.com")
    assert (said.kind, said.given, said.page) == (Kind.CART_REMINDER, True, url)
    assert CheckoutDraft.objects.get(email="bob@example.com").remind_in == "en"


def test_another_device_gets_the_goods_and_neither_the_cart_nor_what_was_typed(left):
    stranger = Client()
    url = reverse("cart:back", args=[back_token(left.cart)])
    page = stranger.get(url)
    assert "Mug" in page.content.decode()
    assert EMAIL not in page.content.decode()
    assert "cart" not in stranger.cookies
    assert Cart.objects.count() == 1
    for _time in range(2):
        assert stranger.post(url).url == reverse("cart:page")
    theirs = Cart.objects.exclude(pk=left.cart_id).get()
    assert list(theirs.lines.values_list("variant__sku", "quantity")) == [("MUG", 2)]
    assert list(left.cart.lines.values_list("variant__sku", "quantity")) == [("MUG", 2)]
    assert not CheckoutDraft.objects.filter(cart=theirs).exists()


def test_the_cart_of_an_account_is_reached_by_signing_in(left):
    owner = User.objects.create_user(email=EMAIL, password="a long enough password")
    Cart.objects.filter(pk=left.cart_id).update(owner=owner, token=None)
    url = reverse("cart:back", args=[back_token(left.cart)])
    answer = Client().get(url)
    assert answer.url == f"{reverse('account_login')}?next={reverse('cart:page')}"
    home = Client()
    home.force_login(owner)
    assert home.get(url).url == reverse("cart:page")


@pytest.mark.parametrize("token", ["nonsense", "1:abc:def"])
def test_a_link_that_is_not_ours_leads_to_nothing(left, token):
    answer = Client().get(reverse("cart:back", args=[token]))
    assert answer.url == reverse("cart:page")
    assert Cart.objects.count() == 1
