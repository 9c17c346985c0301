"""Ways in and ways on: site map, story feed, robots, languages, and the page for what is not there."""

import json
import re
from datetime import UTC, date, datetime
from xml.etree import ElementTree

import pytest
from django.db import OperationalError, connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from wagtail.models import Locale, PageViewRestriction, Site

from home import sitemaps, views
from home.house import SiteSettings
from home.models import Author, HomePage, StoryIndexPage, StoryPage
from shop.catalogue.models import Rendition
from shop.catalogue.pictures import SPECS
from tests.factories import make_category_page, make_picture, make_product, make_product_page

pytestmark = pytest.mark.django_db

SM = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
IMAGE = "{http://www.google.com/schemas/sitemap-image/1.1}"
XHTML = "{http://www.w3.org/1999/xhtml}"


@pytest.fixture
def front():
    return HomePage.objects.get()


@pytest.fixture
def stories(front):
    return front.add_child(instance=StoryIndexPage(title="Stories", slug="stories"))


def add_story(stories, n=1, **values):
    facts = {"title": f"Story {n}", "slug": f"story-{n}", "published_on": date(2026, 1, n), **values}
    return stories.add_child(instance=StoryPage(**facts))


def private(page):
    PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.LOGIN)


def made(picture, spec):
    """A picture whose size of that spec exists."""
    return Rendition.objects.create(
        image=picture, filter_spec=SPECS[spec].jpeg, file=f"images/{spec}-{picture.pk}.jpg", width=1200, height=630
    )


# -- site map


def site_map(client, address="/sitemap.xml"):
    response = client.get(address)
    assert response.status_code == 200
    assert response["Content-Type"].startswith("application/xml")
    root = ElementTree.fromstring(response.content)
    return {entry.findtext(f"{SM}loc"): entry for entry in root}


def test_the_site_map_has_every_public_page_with_its_pictures(client, stories):
    story = add_story(stories, picture=make_picture("loom"))
    made(story.picture, "share")
    mug = make_product_page(make_product("mug"), photos=2)
    for photo in mug.photos.all():
        made(photo.image, "zoom")
    found = site_map(client)
    assert set(found) == {
        "http://testserver" + path
        for path in ["/", "/stories/", "/stories/story-1/", "/shop/", "/shop/ceramics/", "/shop/ceramics/mug/"]
    }
    pictures = [image.text for image in found["http://testserver/shop/ceramics/mug/"].iter(f"{IMAGE}loc")]
    assert [re.sub(r"\d+", "N", address) for address in pictures] == ["http://testserver/media/images/zoom-N.jpg"] * 2
    assert len(list(found["http://testserver/stories/story-1/"].iter(f"{IMAGE}loc"))) == 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", found["http://testserver/shop/ceramics/mug/"].findtext(f"{SM}lastmod"))


def test_private_and_draft_stories_are_not_in_the_site_map(client, stories):
    add_story(stories, 1)
    private(add_story(stories, 2))
    add_story(stories, 3, live=False)
    assert [address for address in site_map(client) if "story" in address] == ["http://testserver/stories/story-1/"]


def test_a_large_shop_has_a_list_of_site_maps(client, monkeypatch):
    monkeypatch.setattr(sitemaps, "FILE", 2)
    for n in range(3):
        make_product_page(make_product(f"mug-{n}"))
    files = list(site_map(client))
    assert files == [
        f"http://testserver/sitemap-{name}.xml" for name in ["pages-1", "pages-2", "products-1", "products-2"]
    ]
    listed = [address for file in files for address in site_map(client, file.removeprefix("http://testserver"))]
    assert len(listed) == len(set(listed)) == 6
    assert client.get("/sitemap-products-3.xml").status_code == 404
    assert client.get("/sitemap-products-0.xml").status_code == 404
    assert client.get("/sitemap-nothing-1.xml").status_code == 404


def test_the_site_map_takes_as_many_statements_for_many_as_for_one(client):
    make_product_page(make_product("mug"), photos=1)
    client.get("/sitemap.xml")
    with CaptureQueriesContext(connection) as one:
        client.get("/sitemap.xml")
    for n in range(4):
        make_product_page(make_product(f"bowl-{n}"), photos=1)
    client.get("/sitemap.xml")
    with CaptureQueriesContext(connection) as many:
        client.get("/sitemap.xml")
    assert len(many) == len(one)


# -- languages


@pytest.fixture
def indonesian(front):
    locale = Locale.objects.get(language_code="id")
    beranda = front.copy_for_translation(locale)
    beranda.save_revision().publish()
    return locale


def test_a_page_names_its_translations_and_the_default(client, front, indonesian):
    html = client.get("/").content.decode()
    assert re.findall(r'<link rel="alternate" hreflang="(.*?)" href="(.*?)">', html) == [
        ("en", "http://testserver/"),
        ("id", "http://testserver/id/"),
        ("x-default", "http://testserver/"),
    ]
    entry = site_map(client)["http://testserver/id/"]
    links = [(link.get("hreflang"), link.get("href")) for link in entry.iter(f"{XHTML}link")]
    assert links == [
        ("en", "http://testserver/"),
        ("id", "http://testserver/id/"),
        ("x-default", "http://testserver/"),
    ]


def test_a_translation_that_not_everybody_may_read_is_not_named(client, front, indonesian):
    private(front.get_translation(indonesian))
    assert "hreflang" not in client.get("/").content.decode()
    assert "http://testserver/id/" not in site_map(client)


def test_a_site_with_one_language_asks_for_no_translations(client, front):
    assert "hreflang" not in client.get("/").content.decode()


# -- story feed


def test_the_feed_tells_all_about_the_latest_stories(client, stories):
    author = Author.objects.create(name="Sari Wulandari")
    picture = make_picture("loom")
    made(picture, "share")
    add_story(stories, 1, standfirst="How a <mug> is made.", author=author, kind="Workshop", picture=picture)
    add_story(stories, 2)
    response = client.get("/stories/feed/")
    assert response["Content-Type"].startswith("application/rss+xml")
    channel = ElementTree.fromstring(response.content).find("channel")
    newest, story = channel.findall("item")
    assert newest.findtext("title") == "Story 2"
    assert story.findtext("link") == story.findtext("guid") == "http://testserver/stories/story-1/"
    assert story.findtext("description") == "How a <mug> is made."
    assert story.findtext("{http://purl.org/dc/elements/1.1/}creator") == "Sari Wulandari"
    assert story.findtext("category") == "Workshop"
    assert story.findtext("pubDate") == "Thu, 01 Jan 2026 12:00:00 +0700"
    content = story.find("{http://search.yahoo.com/mrss/}content")
    assert content.get("url") == f"http://testserver/media/images/share-{picture.pk}.jpg"
    assert channel.findtext("language") == "en"
    assert channel.findtext("link") == "http://testserver/stories/"
    assert channel.find("{http://www.w3.org/2005/Atom}link").get("href") == "http://testserver/stories/feed/"


def test_private_and_draft_stories_are_not_in_the_feed(client, stories):
    add_story(stories, 1)
    private(add_story(stories, 2))
    add_story(stories, 3, live=False)
    feed = client.get("/stories/feed/").content.decode()
    assert "Story 1" in feed
    assert "Story 2" not in feed
    assert "Story 3" not in feed


def test_each_language_has_its_own_feed(client, stories, indonesian):
    add_story(stories, 1)
    assert "Story 1" not in client.get("/id/stories/feed/").content.decode()


def test_every_page_names_the_feed(client, front):
    assert (
        'type="application/rss+xml" title="Stories of Etalase" href="/stories/feed/"'
        in client.get("/").content.decode()
    )


def test_a_story_says_who_published_it(client, stories):
    add_story(stories, 1)
    assert (
        '"publisher": {"@type": "Organization", "name": "Etalase"' in client.get("/stories/story-1/").content.decode()
    )


def test_the_front_page_says_who_we_are_and_where_to_search(client):
    house = SiteSettings.for_site(Site.objects.get())
    house.phone, house.address = "+62 274 555 0130", "Jalan Prawirotaman 30\nYogyakarta"
    house.social = [("link", {"text": "Pictures", "page": None, "address": "https://pictures.example/etalase"})]
    house.save()
    html = client.get("/").content.decode()
    found = map(json.loads, re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL))
    data = {one["@type"]: one for one in found}
    assert data["Organization"]["telephone"] == "+62 274 555 0130"
    assert data["Organization"]["sameAs"] == ["https://pictures.example/etalase"]
    assert data["Organization"]["address"]["streetAddress"] == "Jalan Prawirotaman 30, Yogyakarta"
    assert data["WebSite"]["potentialAction"]["target"] == "http://testserver/search/?q={search_term_string}"


# -- robots


def test_robots_are_kept_from_what_is_nobodys_page(client):
    lines = client.get("/robots.txt").content.decode().splitlines()
    assert {"Disallow: /admin/", "Disallow: /cart/", "Disallow: /id/cart/", "Disallow: /search/"} <= set(lines)
    assert "Sitemap: http://testserver/sitemap.xml" in lines


# -- old addresses


def test_a_story_that_gets_another_address_is_found_at_the_old_one(client, stories, django_capture_on_commit_callbacks):
    story = add_story(stories)
    story.slug = "the-loom"
    with django_capture_on_commit_callbacks(execute=True):
        story.save_revision().publish()
    response = client.get("/stories/story-1/")
    assert (response.status_code, response["Location"]) == (301, "/stories/the-loom/")


# -- what is not there


def test_what_is_not_there_has_search_rooms_and_things(client):
    make_product_page(make_product("mug"), photos=1)
    shelf = make_category_page()
    shelf.show_in_menus = True
    shelf.save()
    response = client.get("/nowhere/at/all/")
    html = response.content.decode()
    assert response.status_code == 404
    assert html.count('<input id="q-here"') == 1
    assert '<ul class="room-links"><li><a href="/shop/ceramics/">' in html
    assert 'href="/shop/ceramics/mug/"' in html


def test_what_is_not_there_costs_few_statements(client):
    for n in range(5):
        make_product_page(make_product(f"mug-{n}", variants=[{"colour": "indigo"}, {"colour": "sand"}]), photos=2)
    client.get("/nowhere/")
    with CaptureQueriesContext(connection) as statements:
        client.get("/nowhere/")
    assert len(statements) <= 16


def test_what_looks_like_a_file_costs_no_page(client, django_assert_max_num_queries):
    client.get("/wp-login.php")
    with django_assert_max_num_queries(3):  # is it a redirect?
        response = client.get("/wp-login.php")
    assert response.status_code == 404
    assert response.content.decode().count("<h1") == 1


def away(*args):
    raise OperationalError("the database is away")


def test_without_a_database_what_is_not_there_is_still_not_there(client):
    with connection.execute_wrapper(away):
        response = client.get("/missing.css")
    assert response.status_code == 404
    assert "This shelf is empty" in response.content.decode()


def test_when_the_page_of_what_is_not_there_fails_a_plain_one_answers():
    request = RequestFactory().get("/nowhere/")
    request.commerce_now = datetime(2026, 11, 1, tzinfo=UTC)
    with connection.execute_wrapper(away), translation.override("en"):
        response = views.not_found(request, Exception())
    assert response.status_code == 404
    html = response.content.decode()
    assert html.count("<h1") == 1
    assert '<meta name="robots" content="noindex">' in html
