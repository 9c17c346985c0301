"""Generated products as rows of every table that a product is in: one function for each thing, a `Sheet` for each table."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from html import escape
from itertools import count
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from wagtail.models import Page

from shop.catalogue.models import Placement, PriceWindow, Product, Variant
from shop.catalogue.pricing import convert
from shop.copying import Sheet, fresh_ids
from shop.inventory.models import StockItem, StockMovement
from shop.money import Money
from shop.reviews.models import Review
from shop.seed.articles import Article, Offer
from shop.seed.shelves import Shop
from shop.storefront.pages import ProductPage, ProductPhoto

ACTOR = "seed_catalogue"
SALE_DAYS = 14  # what is reduced has been so for as long as this


class Piece(NamedTuple):
    """A variant with the ids of its rows."""

    offer: Offer
    variant: int
    stock_item: int


@dataclass(frozen=True)
class Good:
    """An article with the ids of its rows."""

    article: Article
    product: int
    page: int
    pieces: list[Piece]


@dataclass(frozen=True)
class Batch:
    shop: Shop
    goods: list[Good]
    now: datetime


def batch(shop: Shop, articles: Sequence[Article], now: datetime) -> Batch:
    """The articles with an id for each of their rows."""
    products, pages = fresh_ids(Product, len(articles)), fresh_ids(Page, len(articles))
    total = sum(len(article.offers) for article in articles)
    variants, items = iter(fresh_ids(Variant, total)), iter(fresh_ids(StockItem, total))
    goods = [
        Good(article, product, page, [Piece(offer, next(variants), next(items)) for offer in article.offers])
        for article, product, page in zip(articles, products, pages, strict=True)
    ]
    return Batch(shop, goods, now)


def products(work: Batch) -> Iterable[Sheet]:
    shop = work.shop
    rows = Sheet(Product, "id", "code", "name", "lifecycle", "tax_class", "brand", "category", "created_at")
    options = Sheet(Product.options.through, "product", "attribute")
    facts = Sheet(Product.facts.through, "product", "attributevalue")
    for good in work.goods:
        it = good.article
        brand, home = shop.brands[it.brand], shop.categories[it.shelf]
        listed = work.now - timedelta(minutes=it.minutes_old)
        rows.add(good.product, it.code, it.title, "active", shop.tax_class.pk, brand, home, listed)
        for attribute in it.options:
            options.add(good.product, shop.attributes[attribute])
        for value in it.facts:
            facts.add(good.product, shop.values[value])
    return rows, options, facts


def placements(work: Batch) -> Iterable[Sheet]:
    rows = Sheet(Placement, "product", "category", "position")
    for good in work.goods:
        for shelf in {good.article.shelf, good.article.beside} - {""}:
            rows.add(good.product, work.shop.categories[shelf], good.article.number)
    return (rows,)


def stock(work: Batch) -> Iterable[Sheet]:
    items = Sheet(StockItem, "id", "name", "policy", "on_hand", "lead_days")
    moves = Sheet(StockMovement, "stock_item", "delta", "balance", "reason", "actor", "at")
    for good in work.goods:
        for offer, _variant, item in good.pieces:
            items.add(item, offer.sku, offer.policy, offer.on_hand, offer.lead_days)
            if offer.on_hand:
                moves.add(item, offer.on_hand, offer.on_hand, "received", ACTOR, work.now)
    return items, moves


def variants(work: Batch) -> Iterable[Sheet]:
    names = ("id", "product", "sku", "combination", "stock_item", "barcode", "weight_g", "cost_price", "image")
    rows = Sheet(Variant, *names, "position", "active")
    chosen = Sheet(Variant.values.through, "variant", "attributevalue")
    for good in work.goods:
        image = work.shop.pictures[good.article.pictures[0]].pk
        for place, (offer, variant, item) in enumerate(good.pieces, start=1):
            ids = sorted(work.shop.values[value] for value in offer.values)
            cost, combination = Decimal(offer.amount) * 2 / 5, "-".join(map(str, ids))
            facts = (offer.barcode, offer.weight_g, cost, image)
            rows.add(variant, good.product, offer.sku, combination, item, *facts, place, True)
            for value in ids:
                chosen.add(variant, value)
    return rows, chosen


def prices(work: Batch) -> Iterable[Sheet]:
    """A price since the product was listed; where it is reduced, the full one until a while ago and the lower one since."""
    rows = Sheet(PriceWindow, "variant", "currency", "amount", "compare_at", "valid", "source", "created_at")
    base = work.shop.base
    began = work.now - timedelta(days=SALE_DAYS)
    for good in work.goods:
        listed = work.now - timedelta(minutes=good.article.minutes_old)
        for offer, variant, _item in good.pieces:
            for currency in work.shop.currencies if offer.everywhere else [base]:
                amount, was = (_in(currency, base, units) for units in (offer.amount, offer.was))
                if was is not None and amount is not None and was > amount:
                    rows.add(variant, currency.code, was, None, f"[{listed},{began})", ACTOR, work.now)
                    rows.add(variant, currency.code, amount, was, f"[{began},)", ACTOR, work.now)
                else:
                    rows.add(variant, currency.code, amount, None, f"[{listed},)", ACTOR, work.now)
    return (rows,)


def _in(currency: Any, base: Any, units: int | None) -> Decimal | None:
    """Whole units of the base currency as a price that was set by hand, a little off what the rate gives."""
    if units is None or currency is base:
        return None if units is None else Decimal(units)
    return convert(Money(Decimal(units), base.code), currency).amount + currency.rounding


def pages(work: Batch) -> Iterable[Sheet]:
    """Pages as treebeard and Wagtail would make them, below those of their categories; live, without revisions yet."""
    written = ("latest_revision_created_at", "first_published_at", "last_published_at")
    names = ("id", "path", "depth", "numchild", "title", "draft_title", "slug", "url_path", "search_description")
    rows = Sheet(Page, *names, "live", "content_type", "locale", "translation_key", *written)
    words = Sheet(ProductPage, "page_ptr", "product", "language", "summary", "story", "specs", "faq")
    photos = Sheet(ProductPhoto, "page", "sort_order", "image", "alt")
    kind = ContentType.objects.get_for_model(ProductPage).pk
    places = _places(work)
    for good in work.goods:
        it, parent = good.article, work.shop.pages[good.article.shelf]
        listed, chance = work.now - timedelta(minutes=it.minutes_old), Random(it.number)  # noqa: S311
        tree = (next(places[it.shelf]), parent.depth + 1, 0)
        rows.add(
            *(good.page, *tree, it.title, it.title, it.code, f"{parent.url_path}{it.code}/", it.summary),
            *(True, kind, parent.locale_id, UUID(int=chance.getrandbits(128), version=4), None, listed, listed),
        )
        language = parent.locale.language_code
        words.add(good.page, good.product, language, it.summary, *_streams(it, chance))
        for place, (name, alt) in enumerate(zip(it.pictures, it.alts, strict=True)):
            photos.add(good.page, place, work.shop.pictures[name].pk, alt)
    return rows, words, photos


def _places(work: Batch) -> dict[str, Any]:
    """For each shelf the paths of the children that its page gets next. The caller has locked the pages."""
    return {slug: _paths(page) for slug, page in work.shop.pages.items()}


def _paths(parent: Page) -> Iterable[str]:
    last = Page.objects.child_of(parent).order_by("path").values_list("path", flat=True).last()
    step = Page._str2int(last[-Page.steplen :]) if last else 0
    return (Page._get_path(parent.path, parent.depth + 1, place) for place in count(step + 1))


def reviews(work: Batch) -> Iterable[Sheet]:
    """Half of the products have some, most of them kind."""
    names = ("product", "stars", "title", "text", "name", "verified", "language", "state", "helpful", "created_at")
    rows = Sheet(Review, *names)
    for good in work.goods:
        for said in good.article.reviews:
            at = work.now - timedelta(minutes=good.article.minutes_old * said.age)
            rows.add(
                good.product, said.stars, said.title, said.text, said.name, True, "en", "approved", said.helpful, at
            )
    return (rows,)


def _streams(it: Article, chance: Random) -> tuple[str, str, str]:
    """Story, specifications and questions, as StreamField stores them."""

    def block(kind: str, value: Any) -> dict[str, Any]:
        return {"type": kind, "value": value, "id": str(UUID(int=chance.getrandbits(128), version=4))}

    story = [block("heading", it.heading), *(block("paragraph", f"<p>{escape(text)}</p>") for text in it.paragraphs)]
    specs = [block("spec", {"name": name, "value": value}) for name, value in it.specs]
    question, answer = it.question
    faq = [block("question", {"question": question, "answer": f"<p>{escape(answer)}</p>"})]
    return json.dumps(story), json.dumps(specs), json.dumps(faq)


SHEETS: list[Callable[[Batch], Iterable[Sheet]]] = [products, placements, stock, variants, prices, pages, reviews]
