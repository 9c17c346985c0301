"""Every page of people, opened in one browser: shown to whom it is meant for, and with nothing that shuts anybody out, on a
phone and at a desk, by day and in the evening.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.conf import settings as conf
from django.core import signing
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page

from shop.account import erasure, exports
from shop.account.emails import PRIVACY_SALT
from shop.customers import consents
from shop.customers import operations as customers
from shop.customers.models import User
from shop.customers.personal import Person
from shop.customers.wording import Kind
from shop.delivery.models import ReturnPolicy
from shop.orders import operations as orders
from shop.orders.models import Order
from shop.returns import operations as returns
from shop.reviews import operations as reviews
from shop.reviews.operations import Words
from shop.wishlist import asks
from shop.wishlist import operations as wishlists
from tests.account.device import Device
from tests.account.factors import person, prove, set_up, sign_in
from tests.account.test_passkeys import set_up as set_up_passkey
from tests.checkout.world import ADDRESS, fill_cart, place, sell
from tests.factories import make_picture
from tests.journeys.conftest import LOOKS, PHONE
from tests.orders.helpers import pay, send
from tests.returns.world import ask as send_back

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

GONE = "00000000-0000-4000-8000-000000000000"
Addresses = dict[str, int]  # {address: status}


def bought(user: User | None, now: datetime) -> Order:
    """Three mugs and three bowls that have arrived; of what is sold out there is a vase."""
    mug, bowl = sell("MUG", stock=5, now=now), sell("BOWL", stock=5, now=now)
    sell("VASE", stock=0, now=now)
    for variant in (mug, bowl):
        variant.image = make_picture(variant.sku, size=(480, 600))
        variant.save(update_fields=["image"])
    order = send(pay(place(fill_cart(mug, bowl, quantity=3, now=now), now=now), now=now), now=now)
    orders.mark_delivered(order_id=order.pk, actor="test", now=now)
    Order.objects.filter(pk=order.pk).update(user=user)
    return Order.objects.get(pk=order.pk)


def of_anybody() -> Addresses:
    names = ["account_login", "account_signup", "account_reset_password", "account_request_login_code"]
    names += ["account:lookup", "account:cookies", "account:privacy_by_mail", "account:newsletter", "wishlist:page"]
    names += ["account_email_verification_sent", "account_reset_password_done", "account_inactive"]
    names += ["account:newsletter_asked", "account_reset_password_from_key_done"]
    return dict.fromkeys(map(reverse, names), 200) | {
        reverse("account:privacy_by_mail") + "?sent": 200,
        reverse("account:confirm_consent", args=[GONE]): 404,
        reverse("account:guest_export", args=[GONE]): 404,
        reverse("account:guest_privacy", args=["x"]): 404,
        reverse("account_confirm_email", args=["x"]): 200,
        reverse("account_reset_password_from_key", args=["x", "y"]): 200,
        reverse("wishlist:tell_me") + "?sku=VASE": 200,
        reverse("wishlist:confirm", args=["x"]): 404,
        reverse("wishlist:shared", args=["x"]): 404,
    }


def of_an_order(order: Order) -> Addresses:
    """The pages behind the link of a letter."""
    link = [order.number, order.token]
    now = timezone.now()
    asked, back = send_back(order, now=now), send_back(order, now=now)
    returns.approve(return_id=back.pk, actor="test", now=now)
    pages = dict.fromkeys(("checkout:order", "checkout:invoice", "returns:ask"), link)
    pages |= {f"returns:{name}": [*link, back.number] for name in ("page", "slip", "withdraw")}
    pages |= {"reviews:write_for_order": [*link, order.lines.last().pk]}
    found = {reverse(name, args=args): 200 for name, args in pages.items()}
    return found | {reverse("returns:page", args=[*link, asked.number]): 200}


def of_letters(order: Order, now: datetime) -> Addresses:
    """What a guest reaches from letters that are not about orders."""
    ask = asks.ask(sku="VASE", email="guest@example.com", language="en", user=None, now=now)
    asked = consents.ask(email="guest@example.com", kind=Kind.NEWSLETTER, page="/", language="en", now=now)
    erased = erasure.ask(email="guest@example.com", language="en", now=now)
    out = consents.unsubscribe_token(email="guest@example.com", kind=Kind.NEWSLETTER)
    words = Words(stars=4, title="Holds a whole pot", text="And keeps it warm.", name="Bima S.")
    product = order.lines.first().variant.product
    said = reviews.write_review(product=product, words=words, language="en", order=order, now=now)
    reviews.decide(review_ids=[said.pk], approve=True, actor="test", now=now)
    pages = {
        "account:confirm_consent": asked.key,
        "account:unsubscribe": out,
        "account:keep_me": erased.key,
        "account:guest_privacy": signing.dumps("guest@example.com", salt=PRIVACY_SALT),
        "wishlist:confirm": asks.confirm_token(ask),
        "wishlist:stop": asks.stop_token(ask.email),
        "reviews:read": product.pk,
    }
    return {reverse(name, args=[arg]): 200 for name, arg in pages.items()}


def of_an_account(user: User, now: datetime) -> Addresses:
    """With an address, a wishlist that is shared, and a file that is ready."""
    customers.keep_address(user=user, values=ADDRESS)
    whose = wishlists.Saving(owner=user)
    saved = [wishlists.add(whose=whose, sku=sku, now=now) for sku in ("MUG", "VASE")]
    shared = wishlists.share(wishlist=saved[0].wishlist, name="Alice")
    file = exports.ask(Person.of(user), email=user.email, language="en", now=now)
    exports.make(export_id=file.pk, now=now)
    names = ["orders", "reviews", "addresses", "new_address", "privacy", "erase"]
    names = [f"account:{name}" for name in names] + ["wishlist:page", "account_email", "account_change_password"]
    names += ["mfa_index", "mfa_activate_totp", "mfa_list_webauthn", "mfa_add_webauthn", "usersessions_list"]
    pages = dict.fromkeys(map(reverse, [*names, "account_logout", "account_reauthenticate"]), 200)
    return pages | {
        reverse("account:address", args=[user.saved_addresses.get().pk]): 200,
        reverse("account:export_file", args=[GONE]): 404,
        reverse("reviews:write", args=[saved[0].row.variant.product_id]): 200,
        reverse("wishlist:shared", args=[shared.share_key]): 200,
    }


def of_a_second_factor(user: User) -> Addresses:
    names = ["mfa_index", "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_deactivate_totp"]
    names += ["mfa_list_webauthn", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"]
    passkey = user.authenticator_set.get(type="webauthn").pk
    of_passkey = [reverse(name, args=[passkey]) for name in ("mfa_edit_webauthn", "mfa_remove_webauthn")]
    return dict.fromkeys([*map(reverse, names), *of_passkey], 200)


def signed_in(user: User) -> Client:
    client = Client()
    sign_in(client, user.email)
    prove(client)
    return client


@pytest.fixture
def people(live_server, settings) -> list[tuple[Client, Addresses]]:
    """Whose browser it is, and what they open."""
    settings.BASE_URL = live_server.url
    now = timezone.now()
    ReturnPolicy.objects.create(address="Jl. Kaliurang 12, Yogyakarta")
    alice, bima = person(), person("bima@example.com")
    order = bought(alice, now - timedelta(days=4))
    hers, his, between = signed_in(alice), signed_in(bima), Client()
    set_up_passkey(his, Device())
    set_up(bima)
    sign_in(between, bima.email)
    anybody = of_anybody() | of_letters(order, now) | of_an_order(order)
    return [
        (Client(), anybody),
        (hers, of_an_account(alice, now)),
        (his, of_a_second_factor(bima)),
        (between, {reverse("mfa_authenticate"): 200}),
    ]


def browser_of(client: Client, browser: Browser, url: str) -> BrowserContext:
    """A phone that is signed in where the client is."""
    context = browser.new_context(base_url=url, **PHONE)
    if session := client.cookies.get(conf.SESSION_COOKIE_NAME):
        context.add_cookies([{"name": conf.SESSION_COOKIE_NAME, "value": session.value, "url": url}])
    return context


def wrong_with(page: Page, address: str, status: int, look: Callable[[Page], list[str]]) -> list[str]:
    """What is shown instead of the page, or what axe holds against it."""
    answer = page.goto(address)
    got = "/" + page.url.split("/", 3)[3], answer.status
    if got != (address, status):
        return [f"{got} instead"]
    return look(page)


@LOOKS
def test_every_page_of_people_is_sound(people, browser, live_server, look):
    found = {}
    for client, addresses in people:
        with browser_of(client, browser, live_server.url) as context:
            page = context.new_page()
            for address, status in addresses.items():
                if wrong := wrong_with(page, address, status, look):
                    found[address] = wrong
    assert found == {}
