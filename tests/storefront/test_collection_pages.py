"""The pages of collections: what they list, and what no page may touch."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction
from wagtail.test.utils.form_data import nested_form_data, streamfield

from shop.catalogue import collections as catalogue
from shop.catalogue.models import Collection, CollectionChoice, CollectionMember, Product
from shop.storefront import indexing
from shop.storefront.collection_page import CollectionIndexPage, CollectionPage
from tests.factories import (
    ACTOR,
    NOW,
    make_currencies,
    make_home,
    make_locale,
    make_product,
    make_product_page,
    make_staff,
)
from tests.storefront.listing_rows import make_row

pytestmark = pytest.mark.django_db

WHO = {"actor": ACTOR, "now": NOW}


def make_collection(slug: str = "gifts", **rules: Any) -> Collection:
    make_currencies()
    return catalogue.create_collection(name=slug.capitalize(), slug=slug, **rules, **WHO)


def make_index_page() -> CollectionIndexPage:
    page = CollectionIndexPage.objects.first()
    return page or make_home().add_child(instance=CollectionIndexPage(title="Collections", slug="collections"))


def make_page(collection: Collection | None = None, *, live: bool = True, **fields: Any) -> CollectionPage:
    collection = collection or make_collection()
    fields = {"title": collection.name, "slug": collection.slug, **fields}
    page = CollectionPage(collection=collection, live=False, **fields)
    make_index_page().add_child(instance=page)
    revision = page.save_revision()
    if live:
        revision.publish()
    return CollectionPage.objects.get(pk=page.pk)


def facts() -> dict[str, Any]:
    """Everything about collections that no page may touch."""
    models = (Collection, CollectionChoice, CollectionMember)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(make_staff("Owner"))
    return client


def form_of(page: CollectionPage, **changes: Any) -> dict[str, Any]:
    data = {
        "title": page.title,
        "slug": page.slug,
        "collection": page.collection_id,
        "intro": page.intro,
        "story": streamfield([]),
        "comments-TOTAL_FORMS": 0,
        "comments-INITIAL_FORMS": 0,
        "seo_title": "",
        "search_description": "",
    }
    return nested_form_data(data | changes)


def sell(code: str, price: str = "24.00") -> Product:
    """A product with its page."""
    return make_product_page(make_product(code, prices={"USD": price})).product


def settle() -> None:
    """Listings and members follow, as they do after each change."""
    indexing.refresh(now=timezone.now())


# --- what shoppers see --------------------------------------------------------------------------------


def test_a_collection_lists_its_products_in_its_order(client):
    for code in ("mug", "bowl", "vase"):
        sell(code)
    page = make_page(make_collection(in_stock=True), intro="For a friend.")
    catalogue.pin(collection=page.collection, product=Product.objects.get(code="vase"), **WHO)
    catalogue.never(collection=page.collection, product=Product.objects.get(code="bowl"), **WHO)
    settle()
    response = client.get("/collections/gifts/")
    html = response.content.decode()
    assert [card.title for card in response.context["listing"].cards] == ["Vase", "Mug"]
    assert "For a friend." in html
    assert '"BreadcrumbList"' in html
    assert "Bowl" not in html


def test_sorting_and_paging_work_as_anywhere(client, settings):
    settings.LISTING_PAGE_SIZE = 2
    for code, price in [("mug", "24.00"), ("bowl", "9.00"), ("vase", "64.00")]:
        sell(code, price)
    make_page(make_collection(in_stock=True))
    settle()
    listing = client.get("/collections/gifts/", {"sort": "price_high"}).context["listing"]
    assert ([card.title for card in listing.cards], listing.count) == (["Vase", "Mug"], 3)
    assert client.get("/collections/gifts/", {"page": "2"}).status_code == 200
    assert client.get("/collections/gifts/", {"page": "3"}).status_code == 404


def test_an_empty_or_inactive_collection_says_so(client):
    sell("mug")
    page = make_page(make_collection(in_stock=True))
    catalogue.change_collection(collection=page.collection, active=False, **WHO)
    settle()
    response = client.get("/collections/gifts/")
    assert response.status_code == 200
    assert (response.context["listing"].count, "The shelf is empty" in response.content.decode()) == (0, True)


def test_all_collections_are_shown_with_their_numbers(client, django_assert_max_num_queries):
    for code in ("mug", "bowl"):
        sell(code)
    make_page(make_collection(in_stock=True))
    for slug in ("later", "quiet"):
        make_page(make_collection(slug))
    make_page(make_collection("off", active=False))
    make_page(make_collection("draft"), live=False)
    hidden = make_page(make_collection("friends"))
    PageViewRestriction.objects.create(page=hidden, restriction_type="login")
    settle()
    rooms = client.get("/collections/").context["rooms"]
    assert [(room.title, room.url, room.count) for room in rooms] == [
        ("Gifts", "/collections/gifts/", 2),
        ("Later", "/collections/later/", 0),
        ("Quiet", "/collections/quiet/", 0),
    ]


def test_a_private_page_opens_to_nobody(client):
    page = make_page()
    PageViewRestriction.objects.create(page=page.get_parent(), restriction_type="login")
    assert client.get("/collections/gifts/").status_code in (302, 403)


# --- what no page may touch ---------------------------------------------------------------------------


def test_publishing_an_older_draft_changes_only_words():
    page = make_page(make_collection(in_stock=True))
    old = page.save_revision()
    catalogue.pin(collection=page.collection, product=make_row("mug").product, **WHO)
    catalogue.change_collection(collection=page.collection, new_days=3, **WHO)
    before = facts()
    page.title = "New words"
    page.save_revision().publish()
    old.publish()
    assert facts() == before


def test_a_copy_asks_for_its_collection_anew(editor):
    page = make_page()
    data = {"new_title": "Copy", "new_slug": "copy", "new_parent_page": page.get_parent().pk, "publish_copies": "1"}
    before = facts()
    assert editor.post(reverse("wagtailadmin_pages:copy", args=[page.pk]), data).status_code == 302
    copy = CollectionPage.objects.get(slug="copy")
    assert (copy.collection, copy.live, facts()) == (None, False, before)


def test_a_translation_is_about_the_same_collection():
    page = make_page()
    translated = page.copy_for_translation(make_locale("id"), copy_parents=True)
    translated.get_latest_revision().publish()
    assert {(row.collection, row.language, row.live) for row in CollectionPage.objects.all()} == {
        (page.collection, "en", True),
        (page.collection, "id", True),
    }


def test_an_alias_shows_the_collection_of_its_source(client):
    page = make_page()
    alias = page.create_alias(parent=make_index_page(), update_slug="again")
    assert (alias.collection, alias.shown(), alias.live) == (None, page.collection, True)
    assert client.get("/collections/again/").status_code == 200


def test_a_second_page_for_a_collection_is_refused_with_the_name_of_the_first():
    page = make_page()
    second = CollectionPage(title="Again", slug="again", collection=page.collection, locale=page.locale)
    with pytest.raises(ValidationError) as refusal:
        page.get_parent().add_child(instance=second)
    assert "Gifts" in refusal.value.message_dict["collection"][0]


def test_a_draft_needs_no_collection_but_publishing_does(editor):
    page = make_page(live=False)
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    assert editor.post(address, form_of(page, collection="")).status_code == 302
    response = editor.post(address, form_of(page, collection="") | {"action-publish": "1"})
    assert response.context["form"].errors["collection"]
    assert not CollectionPage.objects.get(pk=page.pk).live


def test_deleting_pages_deletes_no_collection():
    page = make_page()
    before = facts()
    page.get_parent().specific.delete()
    assert (CollectionPage.objects.count(), facts()) == (0, before)


def test_a_collection_with_a_page_is_kept(editor):
    page = make_page()
    with pytest.raises(ProtectedError):
        catalogue.delete_collection(collection=page.collection, **WHO)
    editor.post(reverse("collection:delete", args=[page.collection_id]))
    assert Collection.objects.exists()


def test_pages_stand_where_they_belong():
    assert Page.objects.get(pk=make_page().pk).url_path.endswith("/collections/gifts/")
    assert not CollectionPage.can_create_at(make_home())
    assert CollectionIndexPage.can_create_at(make_home())
