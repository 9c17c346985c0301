"""Blocks of stories: each is shown as it should be, by itself and beside what cannot be had."""

import json
import re
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.documents import get_document_model
from wagtail.models import PageViewRestriction

from home.models import HomePage, LandingPage
from shop.catalogue.currency import COOKIE
from shop.catalogue.models import Collection, CollectionMember, Variant
from shop.catalogue.pricewindows import set_price
from shop.demo.source import block, items, stream
from shop.inventory import operations as inventory
from shop.storefront import indexing
from shop.storefront.blocks import ProductShelfBlock, StoryBlocks
from shop.storefront.links import CallBlock
from shop.storefront.pages import CategoryPage, ProductPage
from shop.storefront.words import VideoBlock
from tests.factories import ACTOR, make_picture
from tests.storefront.story import card, image, make_story, on_sale, sell_out

pytestmark = pytest.mark.django_db


def visit(client, address="/stories/story/"):
    response = client.get(address)
    assert response.status_code == 200
    page = response.content.decode()
    return page[page.index("<main") : page.index("</main>")]


def data(page, kind):
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    return next(one for one in map(json.loads, found) if one["@type"] == kind)


def document(name):
    return get_document_model().objects.create(title=name, file=ContentFile(b"film", name=name))


def film(**more):
    value = {"title": "At the wheel", "poster": image(), "file": None, "captions": None, "language": "en", "link": ""}
    return block("video", {**value, "transcript": "", **more})


# --- words and pictures --------------------------------------------------------------------------


def test_questions_open_without_a_script_and_search_engines_read_them(client):
    entry = {"question": "Is it safe?", "answer": "<p>For <b>milk</b>, yes.</p>"}
    make_story(block("questions", {"title": "Asked often", "questions": items([entry])}))
    page = visit(client)
    assert "<details" in page
    assert "<b>milk</b>" in page
    question = data(page, "FAQPage")["mainEntity"][0]
    assert (question["name"], question["acceptedAnswer"]["text"]) == ("Is it safe?", "For milk, yes.")


def test_a_film_of_our_own_is_fetched_when_it_is_played(client):
    make_story(film(file=document("wheel.mp4").pk, captions=document("wheel.vtt").pk))
    page = visit(client)
    player = re.search(r"<video.*?</video>", page, re.DOTALL)[0]
    assert 'preload="none"' in player
    assert re.search(r'<source src="/media/documents/wheel[^"]*\.mp4" type="video/mp4">', player)
    assert re.search(r'<track kind="captions" src="/media/documents/wheel[^"]*\.vtt" srclang="en"', player)
    assert re.search(r'poster="[^"]+" width="\d+" height="\d+"', player)


def test_a_film_elsewhere_is_a_link_and_nothing_is_fetched_from_there(client):
    make_story(film(link="https://www.films.example/7"))
    page = visit(client)
    assert re.findall(r"https?://[^\"]*films\.example[^\"]*", page) == ["https://www.films.example/7"]
    assert 'href="https://www.films.example/7" rel="noopener noreferrer nofollow"' in page
    assert "on films.example" in page
    assert not re.search(r"<(iframe|video|embed|object)\b", page)


def test_pictures_and_columns_keep_their_place_and_their_words(client):
    one, two = make_picture("one"), make_picture("two")
    pair = items([{"image": image(one), "caption": "First"}, {"image": image(two), "caption": ""}])
    columns = items([[block("heading", "Left")], [block("paragraph", "<p>Right.</p>")]])
    make_story(block("gallery", {"title": "", "pictures": pair}), block("columns", {"columns": columns}))
    page = visit(client)
    for tag in re.findall(r"<img[^>]*>", page):
        assert re.search(r'width="\d+" height="\d+" alt="What is to be seen"', tag)
    assert "First" in page
    assert page.count('class="columns__one"') == 2


def test_a_call_leads_to_a_page_that_is_there(client):
    link = {"text": "See it", "page": HomePage.objects.get().pk, "address": ""}
    make_story(block("call", {"title": "Come in", "text": "", "link": link}))
    assert '<a class="button" href="/">See it</a>' in visit(client)


def test_a_story_asks_for_the_newsletter_beside_the_foot_of_the_page(client):
    story = make_story(block("newsletter", {"title": "The next two bags", "text": "Written down."}))
    page = client.get("/stories/story/").content.decode()
    assert "The next two bags" in page
    form = page.split('action="/newsletter/"')[1].split("</form>")[0]
    assert f'name="next" value="{story.url}"' in form
    assert "about twice a month" in form
    ids = re.findall(r'type="email" name="email" id="([^"]+)"', page)
    assert len(set(ids)) == len(ids) == 2


# --- things --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["recipe", "howto"])
def test_a_recipe_sells_what_it_takes(client, kind):
    sugar, beans = on_sale("sugar", prices={"USD": "9.00"}), on_sale("beans", prices={"USD": "18.50"})
    takes = [
        {"words": "40 g of palm sugar", "product": sugar, "sku": ""},
        {"words": "20 g of coffee", "product": beans, "sku": ""},
        {"words": "Ice", "product": None, "sku": ""},
    ]
    value = {"kind": kind, "title": "Es kopi", "intro": "Cold.", "image": image(), "serves": "Two", "minutes": 10}
    made = block("recipe", {**value, "ingredients": items(takes), "steps": items(["Brew.", "Pour."])})
    story = make_story(made)
    page = visit(client)
    facts = data(page, "Recipe" if kind == "recipe" else "HowTo")
    assert facts["totalTime"] == "PT10M"
    assert facts["image"][0].startswith("http")
    if kind == "recipe":
        assert facts["recipeIngredient"] == ["40 g of palm sugar", "20 g of coffee", "Ice"]
        assert facts["recipeInstructions"][1] == {"@type": "HowToStep", "text": "Pour."}
    assert "Add all 2 to cart, $27.50" in page
    form = re.search(r'<form method="post" action="/cart/add-all/".*?</form>', page, re.DOTALL)[0]
    sent = re.findall(r'name="(\w+)" value="([^"]*)"', form)
    assert sent == [("page", str(story.pk)), ("block", made["id"]), ("sku", "SUGAR"), ("sku", "BEANS")]
    values = {name: [value for key, value in sent if key == name] for name, _ in sent}
    cart = client.post("/cart/add-all/", values, headers={"accept": "application/json"}).json()["cart"]
    assert [line["sku"] for line in cart["lines"]] == ["SUGAR", "BEANS"]


def test_what_cannot_be_had_holds_up_nothing_else(client):
    on_sale("sugar")
    sell_out(on_sale("beans"))
    answer = {"accept": "application/json"}
    cart = client.post("/cart/add-all/", {"sku": ["SUGAR", "BEANS", "NONE"]}, headers=answer).json()["cart"]
    assert [line["sku"] for line in cart["lines"]] == ["SUGAR"]
    page = client.post("/cart/add-all/", {"sku": ["BEANS"]}, follow=True).content.decode()
    assert "not for sale any more" in page
    assert client.post("/cart/add-all/", headers=answer).status_code == 404


def test_a_shelf_follows_its_collection(client):
    gifts = Collection.objects.create(slug="gifts", name="Gifts")
    pages = [on_sale(code) for code in ("mug", "bowl", "vase", "tote")]
    products = [ProductPage.objects.get(pk=pk).product for pk in pages]
    sell_out(pages[0])
    indexing.refresh(now=timezone.now())
    for position, product in enumerate(products):
        is_pinned = product.code == "tote"
        CollectionMember.objects.create(collection=gifts, product=product, position=position, pinned=is_pinned)
    value = {"title": "Gifts", "products": [], "collection": gifts.pk, "count": 2}
    make_story(block("shelf", value))
    page = visit(client)
    assert re.findall(r'class="card__name"><a [^>]*>(\w+)<', page) == ["Tote", "Bowl"]
    gifts.active = False
    gifts.save()
    assert "Tote" not in visit(client)


@pytest.mark.parametrize("kind", ["story", "landing", "category", "product"])
def test_every_kind_of_page_takes_the_blocks(client, kind):
    made = stream([card(on_sale("mug")), block("heading", "Words")])
    if kind == "story":
        address = make_story(card(ProductPage.objects.get().pk)).get_url()
    elif kind == "landing":
        page = HomePage.objects.get().add_child(instance=LandingPage(title="Sale", slug="sale", body=made))
        address = page.get_url()
    else:
        on_sale("bowl")
        page = CategoryPage.objects.get() if kind == "category" else ProductPage.objects.get(product__code="bowl")
        page.story = made
        page.save_revision().publish()
        address = page.get_url()
    assert re.search(r'class="aside" aria-label="Mug"', visit(client, address))


# --- sold out, gone ------------------------------------------------------------------------------


def end(page_id, how):
    page = ProductPage.objects.get(pk=page_id)
    if how == "sold out":
        sell_out(page_id)
    elif how == "unpublished":
        page.unpublish()
    elif how == "deleted":
        page.delete()
    elif how == "private":
        PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.LOGIN)


@pytest.mark.parametrize("how", ["sold out", "unpublished", "deleted", "private"])
def test_hidden_means_hidden(client, how):
    mug = on_sale("mug")
    make_story(card(mug, policy="hide"), block("heading", "Words"))
    end(mug, how)
    page = visit(client)
    assert "Mug" not in page
    assert "Words" in page


@pytest.mark.parametrize(
    ("how", "words"),
    [("sold out", "Sold out"), ("unpublished", "No longer for sale"), ("deleted", None), ("private", None)],
)
def test_kept_means_said(client, how, words):
    mug = on_sale("mug")
    make_story(card(mug, policy="keep"), block("heading", "Words"))
    end(mug, how)
    page = visit(client)
    assert 'name="sku"' not in page
    assert ("Mug" in page) is bool(words)
    assert words is None or words in page


@pytest.mark.parametrize("how", ["sold out", "unpublished", "deleted", "private"])
def test_the_chosen_stand_in_takes_its_place(client, how):
    mug, bowl = on_sale("mug"), on_sale("bowl")
    make_story(card(mug, policy="stand_in", stand_in=bowl))
    end(mug, how)
    page = visit(client)
    assert 'aria-label="Bowl"' in page
    assert ("In place of Mug" in page) is (how in ("sold out", "unpublished"))


def test_another_thing_of_the_shelf_stands_in_and_none_stands_twice(client):
    mug, tea, _bowl, vase = (on_sale(code) for code in ("mug", "tea", "bowl", "vase"))
    make_story(*(card(pk, policy="stand_in") for pk in (mug, tea, vase)))
    assert "In place of" not in visit(client)
    for pk in (mug, tea):
        sell_out(pk)
    page = visit(client)
    assert re.findall(r'class="aside" aria-label="(\w+)"', page) == ["Bowl", "Vase"]
    assert "In place of Mug" in page


def test_a_variant_that_is_sold_out_is_not_sold_by_another(client):
    mug = on_sale("mug", variants=[{"colour": "indigo"}, {"colour": "sand"}])
    make_story(card(mug, sku="MUG-INDIGO"))
    assert '<button class="quick__add" name="sku" value="MUG-INDIGO">' in visit(client)
    sell_out(mug, "MUG-INDIGO")
    page = visit(client)
    assert "Sold out" in page
    assert 'name="sku"' not in page


def test_a_number_on_a_picture_stays_where_its_thing_is_gone(client):
    mug, bowl = on_sale("mug"), on_sale("bowl")
    marks = [{"product": pk, "sku": "", "note": "sand", "x": 20, "y": 30} for pk in (mug, bowl)]
    make_story(block("look", {"title": "", "image": image(), "marks": items(marks)}))
    end(mug, "unpublished")
    page = visit(client)
    assert page.count('class="mark"') == 1
    assert page.count('class="mark mark--gone"') == 1
    assert "sand, No longer for sale" in page


def test_an_ingredient_is_not_replaced_by_just_anything(client):
    sugar, beans = on_sale("sugar"), on_sale("beans")
    takes = [{"words": "Palm sugar", "product": sugar, "sku": ""}]
    value = {"kind": "recipe", "title": "Es kopi", "intro": "", "image": None, "serves": "", "minutes": None}
    made = {**value, "ingredients": items(takes), "steps": items(["Pour."]), "policy": "stand_in"}
    story = make_story(block("recipe", made))
    end(sugar, "sold out")
    page = visit(client)
    assert "Palm sugar" in page
    assert "Beans" not in page
    takes[0]["stand_in"] = beans
    story.body = stream([block("recipe", {**made, "ingredients": items(takes)})])
    story.save_revision().publish()
    assert "Beans" in visit(client)


@pytest.mark.parametrize(("things", "most"), [(1, 40), (8, 40)])
def test_its_queries_do_not_grow_with_what_is_missing(client, django_assert_max_num_queries, things, most):
    pages = [on_sale(f"thing-{n}") for n in range(2 * things)]
    make_story(*(card(pk, policy=policy) for pk in pages for policy in ("stand_in", "keep")))
    for pk in pages[:things]:
        sell_out(pk)
    ProductPage.objects.get(pk=pages[0]).unpublish()
    visit(client)
    with django_assert_max_num_queries(most):
        visit(client)


# --- what is remembered of a story ---------------------------------------------------------------


def test_it_follows_the_things_in_it(client):
    pages = [on_sale(code) for code in ("mug", "bowl", "vase")]
    mug, bowl, _vase = pages
    make_story(card(mug, policy="stand_in"))
    assert "$24" in visit(client)
    variant = Variant.objects.get(sku="MUG")
    set_price(variant=variant, currency="USD", amount=Decimal("25"), actor=ACTOR, now=timezone.now())
    assert "$25" in visit(client)
    for pk, instead in ((mug, "Bowl"), (bowl, "Vase")):
        sell_out(pk)
        assert f'aria-label="{instead}"' in visit(client)
    inventory.receive(stock_item=variant.stock_item, quantity=1, actor=ACTOR, now=timezone.now())
    assert 'aria-label="Mug"' in visit(client)


def test_it_follows_the_collection_of_a_shelf(client):
    mug, bowl = (ProductPage.objects.get(pk=on_sale(code)).product for code in ("mug", "bowl"))
    gifts = Collection.objects.create(slug="gifts", name="Gifts")
    indexing.refresh(now=timezone.now())
    CollectionMember.objects.create(collection=gifts, product=mug)
    value = {"title": "Gifts", "products": [], "collection": gifts.pk, "count": 2, "policy": "hide"}
    make_story(block("shelf", value))
    assert "Bowl" not in visit(client)
    CollectionMember.objects.create(collection=gifts, product=bowl, pinned=True)
    page = visit(client)
    assert page.index("Bowl") < page.index("Mug")


def test_its_prices_are_those_of_the_currency(client):
    make_story(card(on_sale("mug", prices={"USD": "24.00", "IDR": "390000"})))
    for code, price in (("USD", "$24"), ("IDR", "Rp\N{NO-BREAK SPACE}390.000"), ("USD", "$24")):
        client.cookies[COOKIE] = code
        assert price in visit(client)


# --- what editors are told -----------------------------------------------------------------------


def test_streams_of_old_are_still_read(client):
    mug = on_sale("mug")
    old = [
        {"type": "product", "value": {"product": mug, "sku": "", "words": ""}, "id": "a"},
        {"type": "shelf", "value": {"title": "Old", "products": [mug]}, "id": "b"},
    ]
    story = make_story()
    type(story).objects.filter(pk=story.pk).update(body=json.dumps(old))
    page = visit(client)
    assert page.count(">Mug<") == 2
    StoryBlocks().clean(type(story).objects.get().body)


@pytest.mark.parametrize(
    ("made", "value", "field"),
    [
        (
            ProductShelfBlock,
            {"title": "", "products": [], "collection": None, "count": 4, "policy": "hide"},
            "collection",
        ),
        (CallBlock, {"title": "Go", "text": "", "link": {"text": "", "page": None, "address": "/x/"}}, "link"),
    ],
)
def test_a_block_without_its_point_is_refused(made, value, field):
    made = made()
    with pytest.raises(StructBlockValidationError) as refused:
        made.clean(made.to_python(value))
    assert list(refused.value.block_errors) == [field]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        (dict, "file"),
        (lambda: {"file": document("film.mp4").pk, "link": "https://films.example/7"}, "file"),
        (lambda: {"file": document("film.pdf").pk}, "file"),
        (lambda: {"file": document("film.mp4").pk, "captions": document("film.txt").pk}, "captions"),
    ],
)
def test_a_film_needs_one_source_and_true_captions(values, field):
    made = VideoBlock()
    with pytest.raises(StructBlockValidationError) as refused:
        made.clean(made.to_python(film(**values())["value"]))
    assert list(refused.value.block_errors) == [field]
