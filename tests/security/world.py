"""A shop with one of everything that the admin has an address for, and somebody of each role."""

import uuid
from datetime import timedelta
from typing import Any

from django.db import models
from django.urls import reverse
from wagtail.models import Locale, Site

from home.house import Announcement, Menu, SiteSettings
from home.models import Author
from search.models import Synonym
from shop.catalogue import collections
from shop.catalogue.models import Brand, Variant
from shop.customers import operations as customers
from shop.customers.models import Consent, User
from shop.delivery.models import DayOff, Place, ReturnPolicy
from shop.orders import operations as orders
from shop.orders import parcels
from shop.orders.models import Fulfilment, Order
from shop.outbox.models import Mail
from shop.payments.models import Refund, WebhookEvent
from shop.promotions.models import Coupon, Promotion, Redemption
from shop.reviews.models import Review
from tests.checkout.world import ADDRESS, NOW, fill_cart, place, sell
from tests.factories import make_product
from tests.orders.helpers import paid_order, pay
from tests.promotions.world import coupon, use
from tests.returns.world import ask, delivered_order

LETTERS = {"E": "Editor", "M": "Merchandiser", "F": "Fulfilment", "$": "Finance", "O": "Owner"}
# Whose key an address takes, where its view does not say: by its name, or by the first part of it.
KEYS: dict[str, type[models.Model]] = {
    "orders:ship_parcel": Fulfilment,
    "orders:unpack": Fulfilment,
    "orders:refund_sent": Refund,
    "orders:refund_withdraw": Refund,
    "product:change_variant": Variant,
    "promotions": Promotion,
    "coupons": Coupon,
    "redemptions": Redemption,
}
# What other parts of an address are.
PARTS: dict[str, Any] = {"slug": "sales", "name": "picking", "kind": "shipped", "language": "en"}
SETTINGS: dict[str, type[models.Model]] = {"settings:returns": ReturnPolicy, "settings:site": SiteSettings}


def staff() -> dict[str, User]:
    return {
        letter: customers.open_account(email=f"{role.lower()}@example.com", name=role, role=role)
        for letter, role in LETTERS.items()
    }


def a_bit_of_everything() -> dict[str, Order]:
    """The orders: one to be packed, flagged, with a packed parcel and a refund to be sent by hand; and one that came."""
    here = {"packed": paid_order("MUG", quantity=2), "came": delivered_order("CUP")}
    ask(here["came"])
    order = here["packed"]
    units = {order.lines.get().pk: 1}
    parcels.pack(order_id=order.pk, units=units, actor="test", now=NOW)
    orders.flag(order, "odd", actor="test", now=NOW)
    Refund.objects.create(
        payment=order.payments.get(),
        key=uuid.uuid4(),
        amount=1,
        reason="x",
        manual=True,
        requested_by="x",
        created_at=NOW,
    )
    _goods()
    _words()
    return here


def _goods() -> None:
    make_product("vase", variants=[{"colour": "sand"}])
    Brand.objects.create(name="Tide", slug="tide")
    collections.create_collection(name="Gifts", slug="gifts", price_max=30, actor="test", now=NOW)
    coupon()
    pay(place(use(fill_cart(sell("JUG")), "WELCOME10")))
    assert Redemption.objects.exists()
    Place.objects.create(name="Workshop", **{name: ADDRESS[name] for name in ("line1", "city", "postcode", "country")})
    DayOff.objects.create(day=NOW.date(), name="A day off")


def _words() -> None:
    review = {"product": Variant.objects.first().product, "stars": 5, "title": "x", "text": "x", "name": "x"}  # type: ignore[union-attr]
    Review.objects.create(**review, language="en", created_at=NOW)
    facts = {"key": "shipped/ET-1", "kind": "shipped", "language": "en", "subject": "x", "text": "x", "html": "x"}
    Mail.objects.create(**facts, to="alice@example.com", sent_at=NOW)
    then = NOW - timedelta(days=1)
    WebhookEvent.objects.create(
        provider="stripe", dedupe_key="1", kind="x", body="{}", state="failed", received_at=then
    )
    yes = {"email": "a@example.com", "kind": "newsletter", "given": True, "version": "1", "words": "x"}
    Consent.objects.create(**yes, language="en", page="/", at=NOW)
    locale = Locale.get_default()
    Synonym.objects.create(words="mug, cup")
    Author.objects.create(name="Sari")
    Menu.objects.create(locale=locale)
    Announcement.objects.create(locale=locale, text="Hello")
    ReturnPolicy.objects.create()
    SiteSettings.objects.get_or_create(site=Site.objects.get(is_default_site=True))


def address_of(name: str, parts: list[str], model: type[models.Model] | None) -> str:
    """Of the first thing of its kind."""
    kwargs = {}
    for part in parts:
        if part in ("pk", "instance_pk"):
            kind = KEYS.get(name) or KEYS.get(name.partition("_modeladmin_")[0]) or model
            assert kind is not None, name
            first = kind._default_manager.order_by("pk").first()
            assert first is not None, f"the world has no {kind.__name__} for {name}"
            kwargs[part] = first.pk
        else:
            kwargs[part] = PARTS[part]
    return reverse(name, kwargs=kwargs)
