"""Whole answers that are given again: only while everything in them is true, and never to somebody else."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone
from wagtail.models import Locale

from home.house import Announcement
from search import log
from search.models import SearchDay
from shop.catalogue.models import Variant
from shop.catalogue.pricewindows import set_price
from shop.inventory.models import StockItem
from shop.storefront import answers, indexing
from shop.storefront.answers import Kept, RememberedAnswers, Shelf
from shop.storefront.pages import ProductPick
from shop.web import CommerceClock
from tests.factories import make_category, make_currencies, make_home, make_product, make_product_page

pytestmark = pytest.mark.django_db
SHELF, MUG = "/shop/ceramics/", "/shop/ceramics/mug/"


@pytest.fixture
def mug():
    make_currencies()
    return make_product_page(make_product("mug"))


def body(client, address, **headers):
    return client.get(address, headers=headers).content.decode()


@pytest.mark.parametrize("address", ["/", "/shop/", SHELF, f"{SHELF}?in_stock=1&sort=price_low", MUG])
def test_a_second_visit_takes_one_statement_and_gets_the_same(mug, client, address, django_assert_num_queries):
    first = client.get(address)
    with django_assert_num_queries(1):
        second = client.get(address)
    assert second.content == first.content
    varying = {"X-Request-ID"}
    assert {k: v for k, v in second.items() if k not in varying} == {k: v for k, v in first.items() if k not in varying}


@pytest.mark.parametrize("address", [SHELF, f"{SHELF}?max_price=90", MUG])
def test_a_new_price_is_shown_at_the_next_visit(mug, client, address):
    assert "$24" in body(client, address)
    set_price(variant=Variant.objects.get(), currency="USD", amount=Decimal(31), actor="", now=timezone.now())
    assert "$31" in body(client, address)


def index(page):
    """As the indexer does, in a transaction of its own: it is by transactions that a visit tells what has changed."""
    with transaction.atomic():
        indexing.write([page.product_id], timezone.now())


def titles(client, address):
    return re.findall(r'class="card__name"><a[^>]*>([^<]+)<', body(client, address))


@pytest.mark.parametrize("address", [f"{SHELF}?sort=price_low&page=2", f"{SHELF}?max_price=90&sort=price_low&page=2"])
def test_what_moves_to_another_page_of_a_listing_is_there_at_the_next_visit(mug, client, address, settings):
    settings.LISTING_PAGE_SIZE = 1
    bowl = make_product_page(make_product("bowl", prices={"USD": "30"}))
    assert titles(client, address) == titles(client, address) == [bowl.title]
    dish = make_product_page(make_product("dish", prices={"USD": "27"}))
    assert titles(client, address) == [dish.title]
    set_price(variant=bowl.product.variants.get(), currency="USD", amount=Decimal(20), actor="", now=timezone.now())
    assert titles(client, address) == [mug.title]
    dish.unpublish()
    assert titles(client, address) == [mug.title]
    mug.unpublish()
    assert client.get(address).status_code == 404


def test_what_comes_to_be_recommended_is_shown_at_the_next_visit(mug, client):
    assert "Bowl" not in body(client, MUG)
    bowl = make_product_page(make_product("bowl"), title="Bowl")
    assert "Bowl" in body(client, MUG)
    StockItem.objects.filter(variants__product=bowl.product_id).update(on_hand=0)
    index(bowl)
    assert "Bowl" not in body(client, MUG)
    StockItem.objects.update(on_hand=5)
    index(bowl)
    assert "Bowl" in body(client, MUG)


def test_a_pick_from_another_shelf_comes_and_goes_with_its_stock(mug, client):
    lamp = make_product_page(make_product("lamp", category=make_category("lighting")), title="Lamp")
    mug.picks = [ProductPick(other=lamp)]
    mug.save_revision().publish()
    stock = StockItem.objects.filter(variants__product=lamp.product_id)
    for units, there in ((10, True), (0, False), (4, True)):
        stock.update(on_hand=units)
        index(lamp)
        assert titles(client, MUG) == ([lamp.title] if there else []), units


@pytest.mark.parametrize("number", [1, 2])
def test_each_page_of_results_follows_what_there_is(mug, client, settings, number):
    settings.LISTING_PAGE_SIZE = 1
    make_product_page(make_product("red-mug"), title="Mug")
    address = f"/search/?q=mug&page={number}"
    [before] = titles(client, address)
    assert titles(client, address) == [before]
    mug.unpublish()
    assert client.get(address).status_code == (200 if number == 1 else 404)


def test_the_last_one_that_is_sold_is_sold_out_at_the_next_visit(mug, client):
    assert "Sold out" not in body(client, MUG)
    StockItem.objects.update(on_hand=0)
    assert "Sold out" in body(client, MUG)


def test_an_announcement_begins_and_ends_by_the_clock(client, monkeypatch):
    home, now = make_home(), timezone.now()
    times = {"starts_at": now + timedelta(hours=1), "ends_at": now + timedelta(hours=2)}
    Announcement.objects.create(locale=Locale.get_default(), text="Free coffee", **times)
    seen = []
    for minutes in (0, 30, 61, 90, 121):
        at = now + timedelta(minutes=minutes)
        monkeypatch.setattr("shop.web.timezone.now", lambda at=at: at)
        seen.append("Free coffee" in body(client, home.url))
    assert seen == [False, False, True, True, False]


def test_each_currency_has_an_answer_of_its_own(mug, client):
    assert "$24" in body(client, SHELF)
    client.cookies["currency"] = "IDR"
    assert "Rp" in body(client, SHELF)
    assert client.get(SHELF).headers["Cache-Control"] == "private"
    client.cookies.clear()
    assert "Rp" not in body(client, SHELF)
    assert "Cache-Control" not in client.get(SHELF).headers


def test_another_host_and_another_query_are_other_answers(mug, client, settings):
    settings.ALLOWED_HOSTS = ["*"]
    assert "elsewhere.example" not in body(client, MUG)
    assert "elsewhere.example" in body(client, MUG, host="elsewhere.example")
    assert '"/shop/ceramics/?sort=name"' in body(client, f"{SHELF}?sort=name")
    assert '"/shop/ceramics/?sort=name"' not in body(client, SHELF)


def test_a_fragment_is_not_the_whole_page(mug, client):
    assert "<html" in body(client, SHELF)
    assert "<html" not in body(client, SHELF, hx_request="true")
    assert "<html" in body(client, SHELF)
    assert "<html" not in body(client, SHELF, hx_request="true")
    assert "<html" in body(client, SHELF, hx_request="true", hx_history_restore_request="true")


def test_a_draft_is_previewed_though_the_page_is_kept(mug, client):
    body(client, MUG)
    mug.summary = "Only in the draft"
    response = mug.make_preview_request(RequestFactory().get("/"))
    response.render() if hasattr(response, "render") and not response.is_rendered else None
    assert "Only in the draft" in response.content.decode()
    assert "Only in the draft" not in body(client, MUG)


def test_every_search_is_counted(mug, client):
    for _ in range(2):
        client.get("/search/?q=mug")
    log.gathered.hand_over()
    assert SearchDay.objects.get().searches == 2


def test_what_was_found_is_asked_anew(mug, client):
    address = "/search/?q=mug"
    assert "$24" in body(client, address)
    assert "$24" in body(client, address)
    set_price(variant=Variant.objects.get(), currency="USD", amount=Decimal(31), actor="", now=timezone.now())
    assert "$31" in body(client, address)
    mug.unpublish()
    assert 'href="/shop/ceramics/mug/"' not in body(client, address)


# --- what is kept at all -------------------------------------------------------------------------


def answered(response, *, touch=lambda request: None, path="/", asks=lambda now: 1, times=2):
    """How often the view was called for so many visits."""
    calls = []

    def view(request):
        calls.append(1)
        request.session = type("Session", (), {"accessed": False})()
        answers.keep(request, asks)
        touch(request)
        return response() if callable(response) else response

    door = CommerceClock(RememberedAnswers(view))
    for _ in range(times):
        door(RequestFactory().get(path))
    return len(calls)


def with_cookie():
    response = HttpResponse("x")
    response.set_cookie("a", "b")
    return response


def test_only_a_whole_public_page_is_kept():
    assert answered(lambda: HttpResponse("x"), path="/kept/") == 1
    assert answered(lambda: HttpResponse("x", status=404), path="/1/") == 2
    assert answered(with_cookie, path="/2/") == 2
    assert answered(lambda: HttpResponse("/media/not-found"), path="/3/") == 2
    assert answered(lambda: HttpResponse("x"), path="/4/", touch=lambda r: setattr(r.session, "accessed", True)) == 2
    assert answered(lambda: HttpResponse("x"), path="/5/", touch=lambda r: setattr(r, "_csp_nonce", "n")) == 2


def test_what_changes_while_the_page_is_made_is_seen_at_the_next_visit():
    truth = [1]
    assert (
        answered(lambda: HttpResponse("x"), touch=lambda r: truth.append(2), asks=lambda now: truth[-1], times=3) == 2
    )


def test_a_view_that_says_nothing_is_not_kept_by_its_header():
    calls = []

    def view(request):
        calls.append(1)
        answers.keep_with(request, lambda now: 1)
        return HttpResponse("x")

    door = CommerceClock(RememberedAnswers(view))
    for _ in range(2):
        door(RequestFactory().get("/"))
    assert len(calls) == 2


def test_there_is_room_for_so_much():
    shelf = Shelf(room=5)
    for key, letters in (("a", b"12"), ("b", b"345"), ("a", b"1"), ("c", b"67")):
        shelf.keep(key, Kept(letters, [], ()))
    assert [shelf.find(key) and shelf.find(key).body for key in "abc"] == [b"1", None, b"67"]
