"""How often pages are read: every visit, by people, written down now and then."""

from collections import Counter
from datetime import UTC, date, datetime

import pytest
from django.test import RequestFactory
from wagtail.models import Page

from shop.storefront import visits
from shop.storefront.models import PageViews
from tests.factories import make_currencies, make_product, make_product_page

pytestmark = pytest.mark.django_db
MUG = "/shop/ceramics/mug/"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36"
SEARCH_ENGINE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.fixture(autouse=True)
def nothing_is_due(monkeypatch):
    hand_over_every(monkeypatch, 3600.0)


def hand_over_every(monkeypatch, seconds):
    monkeypatch.setattr(visits.gathered, "_every", seconds)
    visits.gathered.clear()


@pytest.fixture
def mug():
    make_currencies()
    return make_product_page(make_product("mug"))


def seen() -> dict[str, int]:
    """Slugs of pages, and how often they were read."""
    visits.gathered.hand_over()
    found: Counter[str] = Counter()
    for row in PageViews.objects.all():
        found[Page.objects.get(pk=row.page_id).slug] += row.views
    return dict(found)


@pytest.mark.parametrize("address", ["/", "/shop/", "/shop/ceramics/", MUG])
def test_every_visit_counts_and_costs_no_statement(mug, client, address, django_assert_num_queries):
    client.get(address, headers={"user-agent": BROWSER})
    with django_assert_num_queries(1):  # whether the kept answer is still true
        client.get(address, headers={"user-agent": BROWSER})
    assert list(seen().values()) == [2]


@pytest.mark.parametrize(
    "headers",
    [
        {"user-agent": SEARCH_ENGINE},
        {"user-agent": "curl/8.5.0"},
        {"user-agent": ""},
        {"user-agent": BROWSER.replace("Chrome", "HeadlessChrome")},
        {"user-agent": BROWSER, "sec-purpose": "prefetch;prerender"},
        {"user-agent": BROWSER, "hx-request": "true"},
    ],
)
def test_programs_and_what_nobody_reads_yet_count_nothing(mug, client, headers):
    for _ in range(2):
        assert client.get("/shop/ceramics/", headers=headers).status_code == 200
    assert seen() == {}


@pytest.mark.parametrize("user_agent", [BROWSER, "Mozilla/5.0 (Linux; Android 13; CUBOT P80) AppleWebKit/537.36"])
def test_people_are_people(user_agent):
    assert visits.is_person(user_agent)


def test_a_look_at_its_head_and_a_page_that_is_not_there_count_nothing(mug, client):
    client.head(MUG, headers={"user-agent": BROWSER})
    client.get(MUG + "x/", headers={"user-agent": BROWSER})
    assert seen() == {}


def test_an_editors_preview_counts_nothing(mug):
    response = mug.make_preview_request(RequestFactory().get("/", headers={"user-agent": BROWSER}))
    assert response.status_code == 200
    assert seen() == {}


def test_what_gathers_is_added_to_the_pages_day():
    for times, day in ((2, 24), (3, 24), (1, 25)):
        for _ in range(times):
            visits.gathered.add((date(2026, 11, day), 7))
        visits.gathered.hand_over()
    assert list(PageViews.objects.order_by("day").values_list("day__day", "page_id", "views")) == [
        (24, 7, 5),
        (25, 7, 1),
    ]


def test_a_day_is_the_shops():
    request = RequestFactory().get("/", headers={"user-agent": BROWSER})
    request.commerce_now = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)  # midnight in Jakarta
    visits.count(request, 7)
    visits.gathered.hand_over()
    assert PageViews.objects.get().day == date(2026, 11, 25)


def test_a_visit_writes_down_what_is_due_whether_its_answer_is_kept_or_new(mug, client, monkeypatch):
    hand_over_every(monkeypatch, 0.0)
    for written in (1, 2):
        client.get(MUG, headers={"user-agent": BROWSER})
        assert PageViews.objects.get().views == written
