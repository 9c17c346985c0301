"""Content that needs care: the report names what shoppers would trip over, to those who can mend it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction

from home.models import HomePage, LandingPage
from shop.catalogue.models import Collection
from shop.demo.source import block, items, stream
from shop.storefront import indexing
from shop.storefront.care import concerns
from shop.storefront.pages import ProductPage
from tests.factories import make_staff
from tests.storefront.story import card, image, make_story, on_sale, sell_out

pytestmark = pytest.mark.django_db


def found():
    indexing.refresh(now=timezone.now())
    everything = concerns(pages=Page.objects.all(), at=timezone.now(), currency="USD")
    return [(one.page.title, one.block, one.thing, one.reason, one.seen) for one in everything]


def test_all_is_well_where_everything_can_be_had():
    make_story(card(on_sale("mug")))
    assert found() == []


def test_each_thing_that_is_wrong_is_named_with_what_shoppers_see():
    sold, away, deleted, private, archived = (on_sale(code) for code in ("mug", "bowl", "vase", "tote", "lamp"))
    make_story(*(card(pk, policy="keep") for pk in (sold, away, deleted, private, archived)), title="Kept")
    sell_out(sold)
    ProductPage.objects.get(pk=away).unpublish()
    ProductPage.objects.get(pk=deleted).delete()
    hidden = ProductPage.objects.get(pk=private)
    PageViewRestriction.objects.create(page=hidden, restriction_type=PageViewRestriction.LOGIN)
    product = ProductPage.objects.get(pk=archived).product
    product.variants.update(active=False)
    kept = "Its name: no longer for sale"
    assert found() == [
        ("Kept", "Product", "Mug", "Sold out", "The product, marked as sold out"),
        ("Kept", "Product", "Bowl", "Unpublished", kept),
        ("Kept", "Product", f"Page {deleted}", "Deleted", "Nothing"),
        ("Kept", "Product", "Tote", "Private", "Nothing"),
        ("Kept", "Product", "Lamp", "Not for sale", kept),
    ]


def test_it_looks_into_every_block_and_every_kind_of_page():
    mug, bowl = on_sale("mug"), on_sale("bowl")
    gifts = Collection.objects.create(slug="gifts", name="Gifts")
    look = block("look", {"title": "", "image": image(), "marks": items([{"product": mug, "sku": "", "x": 2, "y": 2}])})
    columns = block("columns", {"columns": items([[card(mug, policy="hide")], []])})
    shelf = block("shelf", {"title": "", "products": [], "collection": gifts.pk, "count": 4})
    front = HomePage.objects.get()
    front.add_child(
        instance=LandingPage(title="Sale", slug="sale", window=stream([look]), body=stream([columns, shelf]))
    )
    category = ProductPage.objects.get(pk=bowl).get_parent().specific
    category.story = stream([card(mug, policy="stand_in", sku="MUG")])
    category.save_revision().publish()
    sell_out(mug)
    assert found() == [
        ("Ceramics", "Product", "Mug, MUG", "Sold out", "Bowl instead"),
        ("Sale", "Look", "Mug", "Sold out", "The product, marked as sold out"),
        ("Sale", "Product", "Mug", "Sold out", "Nothing"),
        ("Sale", "Shelf", "Gifts", "Nothing in it can be had", "Nothing"),
    ]


def test_a_variant_that_is_gone_is_named():
    mug = on_sale("mug", variants=[{"colour": "indigo"}, {"colour": "sand"}])
    make_story(card(mug, sku="MUG-SAND"))
    sell_out(mug, "MUG-SAND")
    [(_page, _block, thing, reason, _seen)] = found()
    assert (thing, reason) == ("Mug, MUG-SAND", "This variant is sold out or not for sale")


def test_drafts_are_nobodys_concern():
    mug = on_sale("mug")
    story = make_story(title="Live")
    make_story(card(mug), title="Draft", live=False)
    story.body = stream([card(mug)])
    story.save_revision()
    sell_out(mug)
    assert found() == []


def test_its_queries_do_not_grow_with_the_pages():
    def statements():
        with CaptureQueriesContext(connection) as queries:
            found()
        return len(queries)

    pages = [on_sale(f"thing-{n}") for n in range(6)]
    for pk in pages[:3]:
        sell_out(pk)
    make_story(*(card(pk, policy="stand_in") for pk in pages), title="First")
    ProductPage.objects.get(pk=pages[5]).unpublish()
    few = statements()
    for n in range(8):
        make_story(*(card(pk, policy=policy) for pk in pages for policy in ("stand_in", "keep")), title=f"Story {n}")
    assert len(found()) > 20
    assert statements() == few


@pytest.mark.parametrize("role", ["Editor", "Owner"])
def test_editors_find_it_among_the_reports_with_a_way_to_the_block(client, role):
    mug = on_sale("mug")
    made = card(mug)
    story = make_story(made)
    sell_out(mug)
    client.force_login(make_staff(role))
    page = client.get(reverse("content_care")).content.decode()
    assert f"/admin/pages/{story.pk}/edit/#:w:contentpath=body.{made['id']}" in page
    assert "Sold out" in page
    assert reverse("content_care") in client.get("/admin/").content.decode()
    assert client.get(reverse("content_care_results")).status_code == 200
    lines = b"".join(client.get(reverse("content_care") + "?export=csv").streaming_content).decode()
    assert "Story,Product,Mug,Sold out" in lines


@pytest.mark.parametrize("role", ["Merchandiser", "Fulfilment", "Finance"])
def test_it_is_for_those_who_may_edit_pages(client, role):
    client.force_login(make_staff(role))
    assert client.get(reverse("content_care")).status_code == 302
    assert reverse("content_care") not in client.get("/admin/").content.decode()
