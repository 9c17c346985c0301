"""Finding products and stories by words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from wagtail.models import Locale

from home.models import StoryPage
from shop.catalogue.listing import sellable, sellable_variants
from shop.catalogue.models import Product
from shop.storefront.cards import Card, cards_for_pages, product_pages

MAX_LENGTH = 100
MAX_PRODUCTS = 240  # nobody turns more pages than these fill
MAX_STORIES = 6
MAX_FACT_WORDS = 6


@dataclass(frozen=True)
class Found:
    """What there is for some words: ids of product pages, best first, and stories."""

    page_ids: list[int]
    stories: list[StoryPage]

    def __bool__(self) -> bool:
        return bool(self.page_ids or self.stories)


def clean(words: str) -> str:
    """The words as they are looked for and shown again: without what PostgreSQL cannot hold, capped, trimmed."""
    return " ".join(words.replace("\0", " ").split())[:MAX_LENGTH].rstrip()


def find(words: str, *, at: datetime, currency: str, locale: Locale) -> Found:
    """Product pages that can be bought at `at` and public stories with all of `words`. A whole sku comes first."""
    if not words:
        return Found([], [])
    pages = _public(locale)
    by_sku = list(_with_sku(pages, words, at, currency).values_list("pk", flat=True))
    ranked = [page.pk for page in pages.search(words, operator="and")[:MAX_PRODUCTS]]
    ranked += list(_with_facts(pages, words).values_list("pk", flat=True)[:MAX_PRODUCTS])
    for_sale = set(pages.filter(pk__in=ranked, product__in=sellable(at, currency)).values_list("pk", flat=True))
    stories = StoryPage.objects.live().public().filter(locale=locale).select_related("picture", "locale")
    return Found(
        list(dict.fromkeys([*by_sku, *(pk for pk in ranked if pk in for_sale)])),
        list(stories.search(words, operator="and")[:MAX_STORIES]),
    )


def _public(locale: Locale) -> Any:
    """Product pages of a language that anybody may see."""
    pages: Any = product_pages()
    return pages.live().public().filter(locale=locale)


def _with_sku(pages: QuerySet, words: str, at: datetime, currency: str) -> QuerySet:
    variants = sellable_variants(at, currency).filter(sku__iexact=words)
    return pages.filter(product__in=variants.values("product"))


def _with_facts(pages: QuerySet, words: str) -> QuerySet:
    """Pages whose product has each of the words in its title, category, brand, colours, sizes or materials."""
    for word in words.split()[:MAX_FACT_WORDS]:
        of_product = Product.objects.filter(pk=OuterRef("product_id")).filter(
            Q(category__name__icontains=word)
            | Q(brand__name__icontains=word)
            | Q(facts__name__icontains=word)
            | Q(variants__active=True, variants__values__name__icontains=word)
        )
        pages = pages.filter(Q(title__icontains=word) | Exists(of_product))
    return pages.order_by("title", "pk")


def newest(*, at: datetime, currency: str, locale: Locale, count: int = 4) -> list[int]:
    """Ids of the pages of what came last, for those who found nothing."""
    pages = _public(locale).filter(product__in=sellable(at, currency))
    return list(pages.order_by("-product__created_at", "-pk").values_list("pk", flat=True)[:count])


def cards(page_ids: list[int], *, at: datetime, currency: str, request: HttpRequest) -> list[Card]:
    """Cards of product pages in the order of their ids."""
    found = cards_for_pages(page_ids, currency=currency)
    return [found[pk] for pk in page_ids if pk in found]
