"""The photographs of a product take their room, however many there are."""

import pytest
from playwright.sync_api import Page

from tests.factories import make_product, make_product_page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("photos", [0, 1, 2])
def test_the_first_photograph_is_large(page: Page, live_server, photos):
    make_product_page(make_product("mug"), photos=photos)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{live_server.url}/shop/ceramics/mug/")
    box = page.locator("#photo-1, .gallery__strip li").first.bounding_box()
    assert box is not None
    assert box["width"] > 400
