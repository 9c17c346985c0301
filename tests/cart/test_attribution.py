"""Which story sold it: from the click or the form through the cart to the order, with facts that outlive the page."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from wagtail.models import PageViewRestriction

from home.models import Author, HomePage, StoryIndexPage, StoryPage
from shop.cart import operations as carts
from shop.cart.joining import join_at_login
from shop.cart.models import Cart, CartLine
from shop.customers.models import User
from shop.demo.source import block, stream
from shop.storefront import indexing
from tests.checkout.world import place, sell

pytestmark = pytest.mark.django_db


@pytest.fixture
def mug():
    return sell("MUG", stock=20, now=timezone.now() - timedelta(hours=1))


@pytest.fixture
def bowl():
    return sell("BOWL", stock=20, now=timezone.now() - timedelta(hours=1))


def card(variant):
    return block("product", {"product": variant.product.pages.get().pk, "sku": "", "words": ""})


def write(title, *blocks, author="Laras"):
    """A live story, and the id of its first block."""
    index = StoryIndexPage.objects.first()
    if index is None:
        index = HomePage.objects.get().add_child(instance=StoryIndexPage(title="Stories", slug="stories"))
    person, _ = Author.objects.get_or_create(name=author)
    story = StoryPage(title=title, slug=title.lower(), author=person, body=stream(blocks))
    return index.add_child(instance=story), blocks[0]["id"] if blocks else ""


def add(client, sku="MUG", **claim):
    response = client.post("/cart/add/", {"sku": sku, **claim}, headers={"accept": "application/json"})
    assert response.status_code == 200


def text(response):
    return response.content.decode()


def form_of(page):
    """What the buy box of a product page sends."""
    form = re.search(r'<form class="buy-box__form".*?</form>', page, re.DOTALL)[0]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


def told(facts):
    return {key: value for key, value in facts.items() if key != "at"}


def facts_of(story, block_id):
    return {"page": story.pk, "block": block_id, "title": story.title, "author": "Laras"}


def test_a_form_in_a_story_says_which_story_sold_it(client, mug):
    story, block_id = write("Glaze", card(mug))
    add(client, page=story.pk, block=block_id)
    assert told(CartLine.objects.get().origin) == facts_of(story, block_id)
    cart = Cart.objects.get()
    assert told(cart.attribution["first"]) == told(cart.attribution["last"]) == facts_of(story, block_id)


def test_a_link_in_a_story_counts_when_the_thing_is_added_on_its_own_page(client, mug):
    story, block_id = write("Glaze", card(mug))
    page = text(client.get("/stories/glaze/"))
    address = re.search(r'href="(/shop/ceramics/mug/\?via=[^"]+)"', page)[1]
    assert address.endswith(f"via={story.pk}.{block_id}")
    response = client.get(address)
    assert '/shop/ceramics/mug/">' in re.search(r'<link rel="canonical"[^>]*>', text(response))[0]
    assert "private" in response["Cache-Control"]
    assert not client.cookies
    client.post("/cart/add/", form_of(text(response)))
    assert told(CartLine.objects.get().origin) == facts_of(story, block_id)
    assert told(Cart.objects.get().attribution["first"]) == facts_of(story, block_id)


def test_a_click_is_remembered_in_a_cart_that_is_there(client, mug, bowl):
    story, block_id = write("Glaze", card(mug))
    add(client, "BOWL")
    client.get(f"/shop/ceramics/mug/?via={story.pk}.{block_id}")
    assert told(Cart.objects.get().attribution["last"]) == facts_of(story, block_id)
    assert CartLine.objects.get().origin == {}


def test_the_first_story_stays_and_the_last_one_follows(client, mug, bowl):
    first, first_block = write("Glaze", card(mug))
    second, second_block = write("Bowls", card(bowl))
    add(client, "MUG", page=first.pk, block=first_block)
    add(client, "BOWL", page=second.pk, block=second_block)
    attribution = Cart.objects.get().attribution
    assert told(attribution["first"]) == facts_of(first, first_block)
    assert told(attribution["last"]) == facts_of(second, second_block)
    add(client, "MUG", page=second.pk, block=second_block)
    assert CartLine.objects.get(variant=mug).origin["title"] == "Glaze"


@pytest.mark.parametrize(
    "forge",
    [
        lambda story, block_id: {"page": story.pk + 1000, "block": block_id},
        lambda story, block_id: {"page": story.pk, "block": str(uuid4())},
        lambda story, block_id: {"page": story.pk, "block": "%"},
        lambda story, block_id: {"page": "9" * 12, "block": block_id},
        lambda story, block_id: {"page": "9" * 400, "block": block_id},
        lambda story, block_id: {"page": "1 or 1", "block": block_id},
        lambda story, block_id: {"page": HomePage.objects.get().pk, "block": block_id},
        lambda story, block_id: {"page": story.pk},
    ],
)
def test_a_forged_claim_is_ignored(client, mug, forge):
    story, block_id = write("Glaze", card(mug))
    claim = forge(story, block_id)
    add(client, **claim)
    assert CartLine.objects.get().origin == {}
    client.get("/shop/ceramics/mug/", {"via": f"{claim['page']}.{claim.get('block', '')}"})
    assert Cart.objects.get().attribution == {}


@pytest.mark.parametrize("hide", ["draft", "private"])
def test_a_story_that_nobody_can_read_sells_nothing(client, mug, hide):
    story, block_id = write("Glaze", card(mug))
    if hide == "draft":
        story.unpublish()
    else:
        PageViewRestriction.objects.create(page=story.get_parent(), restriction_type=PageViewRestriction.LOGIN)
    add(client, page=story.pk, block=block_id)
    assert CartLine.objects.get().origin == {}
    assert Cart.objects.get().attribution == {}


def test_a_page_that_is_no_story_is_named_on_the_line_only(client, mug):
    front, chosen = HomePage.objects.get(), card(mug)
    front.body = stream([chosen])
    front.save_revision().publish()
    assert "via=" not in text(client.get("/"))
    add(client, page=front.pk, block=chosen["id"])
    assert CartLine.objects.get().origin["page"] == front.pk
    assert Cart.objects.get().attribution == {}


def test_the_preview_of_a_story_claims_nothing(mug):
    story, _ = write("Glaze", card(mug))
    indexing.refresh(now=timezone.now())
    page = text(story.make_preview_request())
    assert "Mug" in page
    assert "via=" not in page
    assert 'name="block"' not in page


def test_the_choice_of_an_option_keeps_the_story(client, mug):
    story, block_id = write("Glaze", card(mug))
    via = f"{story.pk}.{block_id}"
    page = text(client.get(f"/shop/ceramics/mug/?variant=MUG&via={via}"))
    assert form_of(page) == {"sku": "MUG", "page": str(story.pk), "block": block_id}


def test_the_order_keeps_the_story_after_the_page_is_gone(client, mug, bowl):
    first, first_block = write("Glaze", card(mug))
    second, second_block = write("Bowls", card(bowl))
    add(client, "MUG", page=first.pk, block=first_block)
    add(client, "BOWL", page=second.pk, block=second_block)
    story = {"first": facts_of(first, first_block), "last": facts_of(second, second_block)}
    for page in (first, second):
        page.delete()
    order = place(Cart.objects.get(), now=timezone.now())
    assert {key: told(facts) for key, facts in order.attribution.items()} == story
    line = order.lines.get(sku="MUG")
    assert told({k: v for k, v in line.origin.items() if k not in story}) == facts_of(first, first_block)
    assert {key: told(line.origin[key]) for key in story} == story


def test_what_was_sold_starts_no_later_order(client, mug):
    story, block_id = write("Glaze", card(mug))
    add(client, page=story.pk, block=block_id)
    cart = Cart.objects.get()
    place(cart, now=timezone.now())
    cart.refresh_from_db()
    assert cart.attribution == {}


def test_carts_that_join_keep_the_earliest_and_the_latest(client, mug):
    story, block_id = write("Glaze", card(mug))
    later, later_block = write("Later", card(mug))
    alice = User.objects.create_user("alice@example.com", "a long password")
    add(client, page=story.pk, block=block_id)
    guest = Cart.objects.get()
    account = carts.open_cart(currency="USD", owner=alice)
    touch = {"page": later.pk, "block": later_block, "title": "Later", "author": "", "at": timezone.now().isoformat()}
    Cart.objects.filter(pk=account.pk).update(attribution={"first": touch, "last": touch})
    join_at_login(guest=guest, owner=alice)
    attribution = Cart.objects.get().attribution
    assert (attribution["first"]["title"], attribution["last"]["title"]) == ("Glaze", "Later")
