"""Listings follow what changes, one note at a time, and equal a fresh computation."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction

from shop.audit import audit
from shop.audit.listings import listings_are_true
from shop.catalogue import operations as catalogue
from shop.catalogue.models import Product
from shop.catalogue.operations import Amount
from shop.inventory import operations as inventory
from shop.outbox import operations as outbox
from shop.outbox.models import Stale
from shop.storefront import indexing
from shop.storefront.models import Assortment, AssortmentEntry, ListingRow
from shop.storefront.reindexing import reindex
from tests.factories import (
    ACTOR,
    NOW,
    make_category,
    make_category_page,
    make_picture,
    make_product,
    make_product_page,
)

pytestmark = pytest.mark.django_db


def settle(now=None) -> None:
    indexing.refresh(now=now or timezone.now())


def row(code: str = "mug", currency: str = "USD") -> ListingRow | None:
    return ListingRow.objects.filter(product__code=code, currency=currency).first()


def count(kind: str = "everything", ref: int = 0, currency: str = "USD") -> int:
    return Assortment.objects.get(kind=kind, ref=ref, currency=currency).count


@pytest.fixture
def mug() -> Product:
    product = make_product("mug", prices={"USD": "24.00"}, stock=3)
    make_product_page(product, photos=2)
    settle()
    return product


def test_a_product_for_sale_has_a_row_in_each_currency(mug):
    assert row().price == Decimal("24.00")
    assert row(currency="IDR").price == Decimal(391000)
    assert not Stale.objects.exists()


def test_a_new_price_is_listed_when_it_starts_and_not_before(mug):
    now = timezone.now()
    starts, ends = now + timedelta(hours=1), now + timedelta(hours=2)
    price = {"variant": mug.variants.get(), "currency": "USD", "actor": ACTOR, "now": now}
    catalogue.set_price(**price, amount=Decimal(18), compare_at=Decimal(24), starts=starts, ends=ends)
    settle(now)
    assert (row().price, row().on_sale) == (Decimal(24), False)
    settle(starts)
    assert (row().price, row().compare_at, row().on_sale) == (Decimal(18), Decimal(24), True)
    settle(ends)
    assert (row().price, row().on_sale) == (Decimal(24), False)


def test_selling_the_last_one_is_seen(mug):
    shelf = mug.variants.get().stock_item
    with transaction.atomic():
        inventory.reserve(demands=[(shelf.pk, 3)], order_number="ET-1", expires_at=NOW, now=timezone.now())
    settle()
    assert row().sold_out
    with transaction.atomic():
        inventory.release(order_number="ET-1", now=timezone.now())
    settle()
    assert not row().sold_out


@pytest.mark.parametrize("change", ["unpublish", "restrict", "restrict_above", "retire", "delete"])
def test_what_is_no_longer_for_sale_leaves_every_assortment(mug, change):
    page = mug.pages.get()
    assert (count(), count("category", mug.category_id)) == (1, 1)
    if change == "unpublish":
        page.unpublish()
    elif change == "retire":
        catalogue.set_lifecycle(product=mug, lifecycle="archived", actor=ACTOR, now=timezone.now())
    elif change == "delete":
        Page.objects.get(pk=page.pk).delete()
    else:
        on = page if change == "restrict" else page.get_parent()
        PageViewRestriction.objects.create(page=on, restriction_type="login")
    settle()
    assert row() is None
    assert (count(), count("category", mug.category_id)) == (0, 0)
    assert not AssortmentEntry.objects.exists()


def test_a_new_title_and_a_new_address_are_listed(mug):
    page = mug.pages.get()
    page.title = "Wave Mug"
    page.save_revision()
    settle()
    assert row().title == "Mug"
    page.save_revision().publish()
    parent = page.get_parent()
    parent.slug = "pottery"
    parent.save()
    settle()
    assert row().title == "Wave Mug"
    assert 'href="/shop/pottery/mug/"' in row().html


def test_a_category_holds_what_stands_below_it(mug):
    cups = make_category("cups", parent=mug.category)
    make_category_page(cups)
    catalogue.place_in_category(product=mug, category=cups, home=True, actor=ACTOR, now=timezone.now())
    catalogue.take_from_category(
        product=Product.objects.get(pk=mug.pk), category=mug.category, actor=ACTOR, now=timezone.now()
    )
    settle()
    assert (count("category", cups.pk), count("category", mug.category_id)) == (1, 1)


def test_a_product_that_cannot_be_computed_holds_up_no_other_and_is_tried_again(mug, monkeypatch):
    make_product_page(make_product("bowl"))
    computed = indexing.fresh_rows

    def broken(product_ids, now):
        if mug.pk in product_ids:
            raise RuntimeError
        return computed(product_ids, now)

    now = timezone.now()
    with monkeypatch.context() as patch:
        patch.setattr(indexing, "fresh_rows", broken)
        with transaction.atomic():
            outbox.stale("product", mug.pk, now=now)
        settle(now)
    assert row("bowl")
    assert row("mug")
    again = Stale.objects.get(kind="product", ref=mug.pk)
    assert again.due_at == now + indexing.AGAIN
    settle(again.due_at)
    assert not Stale.objects.exists()


def test_many_notes_of_one_product_are_one_computation(mug):
    with transaction.atomic():
        for _ in range(5):
            outbox.stale("product", mug.pk, now=timezone.now())
    assert indexing.refresh(now=timezone.now()) == 1


def test_a_note_needs_the_transaction_of_its_cause(transactional_db):
    with pytest.raises(transaction.TransactionManagementError):
        outbox.stale("product", 1, now=NOW)
    assert not Stale.objects.exists()


def test_reindexing_twice_writes_nothing_the_second_time(mug):
    assert reindex(now=timezone.now()) == 1
    before = list(ListingRow.objects.values()), list(AssortmentEntry.objects.order_by("pk").values())
    with CaptureQueriesContext(connection) as second:
        reindex(now=timezone.now())
    assert not [query for query in second if 'UPDATE "shop_listingrow"' in (query["sql"] or "")]
    assert (list(ListingRow.objects.values()), list(AssortmentEntry.objects.order_by("pk").values())) == before


def test_an_old_template_makes_a_row_stale(mug):
    ListingRow.objects.update(made_with="long ago", html="old")
    indexing.note_outdated(now=timezone.now())
    settle()
    assert row().html != "old"


class TestTheAudit:
    @pytest.fixture
    def breaches(self, mug):
        return lambda: audit(now=timezone.now(), checks=[listings_are_true])[0].breaches

    def test_it_finds_nothing_in_a_shop_that_is_in_order(self, breaches):
        assert breaches() == []

    @pytest.mark.parametrize(
        "change",
        [
            lambda: ListingRow.objects.update(price=Decimal(1)),
            lambda: ListingRow.objects.update(html="<article></article>"),
            lambda: ListingRow.objects.filter(currency="USD").delete(),
            lambda: AssortmentEntry.objects.update(rank=99),
            lambda: AssortmentEntry.objects.filter(assortment__kind="category").delete(),
            lambda: Assortment.objects.update(count=7),
            lambda: Assortment.objects.update(facets={"0": 7}),
        ],
    )
    def test_it_finds_what_differs_from_a_fresh_computation(self, breaches, change):
        change()
        assert breaches()

    def test_what_is_noted_as_out_of_date_is_no_breach(self, mug, breaches):
        ListingRow.objects.update(price=Decimal(1))
        with transaction.atomic():
            outbox.stale("product", mug.pk, now=timezone.now())
        assert breaches() == []


def test_a_sale_price_shows_in_both_currencies(mug):
    now = timezone.now()
    catalogue.set_price(
        variant=mug.variants.get(), currency="USD", amount=Decimal(12), compare_at=Decimal(24), actor=ACTOR, now=now
    )
    settle()
    assert (row().compare_at, row(currency="IDR").on_sale) == (Decimal(24), True)
    assert Amount(Decimal(12), Decimal(24)) == (row().price, row().compare_at)


def test_a_card_shows_the_colour_that_is_asked_for(client):
    product = make_product("cup", variants=[{"colour": "indigo"}, {"colour": "sand"}])
    for variant in product.variants.all():
        variant.image = make_picture(variant.sku.lower())
        variant.save()
    make_product_page(product)
    card = client.get("/shop/", {"colour": "sand"}).context["listing"].cards[0].html
    assert 'href="/shop/ceramics/cup/?variant=CUP-SAND"' in card
    assert "cup-sand" in card.partition("</picture>")[0]
    plain = client.get("/shop/").context["listing"].cards[0].html
    assert 'href="/shop/ceramics/cup/"' in plain
