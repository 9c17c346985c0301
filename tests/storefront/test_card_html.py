"""Cards of listings are what the component is, letter by letter, in each language and state."""

from decimal import Decimal
from itertools import product

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from shop.catalogue.pictures import ShownPicture
from shop.money import Money
from shop.storefront.card_html import card_html, photograph
from shop.storefront.cards import Card, Colour, Pick
from shop.storefront.goods import ShownPrice

NASTY = "Cup & <b>\"saucer\"</b>  100 % 'É'"
INDIGO, SAND = Colour("indigo", "Indigo <Blue>"), Colour('"sand"', "Sand & Sun")
PICTURE = ShownPicture("/media/a.jpg?a=1&b=2", 720, 900, NASTY, (("image/webp", "/a.webp 480w, /b.webp 720w"),))
PRICES = [
    ShownPrice(Money("24", "USD")),
    ShownPrice(Money("24.5", "USD"), is_from=True),
    ShownPrice(Money("45000", "IDR"), Money("60000", "IDR")),
    ShownPrice(Money("1234.5", "USD"), Money("2000", "USD"), is_from=True),
]
WAYS = [
    {},
    {"sku": NASTY},
    {"quick": [Pick(NASTY, NASTY, INDIGO, True), Pick("B", "Large", SAND, False), Pick("C", "Small", None, True)]},
]
FACTS = [
    {},
    {"badge": NASTY, "stock_note": NASTY, "rating": Decimal("4.45"), "rating_count": 1},
    {"rating": Decimal("3.00"), "rating_count": 12_345, "colours": [INDIGO, SAND], "image": PICTURE},
    {"badge": "20% off", "image": PICTURE, "hover_image": PICTURE, "stock_note": "Only 2 left"},
]


def component(card: Card) -> str:
    html = render_to_string("components/_card.html", {"card": card, "level": 3, "eager": False})
    return " ".join(html.split())


@pytest.mark.parametrize("language", ["en", "id"])
def test_a_card_is_the_component(language):
    with translation.override(language):
        for price, way, facts in product(PRICES, WAYS, FACTS):
            card = Card(1, 2, NASTY, "/shop/cup/?a=1&b=<2>", "", price, **way, **facts)
            assert card_html(card) == component(card)


def test_a_photograph_is_the_component():
    context = {"card": {"image": PICTURE}, "eager": False}
    assert photograph(PICTURE) == " ".join(render_to_string("components/_card_photo.html", context).split())
