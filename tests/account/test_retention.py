"""How long what is kept: the jobs that let go of it, and the cookies that the page about them names."""

import re
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from shop.account import retention
from shop.account.cookies import COOKIES
from shop.cart.models import AsideLine, Cart, CartLine
from shop.checkout.models import CheckoutDraft
from shop.customers import consents
from shop.customers.models import Consent
from shop.customers.wording import Kind
from shop.outbox.models import Job, Mail
from shop.payments.models import WebhookEvent
from shop.storefront.models import PageViews
from shop.wishlist.models import Wishlist, WishlistItem
from tests.checkout.world import answer, fill_cart, sell, submission

pytestmark = pytest.mark.django_db

NOW = timezone.now()
OLD, YOUNG = NOW - timedelta(days=4 * 365), NOW - timedelta(minutes=5)


def let_go(name: str) -> int:
    return retention.let_go(now=NOW)[name]


def test_old_carts_of_guests_go_and_those_in_use_stay(django_user_model):
    mug = sell("MUG")
    old, used, owned = fill_cart(mug), fill_cart(mug), fill_cart(mug)
    CartLine.objects.exclude(cart=used).update(added_at=OLD)
    owner = django_user_model.objects.create_user("alice@example.com")
    Cart.objects.filter(pk=owned.pk).update(owner=owner, token=None)
    Cart.objects.update(updated_at=OLD)
    assert let_go("guest_carts") == 1
    assert set(Cart.objects.values_list("pk", flat=True)) == {used.pk, owned.pk}
    assert not Cart.objects.filter(pk=old.pk).exists()


def test_old_wishlists_of_guests_go(django_user_model):
    owner = django_user_model.objects.create_user("alice@example.com")
    mug = sell("MUG")
    old, used, owned = (
        Wishlist.objects.create(created_at=OLD, **whose) for whose in ({}, {}, {"owner": owner, "token": None})
    )
    for at, wishlist in [(OLD, old), (YOUNG, used)]:
        facts = {"saved_at": at, "currency": "USD", "saved_price": 24}
        WishlistItem.objects.create(wishlist=wishlist, variant=mug, **facts)
    assert let_go("guest_wishlists") == 1
    assert set(Wishlist.objects.all()) == {used, owned}


def test_what_was_put_aside_goes_each_in_its_time():
    cart, mug = fill_cart(sell("MUG")), sell("BOWL")
    for kind, at in [("saved", OLD), ("removed", NOW - timedelta(days=2))]:
        AsideLine.objects.create(cart=cart, variant=mug, kind=kind, quantity=1, at=at)
    AsideLine.objects.create(cart=cart, variant=mug, kind="dropped", quantity=1, at=YOUNG)
    gone = retention.let_go(now=NOW)
    assert (gone["taken_out"], gone["saved_for_later"]) == (1, 1)
    assert AsideLine.objects.get().kind == "dropped"


def test_answers_go_and_their_cart_stays():
    cart = fill_cart(sell("MUG"))
    CheckoutDraft.objects.create(cart=cart, email="alice@example.com")
    assert let_go("checkout_answers") == 0
    CheckoutDraft.objects.update(updated_at=OLD)
    assert let_go("checkout_answers") == 1
    assert Cart.objects.get() == cart


def test_letters_and_messages_lose_their_words_and_keep_their_keys():
    letter = {"kind": "paid", "to": "a@example.com", "subject": "s", "text": "t", "html": "h", "language": "en"}
    for key, at in [("old", OLD), ("young", YOUNG), ("unsent", None)]:
        Mail.objects.create(key=key, sent_at=at, **letter)
    event = {"provider": "stripe", "kind": "x", "body": "{}"}
    for key, at, state in [("old", OLD, "processed"), ("young", YOUNG, "processed"), ("open", OLD, "received")]:
        WebhookEvent.objects.create(dedupe_key=key, received_at=at, state=state, **event)
    gone = retention.let_go(now=NOW)
    assert (gone["letters"], gone["payment_messages"]) == (1, 1)
    assert Mail.objects.get(to="").key == "old"
    assert WebhookEvent.objects.get(body="").dedupe_key == "old"
    assert retention.let_go(now=NOW)["letters"] == 0


def test_jobs_that_are_done_go_and_those_given_up_stay():
    for done, failed in [(OLD, None), (YOUNG, None), (None, OLD)]:
        Job.objects.create(task="x", due_at=OLD, done_at=done, failed_at=failed)
    assert let_go("jobs") == 1
    assert Job.objects.count() == 2


def test_page_views_go_a_day_at_a_time_the_oldest_first():
    days = [OLD.date() - timedelta(days=1), OLD.date(), NOW.date()]
    PageViews.objects.bulk_create(PageViews(day=day, page_id=page, views=3) for day in days for page in (1, 2))
    assert [let_go("page_views") for _hour in range(3)] == [2, 2, 0]
    assert set(PageViews.objects.values_list("day", flat=True)) == {NOW.date()}


def test_a_refusal_is_not_proven_for_ever():
    for email, at in [("gone@example.com", OLD), ("lately@example.com", YOUNG), ("reads@example.com", OLD)]:
        consents.consent(email=email, kind=Kind.NEWSLETTER, page="/", language="en", now=OLD)
        if not email.startswith("reads"):
            consents.withdraw(email=email, kind=Kind.NEWSLETTER, page="letter", now=at)
    consents.withdraw(email="gone@example.com", kind=Kind.REVIEW_REQUEST, page="letter", now=OLD)
    assert let_go("refusals") == 2
    kept = set(Consent.objects.exclude(email="").values_list("email", "kind"))
    assert kept == {
        ("lately@example.com", "newsletter"),
        ("reads@example.com", "newsletter"),
        ("gone@example.com", "review_request"),
    }


def test_sessions_that_ended_go_and_what_was_noted_of_them(django_user_model):
    alice = django_user_model.objects.create_user("alice@example.com")
    for age in (-1, 60):
        session = SessionStore()
        session.set_expiry(NOW + timedelta(seconds=age))
        session.save()
        UserSession.objects.create(user=alice, ip="192.0.2.1", user_agent="", session_key=session.session_key)
    assert let_go("sessions") == 1
    assert UserSession.objects.get().session_key == session.session_key


def test_pictures_of_nothing_go(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    names = [default_storage.save(f"{folder}/stray.jpg", ContentFile(b"x")) for folder in ("reviews", "returns")]
    assert let_go("stray_pictures") == 0, "what they belong to may be on its way"
    assert retention.let_go(now=NOW + timedelta(days=3))["stray_pictures"] == 2
    assert not [name for name in names if default_storage.exists(name)]


def test_a_batch_has_its_bound(monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    Job.objects.bulk_create(Job(task="x", due_at=OLD, done_at=OLD) for _each in range(3))
    assert [let_go("jobs"), let_go("jobs")] == [2, 1]


def test_every_rule_has_its_time_and_is_told(client, settings):
    assert {rule.name for rule in retention.RULES} == set(settings.RETENTION_DAYS)
    page = client.get("/cookies/").content.decode()
    assert "Messages of payment companies" in page
    assert "90 days" in page


class TestCookies:
    def test_a_purchase_sets_those_that_are_named_and_no_others(self, client):
        sell("MUG")
        pages = [client.post("/currency/", {"currency": "USD", "next": "/"}, follow=True)]
        client.post("/cart/add/", {"sku": "MUG", "quantity": 1})
        pages += [client.get("/cart/?country=GB"), client.get("/cookies/")]
        answer(client)
        pages += [client.get(f"/checkout/{step}/") for step in ("contact", "address", "delivery")]
        client.post("/checkout/payment/", submission(client))
        client.post("/newsletter/", {"email": "alice@example.com"})
        named = {cookie.name for cookie in COOKIES}
        assert set(client.cookies) <= named
        assert {"cart", "currency", "csrftoken"} <= set(client.cookies)
        for cookie in COOKIES:
            if (kept := client.cookies.get(cookie.name)) and kept["max-age"]:
                assert int(kept["max-age"]) == (cookie.days or 0) * 24 * 60 * 60
            assert cookie.name in pages[2].content.decode()

    def test_nothing_is_loaded_from_elsewhere_before_the_payment(self, client):
        """Whatever a browser would fetch by itself; links that somebody presses are their own choice."""
        sell("MUG")
        client.post("/cart/add/", {"sku": "MUG", "quantity": 1})
        answer(client)
        steps = [f"/checkout/{step}/" for step in ("contact", "address", "delivery")]
        for path in ["/", "/shop/ceramics/mug/", "/cart/", "/newsletter/", "/cookies/", "/account/login/", *steps]:
            page = client.get(path, follow=True).content.decode()
            loaded = re.findall(r'\s(?:src|srcset|action|data-hx-get)="(https?:)?//([^/"]+)', page)
            loaded += re.findall(r'<link rel="(?:stylesheet|preload|icon)[^>]*href="(https?:)?//([^/"]+)', page)
            assert not [host for _scheme, host in loaded if host != "testserver"], path
