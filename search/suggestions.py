"""What is offered while somebody types: the query itself, products, rooms and stories. Three statements, four at most."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.files.storage import default_storage
from django.db import connection
from django.urls import reverse
from wagtail.models import Page

from home.models import StoryPage
from search.synonyms import terms_of
from search.words import phrase, split, tsquery
from shop.catalogue.pictures import SPECS
from shop.storefront import cards, edition
from shop.storefront.documents import configuration
from shop.storefront.edition import answered
from shop.storefront.goods import ShownPrice
from shop.storefront.pages import CategoryPage
from shop.web import ShopRequest

MIN_LENGTH = 2  # letters; one alone begins too much
MAX_PRODUCTS = 4
MAX_PAGES = 3
CANDIDATES = 200  # titles that are weighed
LOOKED_AT = 20  # pages, of all languages


@dataclass(frozen=True)
class Suggestion:
    """A line of the list. `kind` is query, product, room or story; only products have a price and a picture."""

    kind: str
    title: str
    url: str
    price: ShownPrice | None = None
    image: str = ""


def suggest(words: str, *, request: ShopRequest, language: str, currency: str) -> list[Suggestion]:
    """At most eight things that the cleaned words may become; none for less than two letters."""
    typed = [found for compound in split(words) if (found := phrase(compound))]
    if sum(len(word) for found in typed for word in found) < MIN_LENGTH:
        return []
    itself = Suggestion("query", words, f"{reverse('search')}?{urlencode({'q': words})}")
    minute = int(request.commerce_now.timestamp()) // 60  # the index of pages follows their edition a little later
    key = ("suggested pages", language, tuple(typed), minute)
    pages = answered(edition.of(request), key, lambda: _pages(typed, language))
    return [itself, *_products(words, language, currency), *pages]


def _products(words: str, language: str, currency: str) -> list[Suggestion]:
    """Products for sale whose title or sku has the words, the last of them perhaps unfinished."""
    values: dict[str, Any] = {
        "configuration": configuration(language),
        "query": tsquery(terms_of(words, language), unfinished=True),
        "language": language,
        "currency": currency,
        "thumbs": _thumbs(),
        "candidates": CANDIDATES,
        "limit": MAX_PRODUCTS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PRODUCTS, values)
        rows = cursor.fetchall()
    return [_product(cards.from_json(json.loads(card), currency), thumb) for card, thumb in rows]


def _thumbs() -> list[str]:
    """Filters of the smallest picture that there is, in the format that most browsers read first."""
    thumb = SPECS["thumb"]
    return [*(steps[0] for steps in reversed(thumb.ladders.values())), thumb.jpeg]


def _product(card: Any, thumb: str | None) -> Suggestion:
    image = default_storage.url(thumb) if thumb else card.image.src if card.image else ""
    return Suggestion("product", card.title, card.url, card.price, image)


_PRODUCTS = """
SELECT row.card, thumb.file FROM (
    SELECT product_id, document FROM shop_searchdocument WHERE language = %(language)s
    AND ts_filter(document, '{a}') @@ to_tsquery(%(configuration)s::regconfig, %(query)s) LIMIT %(candidates)s
) found
JOIN shop_listingrow row ON row.product_id = found.product_id AND row.language = %(language)s AND row.currency = %(currency)s
LEFT JOIN LATERAL (
    SELECT rendition.file FROM shop_productphoto photo
    JOIN shop_rendition rendition ON rendition.image_id = photo.image_id AND rendition.filter_spec = ANY(%(thumbs)s)
    WHERE photo.page_id = row.page_id
    ORDER BY photo.sort_order, array_position(%(thumbs)s::text[], rendition.filter_spec::text), rendition.id DESC LIMIT 1
) thumb ON true
ORDER BY ts_rank(found.document, to_tsquery(%(configuration)s::regconfig, %(query)s)) DESC,
    row.sold_out, row.popularity DESC, row.product_id
LIMIT %(limit)s
"""


def _pages(typed: list[tuple[str, ...]], language: str) -> list[Suggestion]:
    """Rooms and stories whose title has words that begin so."""
    pages: Any = Page.objects.live().public().type(CategoryPage, StoryPage)
    pages = pages.select_related("locale", "content_type")
    words = " ".join(word for found in typed for word in found)
    found = [page for page in pages.autocomplete(words)[:LOOKED_AT] if page.locale.language_code == language]
    return [Suggestion(_kind(page), page.title, page.get_url() or "") for page in found[:MAX_PAGES]]


def _kind(page: Page) -> str:
    return "story" if issubclass(page.specific_class, StoryPage) else "room"
