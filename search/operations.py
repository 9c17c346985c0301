"""Finding products, stories and other pages by words."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.models import Prefetch, Q
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.http import QueryDict
from django.urls import reverse
from wagtail.contrib.search_promotions.models import SearchPromotion
from wagtail.models import Locale, Page
from wagtail.search.utils import normalise_query_string

from home.models import ContentPage, LandingPage, StoryPage
from search import spelling
from search.synonyms import terms_of
from search.words import Term, clean, fold, split, tsquery, wagtail_query
from shop.catalogue.models import Picture, Variant
from shop.catalogue.pictures import filters
from shop.storefront import listing, reads
from shop.storefront.answers import Ask
from shop.storefront.cards import shown
from shop.storefront.collection_page import CollectionPage
from shop.storefront.documents import configuration
from shop.storefront.edition import remembered
from shop.storefront.models import ListingRow
from shop.storefront.pages import CategoryPage, ProductPage

__all__ = ["Found", "Pick", "clean", "find", "rank"]

REMEMBERED = 60  # seconds that an order of ids is kept; what may be shown is asked every time
CANDIDATES = 2_000  # documents that are weighed, by title and by anything
WEIGHTS = [0.02, 0.1, 0.4, 1.0]  # of story, summary, attributes, title: many in one never weigh as much as one above
MAX_STORIES = 6
MAX_TEXTS = 4
MAX_PAGES = 40  # that are looked at for them


@dataclass(frozen=True)
class Pick:
    """What the shop's people put above the results of some words."""

    title: str
    url: str
    description: str


@dataclass(frozen=True)
class Found:
    """What there is for `words`: products for sale and pages, best first. `instead_of`: what was typed, if mended."""

    words: str
    products: list[int] = field(default_factory=list)
    stories: list[StoryPage] = field(default_factory=list)
    texts: list[Page] = field(default_factory=list)
    picks: list[Pick] = field(default_factory=list)
    instead_of: str = ""

    def __bool__(self) -> bool:
        return bool(self.products or self.stories or self.texts or self.picks)

    @property
    def address(self) -> str:
        """Of the same words, looked for as they are."""
        return f"{reverse('search')}?{urlencode({'q': self.words})}"

    @property
    def count(self) -> int:
        return len(self.products) + len(self.stories) + len(self.texts)


def find(words: str, *, edition: int, language: str, currency: str) -> Found:
    """What a shopper may see for cleaned `words`. When there is nothing, for the words that were probably meant."""
    found = _find(words, edition, language, currency)
    if found or not words:
        return found
    meant = spelling.correct(words, language)
    if meant == " ".join(split(words)):
        return found
    mended = _find(meant, edition, language, currency, instead_of=words)
    return mended if mended else found


def _find(words: str, edition: int, language: str, currency: str, instead_of: str = "") -> Found:
    if not split(words):
        return Found(words)
    stories, texts = _pages(words, language)
    return Found(
        words,
        for_sale(rank(words, language=language), language=language, currency=currency),
        _stories(stories),
        _texts(texts),
        _picks(words, edition, language, currency),
        instead_of,
    )


def question(params: QueryDict, words: str, *, edition: int, language: str, currency: str) -> Ask | None:
    """What the page of results hangs on (see shop.storefront.answers); None where it is made anew each time.

    That is: promoted words, and results that are narrowed or sorted, which are looked at once.
    """
    if not split(words) or normalise_query_string(words) in remembered(edition, "promoted words", _promoted_words):
        return None
    query = listing.parse(params, listing.choices_of(edition, listing.EVERYTHING), words=words)
    if query.filters or query.sort:
        return None
    values = {
        **listing.EVERYTHING._asdict(),
        "language": language,
        "currency": currency,
        "limit": settings.LISTING_PAGE_SIZE,
        "offset": max(query.page - 1, 0) * settings.LISTING_PAGE_SIZE,
    }

    def ask(_now: datetime) -> Any:
        products, pages = rank(words, language=language), _pages(words, language)
        return products, pages, reads.read(_STANDING, {**values, "products": f"{{{','.join(map(str, products))}}}"})

    return ask


# What is listed and counted changes with the assortment, what the page shows with its rows.
_STANDING = """
SELECT (SELECT number FROM shop_edition WHERE id = 1),
       (SELECT string_agg(concat_ws(' ', id, xmin), ',' ORDER BY id) FROM wagtailcore_pageviewrestriction),
       (SELECT array_agg(id ORDER BY id) FROM shop_collection WHERE active),
       (SELECT concat_ws(' ', id, count, xmin) FROM shop_assortment
         WHERE kind = %(kind)s AND ref = %(ref)s AND language = %(language)s AND currency = %(currency)s),
       (SELECT string_agg(concat_ws(' ', id, version), ',' ORDER BY n) FROM (
            SELECT row.id, row.xmin AS version, ranked.n
              FROM unnest(%(products)s::bigint[]) WITH ORDINALITY AS ranked (product_id, n)
              JOIN shop_listingrow row ON row.product_id = ranked.product_id
               AND row.language = %(language)s AND row.currency = %(currency)s
             ORDER BY ranked.n LIMIT %(limit)s OFFSET %(offset)s) shown)
"""


# --- products ------------------------------------------------------------------------------------


def rank(words: str, *, language: str, limit: int = 1_000) -> list[int]:
    """Ids of products whose public page in `language` has all of `words`, best first: a whole sku, title, facts, text.

    Some may not be for sale: see `for_sale`. The cost is bounded: at most twice CANDIDATES are weighed, so for words
    that very many share the order is that of a sample. Remembered for a minute.
    """
    key = _key("rank", language, str(limit), words)
    ids: list[int] | None = cache.get(key)
    if ids is None:
        ids = list(dict.fromkeys([*_with_sku(words), *_ranked(terms_of(words, language), language, limit)]))[:limit]
        cache.set(key, ids, REMEMBERED)
    return ids


def _key(kind: str, language: str, *more: str) -> str:
    typed = hashlib.sha256("\0".join([*more[:-1], fold(more[-1])]).encode()).hexdigest()
    return f"search.{kind}.{language}.{typed[:32]}"


def _with_sku(words: str) -> list[int]:
    if " " in words:
        return []
    variants = Variant.objects.filter(Exact(Lower("sku"), words.lower()), active=True)
    return list(variants.values_list("product_id", flat=True))


def _ranked(terms: Sequence[Term], language: str, limit: int) -> list[int]:
    values: dict[str, Any] = {
        "configuration": configuration(language),
        "query": tsquery(terms),
        "language": language,
        "weights": WEIGHTS,
        "candidates": CANDIDATES,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_RANK, values)
        return [product_id for (product_id,) in cursor.fetchall()]


_RANK = """
SELECT document.product_id FROM (
    (SELECT page_id FROM shop_searchdocument WHERE language = %(language)s
     AND ts_filter(document, '{a}') @@ to_tsquery(%(configuration)s::regconfig, %(query)s) LIMIT %(candidates)s)
    UNION
    (SELECT page_id FROM shop_searchdocument WHERE language = %(language)s
     AND document @@ to_tsquery(%(configuration)s::regconfig, %(query)s) LIMIT %(candidates)s)
) found JOIN shop_searchdocument document USING (page_id)
ORDER BY ts_rank(%(weights)s::real[], document, to_tsquery(%(configuration)s::regconfig, %(query)s)) DESC, product_id
LIMIT %(limit)s
"""


def for_sale(product_ids: Sequence[int], *, language: str, currency: str) -> list[int]:
    """Those of the products that can be bought, in their order."""
    if not product_ids:
        return []
    sellable = reads.listed(product_ids, currency, language)
    return [pk for pk in product_ids if pk in sellable]


# --- stories and other pages ---------------------------------------------------------------------


def _pages(words: str, language: str) -> tuple[list[int], list[int]]:
    """Ids of stories and of other pages with the words, best first, by Wagtail's search.

    Remembered for a minute; whether one may be seen is asked when it is read.
    """
    key = _key("pages", language, words)
    ids: tuple[list[int], list[int]] | None = cache.get(key)
    if ids is None:
        pages = Page.objects.live().filter(locale=Locale.objects.filter(language_code=language).first())
        pages = pages.type(StoryPage, LandingPage, ContentPage, CategoryPage, CollectionPage).select_related(
            "content_type"
        )
        found = list(pages.search(wagtail_query(terms_of(words, language)))[:MAX_PAGES])
        stories = [page.pk for page in found if page.specific_class is StoryPage]
        ids = stories, [page.pk for page in found if page.pk not in stories]
        cache.set(key, ids, REMEMBERED)
    return ids


def _stories(ids: Sequence[int]) -> list[StoryPage]:
    if not ids:
        return []
    pictures = Prefetch("picture", Picture.objects.prefetch_renditions(*filters("scene")))
    stories = shown(StoryPage.objects.filter(pk__in=ids)).select_related("locale").prefetch_related(pictures)
    return sorted(stories, key=lambda story: ids.index(story.pk))[:MAX_STORIES]


def _texts(ids: Sequence[int]) -> list[Page]:
    """Pages that are neither goods nor stories: rooms, collections while they are shown, help, campaigns."""
    if not ids:
        return []
    texts = shown(Page.objects.filter(pk__in=ids)).exclude(collectionpage__collection__active=False)
    texts = texts.select_related("locale")
    return sorted(texts, key=lambda page: ids.index(page.pk))[:MAX_TEXTS]


def _picks(words: str, edition: int, language: str, currency: str) -> list[Pick]:
    """The promoted results of exactly these words, as far as their pages can be seen and their goods be bought."""
    if normalise_query_string(words) not in remembered(edition, "promoted words", _promoted_words):
        return []
    pages = shown(Page.objects.filter(locale__language_code=language))
    rows = ListingRow.objects.filter(language=language, currency=currency)
    visible = Q(page__in=pages) & (Q(page__in=rows.values("page")) | ~Q(page__in=ProductPage.objects.values("pk")))
    picked = (
        SearchPromotion.objects.filter(query__query_string=normalise_query_string(words))
        .filter(Q(page=None) | visible)
        .select_related("page__locale")
    )
    return [_pick(one) for one in picked]


def _promoted_words() -> frozenset[str]:
    return frozenset(SearchPromotion.objects.values_list("query__query_string", flat=True))


def _pick(promotion: Any) -> Pick:
    page = promotion.page
    url = (page.get_url() or "") if page else promotion.external_link_url
    return Pick(promotion.title or url, url, promotion.description)
