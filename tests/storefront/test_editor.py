"""What editors meet at the desk of a product's page."""

import pytest
from django.urls import reverse

from shop.storefront.pages import ProductPage
from tests.factories import make_locale, make_product, make_product_page, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client):
    client.force_login(make_staff("Editor"))
    return make_product_page(make_product("mug"))


def test_price_and_stock_stand_beside_the_words(client, page):
    html = client.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).content.decode()
    assert 'data-side-panel="commerce"' in html
    assert "$24.00" in html


def test_a_new_page_that_saves_itself_gets_no_button_without_a_panel(client, page):
    """Wagtail takes over the toggles of that answer, but not the panels."""
    address = reverse("wagtailadmin_pages:edit", args=[page.pk]) + "?_w_hydrate_create_view=1"
    response = client.get(address)
    assert response.status_code == 200
    assert "commerce" not in response.content.decode()


def test_editors_translate(client, page):
    locale = make_locale("id")
    front_page = page.get_ancestors().get(depth=2)
    address = reverse("simple_translation:submit_page_translation", args=[front_page.pk])
    response = client.post(address, {"locales": [locale.pk], "include_subtree": "on"})
    assert response.status_code == 302
    copy = ProductPage.objects.get(locale=locale)
    assert (copy.translation_key, copy.live) == (page.translation_key, False)
