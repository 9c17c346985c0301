"""Header and footer: what they link to, what they leave out, and what they cost."""

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation
from wagtail.models import Locale, PageViewRestriction, Site

from home.models import ContentPage, HomePage, SiteSettings, StoryIndexPage
from shop.catalogue.models import Category
from shop.storefront.pages import CategoryPage, ShopPage

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
    settings = SiteSettings.for_site(Site.objects.get())
    settings.footer = [("column", {"title": "Help", "links": list(links)})]
    settings.save()


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


def test_the_menu_knows_where_the_visitor_is(ceramics):
    assert [link.current for link in read("main_menu", "/shop/")] == [True, False]
    assert [link.current for link in read("main_menu", "/shop/ceramics/tide-mug/")] == [False, True]


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


def test_header_and_footer_cost_three_statements(shop, ceramics, help_page, django_assert_max_num_queries):
    footer_of({"text": "Delivery", "page": help_page, "address": ""})
    page = "{% load navigation %}{% main_menu as menu %}{% footer_menus as columns %}{% site_settings as house %}"
    text = page + "{{ house.name }}{% for c in columns %}{% for l in c.links %}{{ l.url }}{% endfor %}{% endfor %}"
    read("main_menu")  # Wagtail keeps the sites' roots in the cache
    with django_assert_max_num_queries(3):
        Template(text).render(Context({"request": RequestFactory().get("/cart/")}))
