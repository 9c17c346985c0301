"""Fill the database of the benchmark up to `N` products and print, as JSON, which addresses to measure.

python -m tests.benchmarks.prepare N
"""

import json
import os
import sys
from math import ceil
from time import monotonic

import django

BIG_ROOM = "kitchen"
FILTERS = "colour=indigo&colour=sage&in_stock=1&sort=price_low"


def main(products: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.benchmarks.settings")
    django.setup()
    from django.core.management import call_command

    from shop.catalogue.models import Product

    call_command("migrate", verbosity=0, stdout=sys.stderr)
    if not Product.objects.exists():
        call_command("collectstatic", verbosity=0, interactive=False, stdout=sys.stderr)
        call_command("load_demo", quiet=True, no_renditions=True, no_orders=True)
        _stand_in_for_sizes()
    started = monotonic()
    call_command("seed_catalogue", products=products, no_renditions=True, no_index=True, stdout=sys.stderr)
    seeded = monotonic()
    call_command("reindex", stdout=sys.stderr)
    indexed = monotonic()
    _settle()
    facts = _addresses(products)
    facts |= {"products": products, "seed_seconds": seeded - started, "index_seconds": indexed - seeded}
    print(json.dumps(facts))


def _stand_in_for_sizes() -> None:
    """No benchmark waits for pictures to be resized."""
    from tests.demo.shop import stand_in_for_sizes

    stand_in_for_sizes()


def _settle() -> None:
    """Statistics and visibility as they are after a night; work that leaves the counted processes switched off. What a
    smaller shop found a moment ago is not remembered.
    """
    from django.core.cache import cache
    from django.db import connection

    cache.clear()
    connection.ensure_connection()
    assert connection.connection is not None
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute(f"ALTER DATABASE {connection.settings_dict['NAME']} SET max_parallel_workers_per_gather = 0")


def _addresses(products: int) -> dict:
    from django.conf import settings
    from django.db.models import Count, Q
    from django.utils import timezone

    from shop.catalogue.listing import sellable
    from shop.catalogue.models import Category, Variant
    from shop.seed.articles import ONE_IN, WORD
    from shop.storefront.pages import CategoryPage, ProductPage

    size = settings.LISTING_PAGE_SIZE
    room = Category.objects.get(slug=BIG_ROOM)
    for_sale = sellable(timezone.now(), settings.DEFAULT_CURRENCY)
    here = for_sale.filter(Q(placements__category=room) | Q(placements__category__parent=room)).distinct()
    pages = ceil(here.count() / size)
    listing = CategoryPage.objects.get(category=room, language="en").url
    plain = here.annotate(n=Count("variants", distinct=True)).filter(n=3).order_by("pk").first()
    to_add = Variant.objects.filter(stock_item__policy="backorder", product__in=for_sale).order_by("pk")
    return {
        "page_size": size,
        "listing": listing,
        "filtered": f"{listing}?{FILTERS}",
        "deep": f"{listing}?page={min(50, pages)}",
        "deep_page": min(50, pages),
        "in_listing": here.count(),
        "search": f"/search/?q={WORD.lower()}",
        "found": products // ONE_IN,
        "suggest": f"/search/suggest/?q={WORD[:4].lower()}",
        "product": ProductPage.objects.get(product=plain, language="en").url,
        "title": ProductPage.objects.get(product=plain, language="en").title,
        "sku": to_add.filter(sku__startswith="1").first().sku,
    }


if __name__ == "__main__":
    main(int(sys.argv[1]))
