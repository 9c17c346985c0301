"""Listings: what stands in a category, a collection, the whole shop or a search; narrowed, ordered, page by page.

One engine for every page that lists. It reads what `indexing` has made, in two statements, or three with filters.
"""

import json
import re
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import cache
from django.core.paginator import EmptyPage, Page, Paginator
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from shop.catalogue.models import Category
from shop.storefront import facets, questions, reads
from shop.storefront.answers import Ask
from shop.storefront.cards import COLOUR, Card, cards_for_pages, from_json
from shop.storefront.edition import answered, remembered
from shop.storefront.facets import Choices, Facet, Filters
from shop.storefront.models import Assortment

__all__ = [
    "EVERYTHING",
    "Listing",
    "NoSuchPage",
    "Query",
    "Scope",
    "cards_for_pages",
    "first_cards",
    "listing",
    "parse",
]

SORTS = {
    "": _("Our order"),
    "newest": _("Newest"),
    "popular": _("Most sold"),
    "rating": _("Best rated"),
    "price_low": _("Price, low to high"),
    "price_high": _("Price, high to low"),
    "name": _("Name"),
}
RELEVANCE = _("Relevance")
LARGE, COUNTS_SECONDS = 2_000, 60  # in a large assortment, numbers beside the filters may lag a minute behind
EAGER_CARDS = 2
PHOTOGRAPH = re.compile(r"<picture>.*?</picture>")  # the first is the main one
LAZY, EAGER = 'loading="lazy" decoding="async"', 'fetchpriority="high"'


class NoSuchPage(Exception):
    """The listing has no page of that number."""


class Scope(NamedTuple):
    """What is listed: `Scope("category", 7)`."""

    kind: str
    ref: int = 0


EVERYTHING = Scope(Assortment.Kind.EVERYTHING.value)


@dataclass(frozen=True)
class Query:
    """What a shopper asked for. `sort` is a key of SORTS; `page` counts from 1."""

    sort: str = ""
    page: int = 1
    filters: Filters = Filters()
    words: str = ""

    @property
    def sorts(self) -> list[dict[str, Any]]:
        """For the toolbar."""
        labels = SORTS | {"": RELEVANCE} if self.words else SORTS
        return [{"value": value, "label": label, "chosen": value == self.sort} for value, label in labels.items()]

    @property
    def hidden(self) -> list[dict[str, str]]:
        """What a form that sorts keeps of the query."""
        words = [("q", self.words)] if self.words else []
        return [{"name": name, "value": value} for name, value in words + self.filters.params()]

    def address(self, params: list[tuple[str, str]]) -> str:
        """The query string that asks for `params` in the same order and for the same words; "?" for none."""
        kept = [("q", self.words)] if self.words else []
        sort = [("sort", self.sort)] if self.sort else []
        return "?" + urlencode(kept + params + sort)


class Listed(NamedTuple):
    """A card, ready to be sent."""

    title: str
    url: str
    html: SafeString


@dataclass(frozen=True)
class Listing:
    """What a page shows. `whole`: how many there are without filters.

    `facts`: all that the filters and the lines around the cards are made of, beside the edition and the address.
    """

    query: Query
    cards: list[Listed]
    page: Page
    count: int
    whole: int
    choices: Choices
    counts: Mapping[int, Mapping[int, int]]
    unfiltered: Mapping[int, int]
    currency: str
    language: str
    facts: Hashable

    @cached_property
    def facets(self) -> list[Facet]:
        return facets.facets(self.choices, self.query.filters, self.counts, self.unfiltered)

    @cached_property
    def chips(self) -> list[dict[str, str]]:
        made = facets.chips(self.choices, self.query.filters, self.currency, self.language)
        return [{"label": chip.label, "url": self.query.address(chip.without)} for chip in made]

    @property
    def html(self) -> SafeString:
        """The cards, as items of a list."""
        return mark_safe("".join(f"<li>{card.html}</li>" for card in self.cards))  # noqa: S308 - our own cards

    @property
    def clear_url(self) -> str:
        return self.query.address([])

    @property
    def numbers(self) -> list[int | str]:
        """Page numbers worth a link."""
        return list(self.page.paginator.get_elided_page_range(self.page.number, on_each_side=1, on_ends=1))


def parse(params: QueryDict, choices: Choices, *, words: str = "") -> Query:
    """The query of an address. Junk counts as not given; a page number out of range is refused by `listing`."""
    sort, page = params.get("sort", ""), params.get("page", "")
    whole = page.isdecimal() and page.isascii() and len(page) < 9
    return Query(
        sort=sort if sort in SORTS else "",
        page=int(page) if whole else 1,
        filters=facets.parse(params, choices),
        words=words,
    )


def choices_of(edition: int, scope: Scope) -> Choices:
    """What a listing of `scope` can be narrowed by."""
    everything = remembered(edition, ("choices", get_language()), facets.load_choices)
    return everything.but("category") if scope.kind == Assortment.Kind.CATEGORY else everything


def listing(
    params: QueryDict,
    *,
    of: Scope = EVERYTHING,
    edition: int,
    currency: str,
    language: str,
    words: str = "",
    among: Collection[int] | None = None,
) -> Listing:
    """The page that an address asks for of what is for sale in `of`.

    `among`: ids of products in order of relevance, for a search for `words`; only they are listed.
    Raises NoSuchPage when it is out of range.
    """
    choices = choices_of(edition, of)
    query = parse(params, choices, words=words)
    kept = reads.assortment(of.kind, of.ref, language, currency) or reads.Kept(0, 0, "{}", 0)
    where = query.filters.where(among)
    counts = _counted(edition, kept, where)
    unfiltered = _counted(edition, kept, reads.Where(among=where.among)) if query.filters else counts
    count = counts.get(0, {}).get(facets.ALL, 0) if where else kept.size
    page = _page(count, query.page)
    return Listing(
        query=query,
        cards=_ranked_cards(among, page, currency, language)
        if among is not None and not query.filters and not query.sort
        else _cards(kept.pk, where, query, page),
        page=page,
        count=count,
        whole=len(among) if among is not None else kept.size,
        choices=choices,
        counts=counts,
        unfiltered=unfiltered.get(0, {}),
        currency=currency,
        language=language,
        facts=(kept.pk, kept.revision, where.among, tuple(query.filters.params()), query.sort, page.number, words),
    )


def question(params: QueryDict, *, of: Scope, edition: int, currency: str, language: str, address: str) -> Ask:
    """What the page at `address` (in Wagtail's terms) hangs on, when it shows the listing that `params` ask for."""
    query = parse(params, choices_of(edition, of))
    values = {
        **of._asdict(),
        "address": address,
        "language": language,
        "currency": currency,
        "limit": settings.LISTING_PAGE_SIZE,
        "offset": max(query.page - 1, 0) * settings.LISTING_PAGE_SIZE,
    }
    return questions.asked_of_listing(values, query.filters.where(None), query.sort)


def _page(count: int, number: int) -> Page:
    try:
        return Paginator(range(count), settings.LISTING_PAGE_SIZE).page(number)
    except EmptyPage:
        raise NoSuchPage(number)


def _counted(edition: int, kept: reads.Kept, where: reads.Where) -> Mapping[int, Mapping[int, int]]:
    return answered(edition, ("counts", kept.pk, kept.revision, where), lambda: _counts(kept, where))


def _counts(kept: reads.Kept, where: reads.Where) -> dict[int, dict[int, int]]:
    """Numbers beside the filters. Counting a large assortment takes long, so processes tell each other for a while."""
    if not where:
        return facets.all_counts(kept.facets)
    if kept.size < LARGE or where.among is not None:
        return reads.counts(kept.pk, where)
    asked = f"{kept.pk}|{kept.revision}|{where.groups}|{where.min_price}|{where.max_price}"
    key = "listing.counts." + blake2b(asked.encode(), digest_size=16).hexdigest()
    return cache.get_or_set(key, lambda: reads.counts(kept.pk, where), COUNTS_SECONDS) or {}


def _ranked_cards(among: Collection[int], page: Page, currency: str, language: str) -> list[Listed]:
    """Cards of a search that nothing narrows: what is on the page is known before anything is read."""
    start = (page.number - 1) * settings.LISTING_PAGE_SIZE
    ids = list(among)[start : start + settings.LISTING_PAGE_SIZE]
    found = reads.cards_of(ids, currency, language) if ids else []
    return [_listed(*row, eager=n < EAGER_CARDS) for n, row in enumerate(found)]


def _cards(assortment_id: int, where: reads.Where, query: Query, page: Page) -> list[Listed]:
    offset, size = (page.number - 1) * settings.LISTING_PAGE_SIZE, settings.LISTING_PAGE_SIZE
    look = next((str(value.code) for value in query.filters.chosen.get(COLOUR, ())), "")
    if where.among is not None and not query.sort:
        found = reads.cards_by_relevance(assortment_id, where, offset, size, look)
    else:
        found = reads.page_of_cards(assortment_id, where, query.sort, offset, size, look)
    return [_listed(*row, eager=n < EAGER_CARDS) for n, row in enumerate(found)]


def _listed(title: str, url: str, html: str, look: str | None, *, eager: bool) -> Listed:
    """A card as it was made, or, where a colour is asked for, with its photograph and the address of its variant."""
    if look:
        sku, photograph = json.loads(look)
        html = PHOTOGRAPH.sub(lambda _found: photograph, html, count=1)
        html = html.replace(f'href="{escape(url)}"', f'href="{escape(url)}?{urlencode({"variant": sku})}"', 1)
    if eager:
        html = html.replace(LAZY, EAGER, 1)
    return Listed(title, url, SafeString(html))  # our own card


def first_cards(of: Scope, *, currency: str, language: str, limit: int, but: int = 0, sort: str = "") -> list[Card]:
    """The first products of an assortment as cards, without the product `but`. One query."""
    kept = reads.cards_in(of.kind, of.ref, language, currency, limit=limit, but=but, sort=sort)
    return [from_json(facts, currency) for facts in kept]


def within(category: Category) -> set[int]:
    """Ids of the category and of all below it, in one query."""
    children: dict[int | None, list[int]] = {}
    for pk, parent_id in Category.objects.values_list("pk", "parent_id"):
        children.setdefault(parent_id, []).append(pk)
    found, waiting = set(), [category.pk]
    while waiting:
        pk = waiting.pop()
        if pk not in found:
            found.add(pk)
            waiting += children.get(pk, [])
    return found
