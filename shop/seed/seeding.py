"""Seeding: which products are missing, and writing them in batches, each whole or not at all."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F
from wagtail.models import Page

from shop.catalogue.models import Product
from shop.copying import write
from shop.outbox import operations as outbox
from shop.seed import search
from shop.seed.articles import PER_SEED, Article, article
from shop.seed.rows import ACTOR, SHEETS, Batch, batch
from shop.seed.shelves import Shop

BATCH = 2_000
MOST, SEEDS = PER_SEED - 1, range(1, 1000)


def seed_products(shop: Shop, *, products: int, seed: int, now: datetime, progress: Callable[[int, int], None]) -> int:
    """Add those of the first `products` articles of `seed` that are missing; returns how many were.

    `progress` is told how many have been looked after, of how many.
    """
    made = done = 0
    for articles in _made_ahead(seed, products):
        missing = _missing(articles)
        if missing:
            _write(shop, missing, now)
        made, done = made + len(missing), done + len(articles)
        progress(done, products)
    if made:
        _tell_the_planner()
    return made


def _made_ahead(seed: int, products: int) -> Iterator[list[Article]]:
    """The articles in batches; the next is thought up while the database writes the last."""

    def think_up(start: int) -> list[Article]:
        return [article(seed, index) for index in range(start, min(start + BATCH, products))]

    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(think_up, 0)
        for start in range(0, products, BATCH):
            articles = coming.result()
            coming = ahead.submit(think_up, start + BATCH)
            yield articles


def _missing(articles: list[Article]) -> list[Article]:
    known = set(Product.objects.filter(code__in=[it.code for it in articles]).values_list("code", flat=True))
    return [it for it in articles if it.code not in known]


@transaction.atomic
def _write(shop: Shop, articles: list[Article], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
    work = batch(shop, articles, now)
    _count_children(work)
    for sheets in SHEETS:
        write(sheets(work))
    search.enter(work)
    subject = f"product:{articles[0].number}-{articles[-1].number}"
    outbox.record(actor=ACTOR, action="product.seed", subject=subject, before={}, after={"n": len(articles)}, now=now)


def _count_children(work: Batch) -> None:
    """Add to what the shelves' pages say of their children; which also keeps others from adding any until we are done."""
    more = Counter(good.article.shelf for good in work.goods)
    for slug, count in sorted(more.items(), key=lambda pair: work.shop.pages[pair[0]].pk):
        Page.objects.filter(pk=work.shop.pages[slug].pk).update(numchild=F("numchild") + count)


def _tell_the_planner() -> None:
    """Statistics now, and not when autovacuum comes round: the next reader may be the indexing."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("ANALYZE")
        cursor.execute("RESET statement_timeout")
