"""manage.py seed_catalogue: what it makes is what editors and operations would have made, and it can be run again."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.db.models import Count, F
from django.test import Client, override_settings
from django.utils import timezone
from wagtail.models import Page
from wagtail.search import index
from wagtail.search.models import IndexEntry

from config import testing
from shop.audit import audit
from shop.catalogue.listing import sellable
from shop.catalogue.models import Category, Placement, PriceWindow, Product, Variant
from shop.inventory.models import StockItem
from shop.seed import seeding
from shop.seed.articles import ONE_IN, WORD, article
from shop.storefront.pages import CategoryPage, ProductPage
from tests.factories import make_staff

N = 150


def seed(products: int = N, *, no_index: bool = True, **options: Any) -> str:
    out = io.StringIO()
    call_command("seed_catalogue", products=products, no_renditions=True, no_index=no_index, stdout=out, **options)
    return out.getvalue()


@pytest.fixture(scope="module")
def catalogue_of_module(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    media = str(tmp_path_factory.mktemp("media"))
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=media):
        seed(no_index=False)
    yield media
    with django_db_blocker.unblock():
        name = str(connection.settings_dict["NAME"])
        connections.close_all()
        testing.renew_database(name, testing.template())


@pytest.fixture
def catalogue(catalogue_of_module: str, settings: Any, db: None) -> None:
    """The catalogue, made once; each test changes it in its own transaction."""
    settings.MEDIA_ROOT = catalogue_of_module


pytestmark = pytest.mark.usefixtures("catalogue")


def test_it_makes_fifty_categories_two_levels_deep_with_their_pages():
    pages = CategoryPage.objects.filter(live=True, language="en").select_related("category")
    assert Category.objects.count() == pages.count() == 50
    for page in pages:
        above = page.get_parent().specific
        assert (above.category if page.category.parent_id else None) == page.category.parent


def test_every_product_can_be_found_by_its_code_and_is_for_sale_in_both_currencies():
    assert Product.objects.count() == N
    for currency in ("USD", "IDR"):
        assert sellable(timezone.now(), currency).count() == N
    assert set(Product.objects.values_list("code", flat=True)) == {article(1, index).code for index in range(N)}


def test_the_books_and_the_tree_are_in_order():
    assert [finding for finding in audit(now=timezone.now()) if finding.breaches] == []
    assert all(problems == [] for problems in Page.find_problems())


def test_there_is_something_of_everything():
    variants = Product.objects.annotate(n=Count("variants")).values_list("n", flat=True)
    assert set(variants) == {1, 2, 3, 4}
    assert StockItem.objects.filter(policy="track", on_hand=0).exists()
    assert StockItem.objects.filter(policy="backorder", lead_days__isnull=False).exists()
    reduced = PriceWindow.objects.filter(compare_at__isnull=False, valid__upper_inf=True)
    assert set(reduced.values_list("currency", flat=True)) == {"USD", "IDR"}
    assert Variant.objects.exclude(prices__currency="IDR").exists()
    assert Product.objects.annotate(n=Count("placements")).filter(n=2).exists()
    assert not Product.objects.exclude(placements__category=F("category")).exists()
    assert Placement.objects.count() > N


def test_one_word_is_in_exactly_two_per_cent_of_the_titles_and_nowhere_else():
    assert Page.objects.filter(title__contains=WORD).count() == N // ONE_IN
    assert IndexEntry.objects.filter(body_text__contains=WORD).count() == 0
    assert Category.objects.filter(name__contains=WORD).count() == 0


def test_a_second_run_changes_nothing_and_a_larger_one_adds_the_rest():
    before = list(Product.objects.order_by("pk").values_list("pk", "code"))
    assert "nothing changed" in seed()
    assert list(Product.objects.order_by("pk").values_list("pk", "code")) == before
    assert seed(N + 10).startswith(f"  Products: {N + 10} of {N + 10}")
    assert Product.objects.count() == N + 10
    assert all(problems == [] for problems in Page.find_problems())


def test_a_run_that_was_cut_short_leaves_whole_batches_and_is_finished_by_the_next(monkeypatch: Any):
    def fail(work: Any) -> Any:
        if work.goods[0].article.number % 100 == 60:
            raise KeyboardInterrupt
        return ()

    monkeypatch.setattr(seeding, "BATCH", 10)
    monkeypatch.setattr(seeding, "SHEETS", [*seeding.SHEETS, fail])
    with pytest.raises(KeyboardInterrupt):
        seed(200)
    assert Product.objects.count() == ProductPage.objects.count() == 160
    monkeypatch.undo()
    assert "\n40 products are new" in seed(200)
    assert all(problems == [] for problems in Page.find_problems())


def test_another_seed_gives_another_catalogue_beside_the_first():
    seed(20, seed=2)
    assert Product.objects.count() == N + 20
    assert Category.objects.count() == 50


def test_the_search_of_the_admin_knows_the_pages_as_if_each_had_been_saved():
    page = ProductPage.objects.get(product__code=article(1, 7).code)
    columns = ("title", "autocomplete", "body", "title_text", "body_text")
    entries = IndexEntry.objects.filter(object_id=page.pk, content_type=page.content_type)
    written = entries.values(*columns).get()
    entries.delete()
    index.insert_or_update_object(page)
    assert entries.values(*columns).get() == written


def test_shoppers_can_open_a_page(client: Client):
    it = article(1, 7)
    page = ProductPage.objects.get(product__code=it.code)
    response = client.get(page.url)
    assert response.status_code == 200
    assert it.paragraphs[0].split(".")[0] in response.content.decode()
    listing = client.get(page.get_parent().url)
    assert re.search(rf'href="{page.url}', listing.content.decode())


def test_editors_can_open_change_and_add_pages(client: Client):
    client.force_login(make_staff("Editor"))
    page = ProductPage.objects.get(product__code=article(1, 7).code)
    assert client.get(f"/admin/pages/{page.pk}/edit/").status_code == 200
    page.title = "Renamed"
    page.save_revision().publish()
    assert ProductPage.objects.get(pk=page.pk).title == "Renamed"
    page.get_parent().specific.add_child(instance=ProductPage(title="One more", slug="one-more", live=False))
    assert all(problems == [] for problems in Page.find_problems())


def test_it_refuses_what_it_cannot_number():
    for options in (
        {"products": 0},
        {"products": 1_000_000},
        {"products": 5, "seed": 0},
        {"products": 5, "seed": 1000},
    ):
        with pytest.raises(CommandError):
            call_command("seed_catalogue", **options)
    assert Product.objects.count() == N
