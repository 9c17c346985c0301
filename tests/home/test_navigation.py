"""Header and footer: what they link to, what they leave out, and what they cost."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.template import Context, Template
from django.test import RequestFactory
from django.urls import reverse
from django.utils import translation
from wagtail.models import Locale, PageViewRestriction, Site
from wagtail.test.utils.form_data import nested_form_data, streamfield

from home.frame import load
from home.house import Announcement, Menu, SiteSettings
from home.models import ContentPage, HomePage, StoryIndexPage
from shop.catalogue.models import Category
from shop.storefront.pages import CategoryPage, ShopPage
from tests.factories import NOW, make_currencies, make_staff

pytestmark = pytest.mark.django_db


def read(tag, path="/"):
    request = RequestFactory().get(path)
    context = Context({"request": request})
    Template("{% load navigation %}{% " + tag + " as found %}").render(context)
    return context["found"]


@pytest.fixture
def front():
    return HomePage.objects.get()


@pytest.fixture
def shop(front):
    return front.add_child(instance=ShopPage(title="Everything for the house", slug="shop", show_in_menus=True))


def category_page(title):
    category = Category.objects.create(slug=title.lower(), name=title)
    return CategoryPage(title=title, slug=title.lower(), category=category, language="en", show_in_menus=True)


@pytest.fixture
def ceramics(shop):
    return shop.add_child(instance=category_page("Ceramics"))


@pytest.fixture
def help_page(front):
    return front.add_child(instance=ContentPage(title="Delivery and cost", slug="delivery"))


def footer_of(*links):
    Menu.objects.create(locale=Locale.get_default(), footer=[("column", {"title": "Help", "links": list(links)})])


def header_of(*links, **more):
    header = [("link", link) for link in links]
    return Menu.objects.create(**{"locale": Locale.get_default(), "header": header, **more})


def header(path="/", at=NOW):
    request = RequestFactory().get(path)
    request.commerce_now = at
    return Template("{% load navigation %}{% site_header %}").render(Context({"request": request}))


def announce(text, start=None, end=None, **more):
    return Announcement.objects.create(locale=Locale.get_default(), text=text, starts_at=start, ends_at=end, **more)


def announced(at=NOW):
    found = re.search(r'<p class="announce">(.*?)</p>', header(at=at))
    return found and found[1]


def test_a_new_shop_has_a_front_page_and_two_languages(front, client):
    site = Site.objects.get()
    assert site.root_page.specific == front
    assert front.title == "Etalase"
    assert set(Locale.objects.values_list("language_code", flat=True)) == {"en", "id"}


def test_the_menu_is_the_shop_its_categories_and_the_stories_in_the_order_of_the_tree(front, ceramics, help_page):
    front.add_child(instance=StoryIndexPage(title="Stories", slug="stories", show_in_menus=True))
    assert [(link.title, link.url) for link in read("main_menu")] == [
        ("Everything", "/shop/"),
        ("Ceramics", "/shop/ceramics/"),
        ("Stories", "/stories/"),
    ]


def test_the_header_knows_where_the_visitor_is(ceramics):
    assert '<a href="/shop/" aria-current="page">' in header("/shop/")
    below = header("/shop/ceramics/tide-mug/")
    assert '<a href="/shop/ceramics/" aria-current="true">' in below
    assert below.count("aria-current") == 1
    assert "aria-current" not in header("/stories/")
    assert "aria-current" not in header("/")


def test_sub_categories_stay_out_of_the_header(ceramics):
    ceramics.add_child(instance=category_page("Mugs"))
    assert [link.title for link in read("main_menu")] == ["Everything", "Ceramics"]


@pytest.mark.parametrize("hide", ["unpublish", "restrict", "parent"])
def test_what_not_everybody_may_see_is_in_no_menu(hide, shop, ceramics):
    if hide == "unpublish":
        ceramics.unpublish()
    else:
        PageViewRestriction.objects.create(
            page=ceramics if hide == "restrict" else shop, restriction_type=PageViewRestriction.LOGIN
        )
    assert "Ceramics" not in [link.title for link in read("main_menu")]


def test_each_language_has_its_own_menu(front, shop):
    indonesian = Locale.objects.get(language_code="id")
    beranda = front.copy_for_translation(indonesian, copy_parents=True)
    beranda.add_child(instance=ShopPage(title="Semua", slug="toko", locale=indonesian, show_in_menus=True))
    assert [link.url for link in read("main_menu")] == ["/shop/"]
    with translation.override("id"):
        assert [link.url for link in read("main_menu", "/id/")] == ["/id/toko/"]


def test_the_footer_links_pages_and_addresses(help_page):
    footer_of(
        {"text": "", "page": help_page, "address": ""},
        {"text": "Find my order", "page": None, "address": "/orders/lookup/"},
    )
    (column,) = read("footer_menus")
    assert column.title == "Help"
    assert [(link.title, link.url) for link in column.links] == [
        ("Delivery and cost", "/delivery/"),
        ("Find my order", "/orders/lookup/"),
    ]


@pytest.mark.parametrize("end", ["delete", "unpublish"])
def test_the_footer_leaves_out_a_page_that_is_gone(end, help_page):
    footer_of({"text": "Delivery", "page": help_page, "address": ""})
    getattr(help_page, end)()
    assert read("footer_menus")[0].links == []


def test_header_and_footer_are_remembered_and_cost_one_statement(shop, ceramics, help_page, django_assert_num_queries):
    footer_of({"text": "Delivery", "page": help_page, "address": ""})
    announce("Free delivery", page=help_page)
    page = Template(
        "{% load navigation %}{% site_settings as house %}{{ house.name }}{% site_header %}{% site_footer %}"
    )
    visits = [RequestFactory().get("/cart/") for _ in range(2)]
    for visit in visits:
        visit.commerce_now = NOW  # what is linked to is looked at anew each minute
    page.render(Context({"request": visits[0]}))
    with django_assert_num_queries(1):  # the edition
        html = page.render(Context({"request": visits[1]}))
    assert 'href="/delivery/"' in html
    assert 'class="announce"' in html


def test_editors_choose_the_links_of_the_header_in_their_order(shop, ceramics, help_page):
    header_of(
        {"text": "", "page": help_page, "address": "", "at_end": False},
        {"text": "Sale", "page": None, "address": "/shop/?on_sale=1", "at_end": True},
    )
    assert [(link.title, link.url, link.at_end) for link in read("main_menu")] == [
        ("Delivery and cost", "/delivery/", False),
        ("Sale", "/shop/?on_sale=1", True),
    ]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "shop/", "//elsewhere.example/"])
def test_an_address_that_leads_nowhere_good_is_no_link(address):
    header_of({"text": "Odd", "page": None, "address": address, "at_end": False})
    assert read("main_menu") == []


def test_a_chosen_page_that_not_everybody_may_see_is_in_neither_menu_nor_footer_nor_announcement(help_page):
    link = {"text": "Delivery", "page": help_page, "address": ""}
    header_of(link | {"at_end": False}, footer=[("column", {"title": "Help", "links": [link]})])
    announce("Delivery is free", page=help_page)
    assert "/delivery/" in header()
    PageViewRestriction.objects.create(page=help_page, restriction_type=PageViewRestriction.LOGIN)
    assert "/delivery/" not in header()
    assert read("footer_menus")[0].links == []
    assert announced() == "Delivery is free"


def test_a_translation_of_header_and_footer_serves_its_language(front, shop, help_page):
    front.copy_for_translation(Locale.objects.get(language_code="id"))
    menu = header_of({"text": "Help", "page": help_page, "address": "", "at_end": False})
    translated = menu.copy_for_translation(Locale.objects.get(language_code="id"))
    translated.header = [("link", {"text": "Toko", "page": None, "address": "/id/toko/", "at_end": False})]
    translated.save()
    assert [link.title for link in read("main_menu")] == ["Help"]
    with translation.override("id"):
        assert [link.title for link in read("main_menu", "/id/")] == ["Toko"]


def test_one_header_and_footer_per_site_and_language():
    header_of()
    with pytest.raises(ValidationError):
        Menu(locale=Locale.get_default()).full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        header_of()


# -- announcements


DAY = timedelta(days=1)


def test_an_announcement_runs_from_its_start_to_its_end():
    announce("Sale", NOW, NOW + DAY)
    assert announced(NOW - timedelta(microseconds=1)) is None
    assert announced(NOW) == "Sale"
    assert announced(NOW + DAY - timedelta(microseconds=1)) == "Sale"
    assert announced(NOW + DAY) is None


def test_of_several_announcements_the_one_that_began_last_is_shown():
    announce("Always")
    announce("This week", NOW - 2 * DAY, NOW + 5 * DAY)
    announce("Today", NOW - DAY / 2, NOW + DAY / 2)
    announce("Tomorrow", NOW + DAY)
    assert announced(NOW - 3 * DAY) == "Always"
    assert announced(NOW - DAY) == "This week"
    assert announced(NOW) == "Today"
    assert announced(NOW + DAY * 2 / 3) == "This week"
    assert announced(NOW + 2 * DAY) == "Tomorrow"


def test_a_frame_that_is_kept_tells_the_announcement_of_any_later_instant():
    announce("Today", NOW, NOW + DAY)
    announce("Tomorrow", NOW + DAY)
    frame = load(Site.objects.get(), "en", NOW)
    assert [frame.line(at).text for at in (NOW, NOW + DAY)] == ["Today", "Tomorrow"]


def test_an_announcement_leads_somewhere_and_is_escaped(help_page):
    announce("Soap & <b>water</b>", page=help_page)
    assert announced() == '<a href="/delivery/">Soap &amp; &lt;b&gt;water&lt;/b&gt;</a>'


def test_an_announcement_is_of_one_language():
    announce("Hello")
    with translation.override("id"):
        assert announced() is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"starts_at": NOW, "ends_at": NOW},
        {"address": "javascript:alert(1)"},
        {"address": "//elsewhere.example/"},
        {"text": ""},
    ],
)
def test_a_wrong_announcement_is_refused(wrong):
    facts = {"text": "Hello", "locale": Locale.get_default(), **wrong}
    with pytest.raises(ValidationError):
        Announcement(**facts).full_clean()


# -- the desk


def test_an_editor_announces_with_a_preview_first(client, help_page):
    client.force_login(make_staff("Editor"))
    address = reverse("wagtailsnippets_home_announcement:add")
    data = {
        "site": Site.objects.get().pk,
        "text": "Open on Sunday",
        "page": help_page.pk,
        "starts_at": "",
        "ends_at": "",
    }
    preview = reverse("wagtailsnippets_home_announcement:preview_on_add")
    assert client.post(preview, data).json() == {"is_valid": True, "is_available": True}
    shown = client.get(preview, {"mode": ""}).content.decode()
    assert '<p class="announce"><a href="/delivery/">Open on Sunday</a></p>' in shown
    assert Announcement.objects.count() == 0
    assert client.post(address, data).status_code == 302
    assert Announcement.objects.get().text == "Open on Sunday"
    assert "Open on Sunday" in client.get("/").content.decode()


def test_a_date_that_makes_no_sense_is_answered_beside_its_field(client):
    client.force_login(make_staff("Editor"))
    data = {
        "site": Site.objects.get().pk,
        "text": "Back",
        "starts_at": "2026-12-02 00:00",
        "ends_at": "2026-12-01 00:00",
    }
    response = client.post(reverse("wagtailsnippets_home_announcement:add"), data)
    assert "It must end after it starts." in response.content.decode()
    assert Announcement.objects.count() == 0


@pytest.mark.parametrize("role", ["Merchandiser", "Fulfilment", "Finance"])
def test_others_do_not_write_the_header(client, role):
    client.force_login(make_staff(role))
    assert client.get(reverse("wagtailsnippets_home_menu:add")).status_code == 302


def test_an_editor_writes_header_and_footer(client, shop):
    client.force_login(make_staff("Editor"))
    link = {"text": "Shop", "page": str(shop.pk), "address": "", "at_end": ""}
    column = {"title": "Help", "links": inline_list([{"text": "Letters", "page": "", "address": "/letters/"}])}
    data = nested_form_data(
        {
            "site": Site.objects.get().pk,
            "header": streamfield([("link", link)]),
            "footer": streamfield([("column", column)]),
            "tagline": "Things for the house",
            "notice": "",
        }
    )
    assert client.post(reverse("wagtailsnippets_home_menu:add"), data).status_code == 302
    page = client.get("/").content.decode()
    assert '<a href="/shop/">Shop</a>' in page
    assert '<a href="/letters/">Letters</a>' in page
    assert "Things for the house" in page


def inline_list(values):
    """The form data of a ListBlock."""
    rows = {str(n): {"value": value, "order": str(n), "deleted": "", "id": ""} for n, value in enumerate(values)}
    return {"count": str(len(values)), **rows}


def test_store_data_is_said_in_the_footer(client):
    house = SiteSettings.for_site(Site.objects.get())
    house.phone, house.email = "+62 (274) 555-0130", "hello@example.com"
    house.social = [("link", {"text": "Pictures", "page": None, "address": "https://pictures.example/etalase"})]
    house.save()
    page = client.get("/").content.decode()
    assert '<a href="tel:+622745550130">+62 (274) 555-0130</a>' in page
    assert '<a href="https://pictures.example/etalase" rel="me">Pictures</a>' in page


def test_the_footer_comes_back_to_this_page_and_presses_the_chosen_currency(client):
    make_currencies()
    page = client.get("/?a=1&b=2").content.decode()
    assert 'name="next" value="/?a=1&amp;b=2"' in page
    assert 'value="USD" aria-pressed="true"' in page
    assert 'value="IDR" aria-pressed="false"' in page
