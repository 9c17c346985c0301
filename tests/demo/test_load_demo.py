"""The demo shop: complete after one run, untouched by the second, and careful with what people have changed."""

import io
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db.models import Sum
from django.utils import timezone
from wagtail.models import Page, Site

from home.house import Announcement, Menu, SiteSettings
from home.models import Author, ContentPage, HomePage, StoryPage
from shop.catalogue.models import (
    Category,
    Collection,
    CollectionChoice,
    Picture,
    PriceWindow,
    Product,
    Rendition,
    Variant,
)
from shop.catalogue.operations import set_price
from shop.customers.models import User
from shop.delivery.models import Method, TaxRate
from shop.demo import pictures
from shop.inventory.models import StockItem, StockMovement
from shop.outbox.models import AuditEntry
from shop.storefront.collection_page import CollectionPage
from shop.storefront.pages import CategoryPage, ProductPage

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

COUNTED = [
    Announcement,
    AuditEntry,
    Author,
    Category,
    Collection,
    CollectionChoice,
    Method,
    Page,
    Picture,
    PriceWindow,
    Product,
    Rendition,
    StockItem,
    StockMovement,
    TaxRate,
    User,
    Variant,
]


def load(**options):
    out = io.StringIO()
    call_command("load_demo", no_renditions=True, no_orders=True, stdout=out, **options)
    return out.getvalue()


def counts():
    return {model.__name__: model.objects.count() for model in COUNTED}


def test_one_run_makes_the_shop_and_a_second_changes_nothing(demo_shop):
    made = counts()
    assert (made["Product"], made["Category"], made["Collection"]) == (24, 6, 3)
    assert (made["Picture"], made["Variant"], made["User"]) == (64, 57, 6)
    for language, headline in (("en", "A table for slow Sundays"), ("id", "Meja untuk hari Minggu yang pelan")):
        spoken = {"locale__language_code": language}
        assert ProductPage.objects.live().public().filter(**spoken).count() == 24
        assert CategoryPage.objects.live().filter(**spoken).count() == 6
        assert CollectionPage.objects.live().filter(**spoken).count() == 3
        assert StoryPage.objects.live().filter(**spoken).count() == 3
        assert ContentPage.objects.live().filter(**spoken).count() == 5
        assert HomePage.objects.get(**spoken).headline == headline
        assert len(Menu.objects.get(**spoken).footer) == 3
    assert SiteSettings.for_site(Site.objects.get()).email == "hello@etalase.example"
    assert not Picture.objects.filter(description="").exists()

    # Stock stands on its ledger, and everything has a price in both currencies.
    ledger = dict(StockMovement.objects.values_list("stock_item").annotate(Sum("delta")))
    assert {item.pk: item.on_hand for item in StockItem.objects.filter(on_hand__gt=0)} == ledger
    assert Variant.objects.filter(prices__currency="USD").count() == 57
    assert Variant.objects.filter(prices__currency="IDR").count() == 57

    second = load()
    assert counts() == made
    assert "nothing changed" in second


def test_what_people_changed_stays(demo_shop):
    now = timezone.now()
    variant = Variant.objects.get(sku="TIDE-MUG-SAND-350")
    set_price(variant=variant, currency="USD", amount=Decimal("31.00"), actor="somebody", now=now)
    StoryPage.objects.get(slug="two-bags-on-the-counter", locale__language_code="en").delete()
    front = HomePage.objects.get(locale__language_code="en")
    front.headline = "Our own words"
    front.save_revision().publish()
    owner = User.objects.get(email="owner@example.com")
    owner.set_password("a password of my own")
    owner.save()

    load()
    assert PriceWindow.objects.get(variant=variant, currency="USD", valid__contains=timezone.now()).amount == 31
    assert HomePage.objects.get(locale__language_code="en").headline == "Our own words"
    assert User.objects.get(pk=owner.pk).check_password("a password of my own")
    assert StoryPage.objects.filter(slug="two-bags-on-the-counter").exists()  # missing, so made again


def test_nobody_gets_a_known_password_outside_development(demo_shop, settings):
    User.objects.all().delete()
    settings.DEBUG = settings.DEV_TOOLS = False
    out = load()
    assert not User.objects.exists()
    assert "No people were made" in out
    load(password="told on the command line")
    assert User.objects.get(email="owner@example.com").check_password("told on the command line")


def test_people_have_the_roles_that_the_shop_knows(demo_shop):
    roles = {user.email: [group.name for group in user.groups.all()] for user in User.objects.all()}
    assert roles["packer@example.com"] == ["Fulfilment"]
    assert roles["alice@example.com"] == []
    assert not User.objects.get(email="alice@example.com").is_staff


def test_quiet_says_nothing(demo_shop):
    assert load(quiet=True) == ""


def test_missing_sizes_of_a_picture_are_made_once(demo_shop):
    mug = Picture.objects.get(title="Tide Mug, sand")
    Rendition.objects.filter(image=mug).delete()
    told = []
    made = pictures.make_renditions(lambda done, total: told.append((done, total)))
    assert made == mug.renditions.count() > 0
    assert told == [(1, 1)]
    assert pictures.make_renditions(lambda done, total: told.append((done, total))) == 0
