"""What is kept of a person: shown, handed out, and let go of without a trace."""

import io
import json
import re
import zipfile
from datetime import timedelta
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core import mail
from django.db import IntegrityError, connection, models, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.log_actions import log

from shop import audit
from shop.account import erasure, exports, privacy
from shop.account.models import ErasureRequest, ExportPart
from shop.audit import people
from shop.cart import operations as carts
from shop.customers import consents
from shop.customers import operations as customers
from shop.customers.models import Consent, User
from shop.customers.personal import Person
from shop.customers.wording import Kind
from shop.orders.models import Order, OrderAddress
from shop.outbox import operations as outbox
from shop.outbox.models import AuditEntry, Mail
from shop.payments.models import WebhookEvent
from shop.returns.models import Return
from shop.reviews import operations as reviews
from shop.reviews.models import Review
from shop.reviews.operations import Words
from shop.wishlist.models import StockAsk, Wishlist
from tests.checkout.world import ADDRESS, NOW, fill_cart, place, sell
from tests.factories import make_staff

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough password"
LATER = NOW + timedelta(days=60)
# What tells who Alice is, wherever it may lie.
TRACES = ("alice@example.com", "Alice Hartono", "418 Alder", "+1 503 555 0137", "under the blue mat", "Alice H.")


@pytest.fixture
def alice() -> User:
    user = User.objects.create_user("alice@example.com", PASSWORD, name="Alice Hartono")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@pytest.fixture
def browser(client, alice) -> Client:
    """Signed in, and has said once more who she is."""
    client.post(reverse("account_login"), {"login": alice.email, "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def bought(alice: User | None, sku: str = "MUG") -> Order:
    """An order that arrived, with everything about it that can name somebody."""
    order = place(fill_cart(sell(sku)))
    fulfil = {"state": "delivered", "payment_status": "paid", "user": alice, "customer_note": "under the blue mat"}
    Order.objects.filter(pk=order.pk).update(**fulfil)
    OrderAddress.objects.filter(order=order).update(phone="+1 503 555 0137")
    payment = order.payments.first()
    seen = {"provider": "stripe", "kind": "x", "received_at": NOW, "state": "processed", "payment": payment}
    WebhookEvent.objects.create(dedupe_key=f"evt_{sku}", body='{"name": "Alice Hartono"}', **seen)
    body = '{"receipt_email": "alice@example.com"}'
    WebhookEvent.objects.create(dedupe_key=f"lost_{sku}", body=body, **{**seen, "payment": None})
    letter = {"to": "alice@example.com", "subject": "Dear Alice Hartono", "text": "418 Alder", "html": "418 Alder"}
    Mail.objects.create(key=f"paid/{order.number}", kind="paid", order_number=order.number, sent_at=NOW, **letter)
    change = {
        "subject": f"order:{order.number}",
        "before": {"line1": ADDRESS["line1"]},
        "after": {"line1": "1 Elm Street"},
    }
    outbox.record(actor="packer@example.com", action="order.address", now=NOW, **change)
    log(instance=order, action="shop.change", data={"did": "Correct the address", "changes": [change]})
    back = {"words": "Alice Hartono, it broke", "created_at": NOW, "moved_at": NOW, "state": "closed"}
    Return.objects.create(number=f"RT-{sku}", key=uuid4(), order=order, **back)
    order.refresh_from_db()
    return order


def settle(alice: User, order: Order) -> None:
    """Whatever else of her there is: a review, a cart, an address, consents, a letter that waits."""
    words = Words(stars=4, title="Lovely", text="Holds tea", name="Alice H.")
    reviews.write_review(product=order.lines.get().variant.product, words=words, language="en", user=alice, now=NOW)
    carts.add(cart=carts.open_cart(currency="USD", owner=alice), sku="MUG", quantity=1, now=NOW)
    customers.keep_address(user=alice, values=ADDRESS)
    consents.consent(email=alice.email, kind=Kind.NEWSLETTER, page="/", language="en", now=NOW)
    consents.ask(email=alice.email, kind=Kind.PRICE_DROPS, page="/", language="en", now=NOW)
    variant = order.lines.get().variant
    log(instance=alice, action="wagtail.edit")
    log(
        instance=variant.product, action="shop.change", data={"changes": [{"before": {}, "after": {"for": alice.name}}]}
    )
    StockAsk.objects.create(variant=variant, email=alice.email, user=alice, language="en", asked_at=NOW)
    Wishlist.objects.create(owner=alice, token=None, shared_as="Alice Hartono", created_at=NOW)
    asked = exports.ask(Person.of(alice), email=alice.email, language="en", now=NOW)
    exports.make(export_id=asked.pk, now=NOW)
    with transaction.atomic():
        outbox.later("outbox.relay", now=NOW, to=alice.email)


def traces() -> set[str]:
    """Every text of every table that still tells of Alice, as table.column."""
    found = set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND data_type IN ('text', 'character varying', 'jsonb')"
        )
        for table, column in cursor.fetchall():
            pattern = "|".join(re.escape(trace) for trace in TRACES)
            cursor.execute(f'SELECT 1 FROM "{table}" WHERE "{column}"::text ~* %s LIMIT 1', [pattern])
            if cursor.fetchone():
                found.add(f"{table}.{column}")
    return found


class TestThePage:
    def test_it_tells_what_was_said_and_takes_it_back(self, browser, alice):
        consents.consent(email=alice.email, kind=Kind.NEWSLETTER, page="/", language="en", now=NOW)
        assert "You said yes on 22 November 2026" in browser.get(reverse("account:privacy")).content.decode()
        browser.post(reverse("account:change_consent"), {"kind": "newsletter", "given": "0"})
        assert not consents.has_consented(email=alice.email, kind=Kind.NEWSLETTER)
        browser.post(reverse("account:change_consent"), {"kind": "price_drops", "given": "1"})
        assert consents.has_consented(email=alice.email, kind=Kind.PRICE_DROPS)
        assert Consent.objects.first().page == "/account/privacy/letters/"

    def test_what_is_no_kind_changes_nothing(self, browser):
        browser.post(reverse("account:change_consent"), {"kind": "everything", "given": "1"})
        assert not Consent.objects.exists()

    @pytest.mark.parametrize("name", ["privacy", "change_consent", "export", "erase"])
    def test_it_is_for_whoever_is_signed_in(self, client, name):
        for ask in (client.get, client.post):
            answer = ask(reverse(f"account:{name}"))
            assert answer.status_code in (302, 405)
            assert answer.status_code == 405 or "/account/login/" in answer["Location"]


class TestExport:
    def test_it_holds_what_we_keep_and_no_secrets(self, browser, alice):
        order = bought(alice)
        settle(alice, order)
        answer = browser.post(reverse("account:export"))
        archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
        told = json.loads(archive.read("data.json"))
        text = json.dumps(told)
        for trace in TRACES:
            assert trace in text
        assert told["orders"][0]["lines"][0]["sku"] == "MUG"
        assert told["payments"][0]["amount"] == str(order.total)
        for secret in (order.token, alice.password, browser.session.session_key):
            assert secret not in text

    def test_it_holds_nothing_of_others(self, alice):
        mallory = User.objects.create_user("mallory@example.com", PASSWORD, name="Mallory")
        settle(alice, bought(alice))
        text = zipfile.ZipFile(privacy.export(Person.of(mallory), now=NOW)).read("data.json").decode()
        assert not [trace for trace in TRACES if trace in text]

    def test_an_address_that_is_not_proven_gives_nothing(self, alice):
        bought(None)
        EmailAddress.objects.update(verified=False)
        assert not list(privacy.orders.orders_of(Person.of(alice)))

    def test_who_it_is_is_asked_again_and_then_the_file_comes(self, client, alice):
        client.force_login(alice)
        asked = client.post(reverse("account:export"))
        assert "reauthenticate" in asked["Location"]
        answer = client.post(asked["Location"], {"password": PASSWORD})
        assert answer.headers["Content-Type"] == "application/zip"


class TestAsking:
    def test_a_letter_says_when_and_how_to_take_it_back(self, browser, alice, settings):
        assert "What the law has us keep" in browser.get(reverse("account:erase")).content.decode()
        browser.post(reverse("account:erase"))
        request = ErasureRequest.objects.get()
        assert request.due_at - request.asked_at == timedelta(days=settings.ERASURE_AFTER_DAYS)
        outbox.relay(now=timezone.now())
        [letter] = mail.outbox
        path = re.search(r"http://testserver(/account/privacy/keep/\S+)", letter.body)[1]
        stranger = Client()
        assert "Keep me" in stranger.get(path).content.decode()
        assert ErasureRequest.objects.get().is_open
        assert "Good that you stay" in stranger.post(path).content.decode()
        assert erasure.erase_due(now=LATER) == 0
        assert User.objects.filter(pk=alice.pk).exists()
        assert stranger.post(path).status_code == 404

    def test_twice_is_once(self, alice):
        first = erasure.ask(user=alice, language="en", now=NOW)
        assert erasure.ask(user=alice, language="en", now=LATER) == first

    def test_whoever_works_here_is_not_forgotten_by_a_form(self, client):
        with pytest.raises(erasure.NotForStaff):
            erasure.ask(user=make_staff("Editor"), language="en", now=NOW)
        assert not ErasureRequest.objects.exists()


class TestForgetting:
    def test_no_trace_is_left_and_the_books_stay(self, alice, browser):
        order = bought(alice)
        guest_order = bought(None, "BOWL")
        settle(alice, order)
        before = {(one.number, one.total, one.tax, one.placed_at) for one in Order.objects.all()}
        erasure.ask(user=alice, language="en", now=NOW)
        assert erasure.erase_due(now=NOW + timedelta(days=13)) == 0
        assert erasure.erase_due(now=LATER) == 1
        assert traces() == set()
        assert not ExportPart.objects.exists()
        assert {(one.number, one.total, one.tax, one.placed_at) for one in Order.objects.all()} == before
        assert {one.country for one in OrderAddress.objects.all()} == {"US"}
        review = Review.objects.get()
        assert (review.stars, review.text, review.user) == (4, "", None)
        assert not consents.has_consented(email="alice@example.com", kind=Kind.NEWSLETTER)
        assert Consent.objects.get().words, "what we asked stays"
        assert browser.get(reverse("account:privacy")).status_code == 302, "signed out"
        assert Client().get(f"/orders/{guest_order.number}/{guest_order.token}/").status_code == 404
        assert not [found.breaches for found in audit.audit(now=LATER, checks=people.CHECKS) if found.breaches]

    def test_others_keep_what_is_theirs(self, alice):
        order = bought(alice)
        bob = User.objects.create_user("bob@example.com", PASSWORD, name="Bob")
        theirs = bought(bob, "BOWL")
        Order.objects.filter(pk=theirs.pk).update(email="bob@example.com")
        privacy.forget(Person.of(alice), now=LATER)
        theirs.refresh_from_db()
        order.refresh_from_db()
        assert (theirs.email, theirs.user, theirs.shipping_address.name) == ("bob@example.com", bob, "Alice Hartono")
        assert (order.email, order.user) == ("", None)

    @pytest.mark.parametrize("state", ["pending", "processing"])
    def test_what_is_open_is_finished_first(self, alice, state):
        order = bought(alice)
        Order.objects.update(state=state)
        erasure.ask(user=alice, language="en", now=NOW)
        assert erasure.erase_due(now=LATER) == 0
        request = ErasureRequest.objects.get()
        assert order.number in request.waits_for
        assert request.due_at == LATER + erasure.AGAIN
        assert User.objects.filter(pk=alice.pk).exists()
        assert Order.objects.get().email == "alice@example.com"
        Order.objects.update(state="delivered")
        assert erasure.erase_due(now=LATER + erasure.AGAIN) == 1

    def test_a_failure_changes_nothing_and_is_tried_again(self, alice, monkeypatch):
        bought(alice)
        erasure.ask(user=alice, language="en", now=NOW)
        with monkeypatch.context() as broken:
            last = privacy.Room("broken", (), list, forget=None)
            broken.setattr(privacy, "ROOMS", (*privacy.ROOMS, last))
            assert erasure.erase_due(now=LATER) == 0
        assert Order.objects.get().email == "alice@example.com"
        assert erasure.erase_due(now=LATER + erasure.AGAIN) == 1

    def test_nobody_is_written_to_afterwards(self, alice):
        from shop.orders import operations as orders

        order = bought(alice)
        privacy.forget(Person.of(alice), now=LATER)
        order.refresh_from_db()
        with transaction.atomic():
            orders.write(order, "review_request", now=LATER)
        assert not outbox.Job.objects.filter(key__startswith="mail/review_request").exists()

    def test_the_database_refuses_half_of_it(self):
        bought(None)
        with pytest.raises(IntegrityError), transaction.atomic():
            Order.objects.update(forgotten_at=NOW)

    def test_an_audit_entry_can_be_emptied_and_not_rewritten(self):
        outbox.record(actor="a@example.com", action="x", subject="y", before={"a": 1}, after={"b": 2}, now=NOW)
        for change in ({"after": {"b": 3}}, {"actor": "b@example.com"}, {"action": "z"}):
            with pytest.raises(IntegrityError), transaction.atomic():
                AuditEntry.objects.update(**change)
        with pytest.raises(IntegrityError), transaction.atomic():
            AuditEntry.objects.all().delete()
        AuditEntry.objects.update(before={}, after={}, actor="")

    def test_the_audit_finds_what_was_forgotten_by_half(self):
        order = bought(None)
        privacy.forget(Person.guest("alice@example.com"), now=LATER)
        Mail.objects.update(to="alice@example.com")
        OrderAddress.objects.update(name="Alice")
        [found] = audit.audit(now=LATER, checks=[people.forgotten_orders_name_nobody])
        assert found.breaches == [
            f"order {order.number} still says who it was: a letter",
            f"order {order.number} still says who it was: an address",
        ]

    def test_the_audit_finds_who_waits_too_long(self, alice):
        request = erasure.ask(user=alice, language="en", now=NOW)
        late = request.due_at + timedelta(days=3)
        [found] = audit.audit(now=late, checks=[people.erasures_are_on_time])
        assert len(found.breaches) == 1
        erasure.erase_due(now=late)
        [found] = audit.audit(now=late, checks=[people.erasures_are_on_time])
        assert not found.breaches


# --- so that nothing new is left out -------------------------------------------------------------

OURS = {"shop", "shop_search", "home", "account", "sessions", "mfa", "usersessions"}
NAMES = re.compile(
    r"^(name|email|phone|line1|line2|city|postcode|ip|user_agent|actor|words|answer|shared_as|\w*note|\w+_by|\w*name)$"
)
# Words of the house, of staff at work and of machines; hashes that nobody can read back; and what goes with its parent.
IMPERSONAL = {
    *("synonym", "searchday", "sitesettings", "author", "stockitem", "stockmovement", "picture", "rendition"),
    *("taxclass", "brand", "attribute", "attributevalue", "category", "product", "collection", "promotion", "zone"),
    *("place", "dayoff", "method", "taxrate", "listingrow", "assortment", "throttle", "orderdiscount", "pricewindow"),
    *("orderevent", "refund", "refundtransition", "paymenttransition", "cartline", "asideline", "orderline"),
    *("cataloguefile", "catalogueline"),
    "erasurerequest",  # empty once it is done, by a constraint
    "customer",  # a view of accounts and orders
    "priceletter",  # prices, of a list that goes
    "redemption",  # of an account that is gone, or of a keyed hash
}


def may_name_somebody(field: models.Field) -> bool:
    if field.is_relation:
        return field.related_model is get_user_model()
    kinds = (models.EmailField, models.JSONField, models.FileField, models.GenericIPAddressField)
    return isinstance(field, kinds) or (
        isinstance(field, models.CharField | models.TextField) and NAMES.match(field.name)
    )


def test_every_model_that_may_name_somebody_is_declared():
    """A new one goes into `holds` of a room of account.privacy, which exports and forgets it, or into IMPERSONAL."""
    pages = apps.get_model("wagtailcore.Page")
    found = {
        model._meta.model_name
        for model in apps.get_models()
        if model._meta.app_label in OURS and not issubclass(model, pages)
        if any(may_name_somebody(field) for field in model._meta.concrete_fields)
    }
    declared = {name for room in privacy.ROOMS for name in room.holds}
    assert found - declared - IMPERSONAL == set()
    assert not declared & IMPERSONAL
