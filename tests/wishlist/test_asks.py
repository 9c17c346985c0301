"""Who asks is told once when it is back, and nobody else is."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from shop.audit import audit, wishes
from shop.catalogue.models import Variant
from shop.customers.models import User
from shop.inventory import operations as inventory
from shop.outbox import operations as outbox
from shop.outbox.models import Job
from shop.storefront import indexing
from shop.wishlist import asks
from shop.wishlist import operations as wishlists
from shop.wishlist.models import StockAsk, WishlistItem
from tests.checkout.world import sell

pytestmark = pytest.mark.django_db
EMAIL = "bima@example.com"


@pytest.fixture
def mug() -> Variant:
    return sell(stock=0, now=timezone.now() - timedelta(hours=1))


def ask(client, email=EMAIL, **more):
    return client.post("/wishlist/tell-me/", {"sku": "MUG", "email": email, **more})


def work() -> None:
    """What worker and clock do within seconds."""
    indexing.refresh(now=timezone.now())
    for _ in range(2):  # the job that tells people writes a job for each letter
        outbox.relay(now=timezone.now())


def receive(mug: Variant, quantity: int = 1) -> None:
    inventory.receive(stock_item=mug.stock_item, quantity=quantity, actor="test", now=timezone.now())
    work()


def confirmed(mug: Variant, email: str) -> StockAsk:
    now = timezone.now()
    return StockAsk.objects.create(variant=mug, email=email, language="en", asked_at=now, confirmed_at=now)


def link(kind: str) -> str:
    """The path in the last letter to its `kind` of door."""
    return re.search(rf"https?://[^/]+(/wishlist/tell-me/{kind}/\S+)", str(mail.outbox[-1].body))[1]


def test_a_guest_asks_confirms_and_is_told_once(client, mug):
    assert "Look into the mail" in ask(client).content.decode()
    work()
    receive(mug)
    assert [letter.subject for letter in mail.outbox] == ["Shall we tell you when it is back? Mug"]

    inventory.count(stock_item=mug.stock_item, counted=0, actor="test", now=timezone.now())
    confirm = link("confirm")
    assert "Shall we tell you when Mug is back?" in client.get(confirm).content.decode()
    assert StockAsk.objects.get().confirmed_at is None
    client.post(confirm)
    receive(mug)
    receive(mug)
    assert [letter.subject for letter in mail.outbox[1:]] == ["Back in stock: Mug"]
    assert "while stock lasts" in mail.outbox[-1].body
    assert [finding.breaches for finding in audit(now=timezone.now(), checks=wishes.CHECKS)] == [[]] * len(
        wishes.CHECKS
    )


def test_who_confirms_when_it_is_back_already_is_told_at_once(client, mug):
    ask(client)
    work()
    receive(mug)
    client.post(link("confirm"))
    work()
    assert mail.outbox[-1].subject == "Back in stock: Mug"


def test_a_signed_in_person_asks_with_one_button(client, mug):
    client.force_login(User.objects.create_user("alice@example.com", "a long password"))
    assert "We write to alice@example.com" in ask(client, email="").content.decode()
    assert StockAsk.objects.get().confirmed_at


def test_an_account_cannot_sign_up_a_stranger(client, mug):
    client.force_login(User.objects.create_user("alice@example.com", "a long password"))
    ask(client)
    assert StockAsk.objects.get().confirmed_at is None


def test_the_answer_is_the_same_whether_the_address_is_known_or_not(client, mug):
    confirmed(mug, EMAIL)
    known, unknown = (ask(client, email=email).content.decode() for email in (EMAIL, "other@example.com"))
    assert known.replace(EMAIL, "") == unknown.replace("other@example.com", "")


def test_asked_twice_it_is_one(client, mug):
    ask(client)
    ask(client, email="Bima@Example.com")
    assert StockAsk.objects.count() == 1


def test_people_are_told_in_the_order_in_which_they_asked(mug):
    for email in ("c@example.com", "a@example.com", "b@example.com"):
        confirmed(mug, email)
    receive(mug)
    assert [letter.to[0] for letter in mail.outbox] == ["c@example.com", "a@example.com", "b@example.com"]


@pytest.mark.parametrize(("email", "words"), [("", "Enter the e-mail address"), ("nobody", "like name@example.com")])
def test_what_is_no_address_is_said_beside_the_field(client, mug, email, words):
    response = ask(client, email=email)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not StockAsk.objects.exists()


def test_what_can_be_had_needs_no_waiting(client, mug):
    receive(mug)
    assert "you can have it now" in ask(client).content.decode()
    assert not StockAsk.objects.exists()


def test_what_left_the_shop_is_not_waited_for(client, mug):
    mug.product.pages.get().unpublish()
    assert ask(client).status_code == 404
    assert client.post("/wishlist/tell-me/", {"sku": "NONE", "email": EMAIL}).status_code == 404
    assert not StockAsk.objects.exists()


def test_nobody_fills_a_strangers_letter_box(client, mug, settings):
    settings.STOCK_ASK_LIMITS = {"address": (20, 60), "email": (1, 60)}
    ask(client)
    assert ask(client).status_code == 429
    assert Job.objects.filter(task="wishlist.send_confirm").count() == 1


def test_a_link_ends_with_its_days_and_forged_ones_lead_nowhere(client, mug, settings):
    ask(client)
    token = asks.confirm_token(StockAsk.objects.get())
    settings.CONSENT_REQUEST_DAYS = -1
    for address in (f"confirm/{token}", "confirm/forged", "stop/forged", f"stop/{token}"):
        assert client.post(f"/wishlist/tell-me/{address}/").status_code == 404
    assert StockAsk.objects.get().confirmed_at is None


def test_the_letter_leads_out_by_one_press(client, mug):
    told = confirmed(mug, EMAIL)
    bowl = sell("BOWL", stock=0, now=timezone.now() - timedelta(hours=1))
    confirmed(bowl, EMAIL)
    receive(mug)
    stop = link("stop")
    assert "No more of these mails?" in client.get(stop).content.decode()
    assert StockAsk.objects.filter(variant=bowl).exists()
    client.post(stop)
    assert list(StockAsk.objects.all()) == [told]


def test_the_clock_tells_whom_the_indexer_has_missed(mug):
    confirmed(mug, EMAIL)
    inventory.receive(stock_item=mug.stock_item, quantity=1, actor="test", now=timezone.now())
    assert asks.tell_waiting(now=timezone.now()) == 1
    assert asks.tell_waiting(now=timezone.now()) == 0


def test_what_is_private_tells_nobody(mug):
    confirmed(mug, EMAIL)
    mug.product.pages.get().unpublish()
    receive(mug)
    assert StockAsk.objects.get().told_at is None


def test_saved_things_say_when_they_are_back(client, mug):
    wishlists.add(whose=wishlists.Saving(), sku="MUG", now=timezone.now())
    assert WishlistItem.objects.get().missed_at
    receive(mug)
    back = WishlistItem.objects.get()
    assert back.back_at
    inventory.count(stock_item=mug.stock_item, counted=0, actor="test", now=timezone.now())
    work()
    assert WishlistItem.objects.get().back_at is None


def test_old_asks_are_forgotten(client, mug):
    ask(client)
    told = confirmed(mug, "a@example.com")
    StockAsk.objects.filter(pk=told.pk).update(told_at=timezone.now())
    waiting = confirmed(mug, "b@example.com")
    asks.delete_old(now=timezone.now() + timedelta(days=91))
    assert list(StockAsk.objects.all()) == [waiting]


def test_a_sold_out_page_offers_to_tell(client, mug):
    assert 'action="/wishlist/tell-me/"' in client.get("/shop/ceramics/mug/").content.decode()


def test_the_shelf_says_how_many_wait(admin_client, mug):
    confirmed(mug, EMAIL)
    html = admin_client.get(f"/admin/stock/inspect/{mug.stock_item_id}/").content.decode()
    assert "1 person waits to be told" in html
