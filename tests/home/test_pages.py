"""The front page, stories, help and campaigns, as a visitor meets them."""

import json
import re
from datetime import date

import pytest
from django.urls import reverse
from wagtail.models import PageViewRestriction

from home.models import Author, ContentPage, HomePage, LandingPage, StoryIndexPage, StoryPage, word_count
from shop.demo.source import block, items, stream

pytestmark = pytest.mark.django_db


@pytest.fixture
def front():
    return HomePage.objects.get()


@pytest.fixture
def stories(front):
    return front.add_child(instance=StoryIndexPage(title="Stories", slug="stories"))


def add_story(stories, n=1, **values):
    facts = {"title": f"Story {n}", "slug": f"story-{n}", "published_on": date(2026, 1, n), **values}
    return stories.add_child(instance=StoryPage(**facts))


def text(response):
    return response.content.decode()


def structured(response):
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text(response), re.DOTALL)
    return {data["@type"]: data for data in map(json.loads, found)}


def test_an_empty_shop_has_an_empty_front_page(client):
    response = client.get("/")
    assert response.status_code == 200
    assert text(response).count("<h1") == 1


def test_links_in_help_pages_follow_the_page(settings, tmp_path, client, front):
    from home import demo

    demo.load_help(demo.front_page())
    letters = ContentPage.objects.get(slug="write-to-us")
    letters.slug = "letters"
    letters.save_revision().publish()
    assert 'href="/letters/"' in text(client.get("/privacy/"))


def test_stories_are_listed_newest_first_on_pages_that_exist(client, stories):
    for n in range(1, 15):
        add_story(stories, n)
    first, second = text(client.get("/stories/")), text(client.get("/stories/?page=2"))
    assert first.index(">Story 14<") < first.index(">Story 13<")
    assert ">Story 1<" in second
    assert client.get("/stories/?page=3").status_code == 404
    assert client.get("/stories/?page=x").status_code == 404


def test_private_and_draft_stories_are_in_no_list(client, stories):
    add_story(stories, 1)
    PageViewRestriction.objects.create(page=add_story(stories, 2), restriction_type=PageViewRestriction.LOGIN)
    add_story(stories, 3, live=False)
    page = text(client.get("/stories/"))
    assert ">Story 1<" in page
    assert ">Story 2<" not in page
    assert ">Story 3<" not in page
    assert ">Story 2<" not in text(client.get("/stories/story-1/"))


def test_a_story_without_anything_is_a_page(client, stories):
    add_story(stories, 1, published_on=None)
    assert client.get("/stories/story-1/").status_code == 200


def test_reading_time_counts_the_words_that_are_read(stories):
    words = stream(
        [block("paragraph", f"<p>{'word ' * 399}<b>end</b></p>"), block("quote", {"text": "One.", "source": ""})]
    )
    story = add_story(stories, 1, body=words, author=Author.objects.create(name="Laras"))
    assert word_count(story.body.raw_data) == 401
    assert StoryPage.objects.get(pk=story.pk).minutes == 3


def test_a_campaign_is_made_of_blocks(client, front):
    promise = block("promises", items([{"title": "Mended", "text": "Not binned."}]))
    body = stream([block("heading", "Sale"), block("paragraph", "<p>Come in.</p>"), promise])
    front.add_child(instance=LandingPage(title="Galungan", slug="galungan", standfirst="Ten days.", body=body))
    page = text(client.get("/galungan/"))
    assert "<h1>Galungan</h1>" in page
    assert "Come in." in page
    assert "Not binned." in page


@pytest.mark.parametrize("model", [HomePage, StoryPage, ContentPage, LandingPage, StoryIndexPage])
def test_a_draft_can_be_previewed(model, front, rf):
    page = front if model is HomePage else model(title="Draft", slug="draft")
    if model is StoryPage:
        index = front.add_child(instance=StoryIndexPage(title="Stories", slug="stories"))
        index.add_child(instance=page)
    elif model is not HomePage:
        front.add_child(instance=page)
    assert page.make_preview_request().status_code == 200


def test_the_sitemap_holds_what_everybody_may_see(client, front, stories, settings):
    add_story(stories, 1)
    PageViewRestriction.objects.create(page=add_story(stories, 2), restriction_type=PageViewRestriction.LOGIN)
    add_story(stories, 3, live=False)
    response = client.get(reverse("sitemap"))
    page = text(response)
    assert response["Content-Type"].startswith("application/xml")
    assert f"<loc>{settings.BASE_URL}/stories/story-1/</loc>" in page
    assert "story-2" not in page
    assert "story-3" not in page
    assert f"Sitemap: {settings.BASE_URL}/sitemap.xml" in text(client.get("/robots.txt"))
