"""Rows of the listing without the pages, prices and stock that they are made from."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from wagtail.models import Page

from shop.catalogue.models import Product
from shop.outbox.models import Stale
from shop.storefront.models import ListingRow
from tests.factories import NOW, make_product


def make_row(product: Product | str, *, language: str = "en", currency: str = "USD", **facts: Any) -> ListingRow:
    """`make_row("mug", price="24.00", sold=3, days=10)`: in the shop for ten days, three sold lately."""
    if isinstance(product, str):
        product = Product.objects.filter(code=product).first() or make_product(product)
    price, days = Decimal(facts.pop("price", 24)), facts.pop("days", 100)
    was = facts.pop("was", None)
    Stale.objects.all().delete()  # what has no page would be taken out again
    return ListingRow.objects.create(
        product=product,
        page=Page.get_first_root_node(),
        language=language,
        currency=currency,
        title=product.name,
        price=price,
        compare_at=None if was is None else Decimal(was),
        on_sale=was is not None,
        sold_out=facts.pop("sold_out", False),
        created_at=NOW - timedelta(days=days),
        popularity=facts.pop("sold", 0),
        facets=[value.pk for value in facts.pop("values", [])],
        card={},
        html="",
        made_with="test",
        **facts,
    )
