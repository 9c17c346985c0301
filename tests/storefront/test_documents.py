"""Search documents: which pages have one, and which words stand where."""

import pytest
from django.contrib.postgres.search import SearchQuery
from wagtail.models import PageViewRestriction

from shop.catalogue.models import Brand, Placement, Product
from shop.outbox.models import Stale
from shop.storefront import documents
from shop.storefront.models import SearchDocument
from tests.factories import (
    make_category,
    make_category_page,
    make_home,
    make_locale,
    make_product,
    make_product_page,
    make_value,
)

pytestmark = pytest.mark.django_db


def stream(*texts):
    return [{"type": "paragraph", "id": f"x{n}", "value": f"<p>{text}</p>"} for n, text in enumerate(texts)]


def refreshed(*products):
    documents.refresh([product.pk for product in products])
    return SearchDocument.objects.filter(product__in=products)


def has(raw, config="shop_en"):
    """Whether a document matches the text of a tsquery, weights included."""
    return SearchDocument.objects.filter(document=SearchQuery(raw, search_type="raw", config=config)).exists()


def test_words_weigh_by_where_they_stand():
    mug = make_product("tide-mug", variants=[{"colour": "indigo"}], category=make_category("ceramics"))
    mug.facts.add(make_value("material", "stoneware"))
    mug.brand = Brand.objects.create(slug="kiln", name="Kilnhouse")
    mug.save()
    Placement.objects.create(product=mug, category=make_category("gifts"))
    make_product_page(mug, title="Tide Mug", summary="Holds coffee", story=stream("Thrown <b>slowly</b> in Bantul"))
    [document] = refreshed(mug)
    assert (document.title, document.language) == ("Tide Mug", "en")
    assert all(has(f"{word}:A") for word in ("tide", "mugs", "tidemugindigo"))
    assert has("'tidemug':*A")
    assert all(has(f"{word}:B") for word in ("indigo", "stoneware", "kilnhouse", "ceramic", "gifts"))
    assert has("coffee:C")
    assert all(has(f"{word}:D") for word in ("thrown", "slowly", "bantul"))
    assert not any(has(word) for word in ("'paragraph'", "b", "x0", "indigo:A", "coffee:A", "bantul:ABC"))


def test_words_of_blocks_within_blocks_count():
    blocks = [
        {"type": "quote", "id": "1", "value": {"text": "Heavy and quiet", "source": "Ratri"}},
        {"type": "shelf", "id": "2", "value": {"title": "Beside it", "products": []}},
    ]
    mug = make_product()
    make_product_page(
        mug, story=blocks, faq=[{"type": "question", "value": {"question": "Microwave?", "answer": "No"}}]
    )
    refreshed(mug)
    assert has("heavy:D & ratri:D & beside:D & microwave:D")


def test_accents_fold_and_each_language_has_its_own_endings():
    mug = make_product("mug")
    make_product_page(mug, title="Café Mugs")
    parent = make_category_page(mug.category).copy_for_translation(make_locale("id"), copy_parents=True)
    parent.save_revision().publish()
    twin = mug.pages.get().copy_for_translation(make_locale("id"))
    twin.title = "Cangkir minuman"
    twin.save_revision().publish()
    assert {document.language for document in refreshed(mug)} == {"en", "id"}
    assert has("'café' & mug")
    assert has("cafe & mug")
    assert has("minum", "shop_id")


def test_a_second_time_changes_nothing_and_a_change_changes_its_own(django_assert_num_queries):
    mug, bowl = make_product("mug"), make_product("bowl")
    page = make_product_page(mug)
    make_product_page(bowl)
    ids = [mug.pk, bowl.pk]
    Stale.objects.all().delete()  # nobody but this test writes documents
    with django_assert_num_queries(1):
        assert documents.refresh(ids) == 2
    assert documents.refresh(ids) == 0
    page.title = "Tide Mug"
    page.save_revision().publish()
    assert documents.refresh(ids) == 1
    assert set(SearchDocument.objects.values_list("title", flat=True)) == {"Tide Mug", "Bowl"}


def test_drafts_have_none():
    mug = make_product()
    make_product_page(mug, live=False)
    assert not refreshed(mug).exists()


@pytest.mark.parametrize("where", ["on the page", "above it"])
def test_what_is_not_for_everybody_has_none(where):
    mug, other = make_product("mug"), make_product("bowl", category=make_category("textiles"))
    page = make_product_page(mug)
    make_product_page(other)
    assert refreshed(mug, other).count() == 2
    private = page if where == "on the page" else page.get_parent()
    PageViewRestriction.objects.create(page=private, restriction_type="login")
    assert [document.product_id for document in refreshed(mug, other)] == [other.pk]


def test_an_unpublished_page_loses_its_own():
    mug = make_product()
    page = make_product_page(mug)
    assert refreshed(mug).exists()
    page.unpublish()
    assert not refreshed(mug).exists()


def test_products_without_pages_and_no_products_are_nothing():
    make_home()
    assert documents.refresh([make_product().pk]) == 0
    assert documents.refresh([]) == 0
    assert Product.objects.exists()
