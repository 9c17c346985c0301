"""/search/: what it finds, in which order, and that nothing typed breaks it."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.contrib.search_promotions.models import Query, SearchPromotion
from wagtail.models import PageViewRestriction

from home.models import ContentPage
from search import log, operations
from search.models import SearchDay, Synonym
from search.spelling import refresh_vocabulary
from shop.catalogue import operations as catalogue
from shop.catalogue.models import Collection
from shop.storefront import indexing
from shop.storefront.collection_page import CollectionIndexPage, CollectionPage
from shop.storefront.pages import ProductPage
from tests.factories import make_home, make_product, make_product_page
from tests.search.pages import make_story

XSS = "<script>alert(1)</script>"


def search(client, words, **more):
    response = client.get("/search/", {"q": words, **more})
    assert response.status_code == 200
    return response


def titles(client, words, **more):
    return [card.title for card in search(client, words, **more).context["listing"].cards]


def ranked(words, language="en"):
    """Titles in the order of rank(), with the index as it is now and nothing remembered."""
    cache.clear()
    indexing.refresh(now=timezone.now())
    pages = {page.product_id: page.title for page in ProductPage.objects.filter(language=language)}
    return [pages[pk] for pk in operations.rank(words, language=language)]


# --- order ---------------------------------------------------------------------------------------


@pytest.fixture
def mugs(db):
    """The word "indigo" in each place where a word can stand; made in an order that is not the answer."""
    story = [{"type": "paragraph", "value": "<p>indigo indigo indigo indigo</p>"}]
    make_product_page(make_product("in-story"), title="In the story", summary="Quiet", story=story)
    make_product_page(make_product("in-summary"), title="In the summary", summary="Dipped in indigo, indigo")
    make_product_page(make_product("in-colour", variants=[{"colour": "indigo"}]), title="In the colour", summary="Loud")
    make_product_page(make_product("in-title"), title="Indigo in the title", summary="Plain")
    make_product_page(make_product("nowhere"), title="Nowhere", summary="Sand")


def test_title_above_attributes_above_summary_above_story(mugs):
    assert ranked("indigo") == ["Indigo in the title", "In the colour", "In the summary", "In the story"]


def test_all_words_must_be_there(mugs):
    assert ranked("indigo title") == ["Indigo in the title"]
    assert ranked("indigo zebra") == []


def test_a_whole_sku_comes_first_and_half_a_one_is_found(mugs):
    mug = make_product("tide-mug", variants=[{"colour": "sand"}])
    make_product_page(mug, title="Tide", summary="About")
    make_product_page(make_product("other"), title="Beside tide-mug-sand", summary="About")
    assert ranked("TIDE-MUG-SAND") == ["Tide", "Beside tide-mug-sand"]
    assert "Tide" in ranked("tide-mug-s")
    assert ranked("tidemugsand") == ["Tide"]


def test_accents_endings_and_capitals_do_not_matter(mugs):
    make_product_page(make_product("kopi"), title="Kópi Drippers")
    for words in ("kopi", "KÓPI", "kopí dripper", "drippers"):
        assert ranked(words) == ["Kópi Drippers"], words


def test_synonyms_find_each_other(mugs):
    make_product_page(make_product("cup"), title="Tall Cup")
    assert ranked("beakers") == []
    Synonym.objects.create(language="en", words="beaker, cup")
    assert ranked("beakers") == ["Tall Cup"]


def test_ranking_is_bounded_and_remembered(mugs, monkeypatch, django_assert_num_queries):
    indexing.refresh(now=timezone.now())
    with django_assert_num_queries(3):  # synonyms, whole sku, the rest
        ids = operations.rank("indigo", language="en")
    with django_assert_num_queries(0):
        assert operations.rank("indigo", language="en") == ids
    assert operations.rank("indigo", language="en", limit=1) == ids[:1]
    monkeypatch.setattr(operations, "CANDIDATES", 1)
    cache.clear()
    assert operations.rank("indigo", language="en")[0] == ids[0]  # titles are looked at first


# --- what must not be found ----------------------------------------------------------------------


def hide_draft(page):
    page.unpublish()


def hide_private(page):
    PageViewRestriction.objects.create(page=page, restriction_type="login")


def hide_below_private(page):
    PageViewRestriction.objects.create(page=page.get_parent(), restriction_type="login")


def end_product(page):
    catalogue.set_lifecycle(product=page.product, lifecycle="discontinued", actor="a", now=timezone.now())


@pytest.mark.django_db
@pytest.mark.parametrize("hide", [hide_draft, hide_private, hide_below_private, end_product])
def test_products_that_are_not_for_everybody_or_not_for_sale_are_not_found(client, hide):
    page = make_product_page(make_product("secret"), title="Secret mug")
    assert titles(client, "secret") == ["Secret mug"]
    assert "secret" in client.get("/search/suggest/?q=secr").content.decode().lower()
    hide(page)
    response = search(client, "secret")
    assert not response.context["found"]
    assert "Secret mug" not in response.content.decode()
    assert "Secret mug" not in client.get("/search/suggest/?q=secr").content.decode()


@pytest.mark.django_db
def test_a_product_without_a_price_is_not_found(client):
    make_product_page(make_product("secret", prices={}), title="Secret mug")
    assert not search(client, "secret").context["found"]
    assert "Secret mug" not in client.get("/search/suggest/?q=secr").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("hide", [hide_draft, hide_private, hide_below_private])
def test_stories_that_are_not_for_everybody_are_not_found(client, hide):
    story = make_story("Secret wheel", body="turning")
    assert search(client, "turning").context["found"].stories == [story]
    assert "Secret wheel" in client.get("/search/suggest/?q=secr").content.decode()
    hide(story)
    assert "Secret wheel" not in search(client, "turning").content.decode()
    assert "Secret wheel" not in client.get("/search/suggest/?q=secr").content.decode()


@pytest.mark.django_db
def test_a_draft_of_a_live_story_is_not_found(client):
    story = make_story("Wheel")
    story.title = "Secret wheel"
    story.save_revision()
    assert not search(client, "secret").context["found"]


@pytest.mark.django_db
@pytest.mark.parametrize("hide", [hide_draft, hide_private, hide_below_private, end_product])
def test_promoted_products_are_shown_only_while_they_can_be_bought(client, hide):
    page = make_product_page(make_product("gift"), title="Secret gift")
    SearchPromotion.objects.create(query=Query.get("present"), page=page, description="The one to give.")
    [pick] = search(client, "present").context["found"].picks
    assert (pick.title, pick.url, pick.description) == ("Secret gift", page.url, "The one to give.")
    hide(page)
    assert "Secret gift" not in search(client, "present").content.decode()


# --- the page ------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_promoted_results_stand_above_the_others_for_just_these_words(client):
    make_home()
    make_product_page(make_product("mug"), title="Plain mug")
    story = make_story("How to choose")
    SearchPromotion.objects.create(query=Query.get("Mug "), page=story, sort_order=0)
    SearchPromotion.objects.create(
        query=Query.get("mug"), external_link_url="https://kiln.example/", external_link_text="The kiln", sort_order=1
    )
    page = search(client, "MUG")
    assert [pick.title for pick in page.context["found"].picks] == ["How to choose", "The kiln"]
    html = page.content.decode()
    assert html.index("How to choose") < html.index("Plain mug")
    assert not search(client, "mug plain").context["found"].picks


@pytest.mark.django_db
def test_a_slip_is_mended_and_said(client):
    make_product_page(make_product("mug"), title="Indigo mug")
    indexing.refresh(now=timezone.now())
    refresh_vocabulary()
    response = search(client, "índgo")
    assert [card.title for card in response.context["listing"].cards] == ["Indigo mug"]
    html = response.content.decode()
    assert "Nothing is called “índgo”" in html
    assert '<a href="/search/?q=indigo">indigo</a>' in html
    assert not search(client, "grandfather clock").context["found"]


@pytest.mark.django_db
def test_filters_sorts_and_fragments_are_those_of_every_listing(client, settings):
    for number, price in enumerate(["9.00", "5.00", "7.00"]):
        make_product_page(make_product(f"mug-{number}", prices={"USD": price}), title=f"Mug {number}")
    assert titles(client, "mug", sort="price_low") == ["Mug 1", "Mug 2", "Mug 0"]
    assert titles(client, "mug", max_price="6") == ["Mug 1"]
    settings.LISTING_PAGE_SIZE = 2
    assert len(titles(client, "mug", page="2")) == 1
    assert client.get("/search/?q=mug&page=3").status_code == 404
    swapped = client.get("/search/?q=mug&sort=name", headers={"HX-Request": "true"})
    assert "<html" not in swapped.content.decode()
    assert 'id="results"' in swapped.content.decode()
    assert 'name="q" value="mug"' in swapped.content.decode()


@pytest.mark.django_db
def test_nothing_found_helps_on(client):
    make_product_page(make_product("mug"), title="The newest mug")
    html = search(client, "grandfather clock").content.decode()
    for words in (
        "Nothing for “grandfather clock”",
        "New on the shelves",
        "The newest mug",
        'value="grandfather clock"',
    ):
        assert words in html
    assert "What are you looking for?" in search(client, "").content.decode()


@pytest.mark.django_db
def test_rooms_and_help_pages_are_found_too(client):
    make_product_page(make_product("mug"))
    make_home().add_child(instance=ContentPage(title="Returns and repairs", slug="returns", intro="Thirty days"))
    found = search(client, "returns").context["found"]
    assert [page.title for page in found.texts] == ["Returns and repairs"]
    assert [page.title for page in search(client, "ceramics").context["found"].texts] == ["Ceramics"]


@pytest.mark.django_db
def test_collections_are_found_while_they_are_shown(client):
    window = Collection.objects.create(slug="gifts", name="Gifts")
    home = make_home()
    shelf = home.add_child(instance=CollectionIndexPage(title="Collections", slug="collections"))
    shelf.add_child(instance=CollectionPage(title="Wrapped gifts", slug="gifts", collection=window))
    assert [page.title for page in search(client, "wrapped").context["found"].texts] == ["Wrapped gifts"]
    Collection.objects.update(active=False)
    assert "Wrapped gifts" not in search(client, "wrapped").content.decode()


@pytest.mark.django_db
def test_no_search_engine_keeps_it(client):
    for words in ("", "mug"):
        assert '<meta name="robots" content="noindex,follow">' in search(client, words).content.decode()


@pytest.mark.django_db
def test_searches_are_counted_once_each_and_slips_as_found_nothing(client):
    make_product_page(make_product("mug"), title="Indigo mug")
    indexing.refresh(now=timezone.now())
    refresh_vocabulary()
    for words in ("Mug", "mug", "indgo", "", "alice@example.com"):
        search(client, words)
    search(client, "mug", sort="name", max_price="100")  # narrowing is not searching again
    client.get("/search/?q=mug", headers={"HX-Request": "true"})
    log.gathered.hand_over()
    assert set(SearchDay.objects.values_list("words", "searches", "found")) == {("mug", 2, 1), ("indgo", 1, 0)}


def statements(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len([query for query in queries if not (query["sql"] or "").startswith(("SAVEPOINT", "RELEASE"))])


@pytest.mark.django_db
def test_queries_do_not_grow_with_what_is_found(client):
    make_product_page(make_product("mug"), title="Mug")
    make_story("Mug stories")
    few = statements(client, "/search/?q=mug"), statements(client, "/search/suggest/?q=mug")
    for number in range(4):
        page = make_product_page(make_product(f"mug-{number}", variants=[{"colour": "sand"}, {"colour": "moss"}]))
        make_story(f"Mug story {number}")
        assert page.live
    cache.clear()
    many = statements(client, "/search/?q=mug"), statements(client, "/search/suggest/?q=mug")
    assert many == few
    assert many[1] <= 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    "words", ["", "   ", "\0", "a\0b", "'; --", "%", "_", "&|!():*", "\\", "é" * 500, XSS, "a" * 99]
)
@pytest.mark.parametrize("address", ["/search/", "/search/suggest/"])
def test_nothing_typed_breaks_it(words, address, client):
    response = client.get(address, {"q": words})
    assert response.status_code in (200, 400)  # the guard at the door may refuse NUL before us
    assert b"<script>alert" not in response.content


@pytest.mark.django_db
def test_pages_that_are_not_there(client):
    assert client.get("/search/?q=mug&page=2").status_code == 404
    assert client.post("/search/").status_code == 405


# --- suggestions ---------------------------------------------------------------------------------


def suggested(client, words, **headers):
    response = client.get("/search/suggest/", {"q": words}, headers={"Accept": "application/json", **headers})
    assert response.status_code == 200
    return response.json()["suggestions"]


@pytest.mark.django_db
def test_what_is_suggested_while_one_types(client):
    make_product_page(make_product("tide-mug", prices={"USD": "24.00"}), title="Tide Mug", photos=1)
    make_story("Mugs by hand")
    lines = suggested(client, "mu")
    assert [(line["kind"], line["title"]) for line in lines] == [
        ("query", "mu"),
        ("product", "Tide Mug"),
        ("story", "Mugs by hand"),
    ]
    assert lines[0]["url"] == "/search/?q=mu"
    assert (lines[1]["url"], lines[1]["price"]) == ("/shop/ceramics/tide-mug/", "$24.00")
    assert lines[1]["image"].startswith("/media/")
    assert client.get(lines[1]["url"]).status_code == client.get(lines[2]["url"]).status_code == 200
    assert [line["kind"] for line in suggested(client, "ceram")] == ["query", "room"]
    assert suggested(client, "m") == suggested(client, "") == []


@pytest.mark.django_db
def test_suggestions_fold_accents_follow_skus_and_synonyms_and_all_words(client):
    make_product_page(make_product("kopi-dripper"), title="Kópi Dripper")
    make_story("Café Kópi")
    Synonym.objects.create(language="en", words="brewer, dripper")
    for words in ("kop", "KÓPI dri", "dripper ko", "kopi-dri", "brewer"):
        assert "Kópi Dripper" in [line["title"] for line in suggested(client, words)], words
    assert "Café Kópi" in [line["title"] for line in suggested(client, "cafe")]
    assert [line["kind"] for line in suggested(client, "kopi zebra")] == ["query"]


@pytest.mark.django_db
def test_suggestions_are_few_and_the_best(client):
    for number in range(6):
        make_product_page(make_product(f"mug-{number}", stock=number), title=f"Mug {number}")
        make_story(f"Mug story {number}")
    lines = suggested(client, "mug")
    assert [line["kind"] for line in lines] == ["query"] + 4 * ["product"] + 3 * ["story"]
    assert "Mug 0" not in [line["title"] for line in lines]  # sold out


@pytest.mark.django_db
def test_the_fragment_is_a_list_box_of_links_and_stays_private(client):
    make_product_page(make_product("mug"), title=f"Mug {XSS}")
    response = client.get("/search/suggest/?q=mug", headers={"HX-Request": "true"})
    html = response.content.decode()
    assert html.count('role="option"') == 2
    assert 'role="listbox"' in html
    assert 'data-said="2 suggestions. Use the arrow keys."' in html
    assert "<html" not in html
    assert XSS not in html
    assert "private" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex"


# --- the demo shop -------------------------------------------------------------------------------
