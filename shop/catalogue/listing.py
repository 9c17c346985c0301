"""What is for sale at an instant, and how it is shown: what pages, cart, search and feeds start from."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from wagtail.models import Page, PageViewRestriction

from shop.catalogue.models import Currency, PriceWindow, Product, Variant


def sellable_variants(at: datetime, currency: str) -> QuerySet[Variant]:
    """Active variants of active products that a live, public page shows and that have a price at `at`.

    A price in the base currency serves every currency (see pricing.prices_at).
    """
    priced = PriceWindow.objects.filter(variant=OuterRef("pk"), valid__contains=at).filter(
        Q(currency=currency) | Q(currency__in=Currency.objects.filter(is_base=True).values("code"))
    )
    return Variant.objects.filter(
        Exists(priced),
        Exists(_shown(OuterRef("product_id"))),
        active=True,
        product__lifecycle=Product.Lifecycle.ACTIVE,
    )


def sellable(at: datetime, currency: str) -> QuerySet[Product]:
    """Products with at least one sellable variant."""
    return Product.objects.filter(Exists(sellable_variants(at, currency).filter(product=OuterRef("pk"))))


def _shown(product_id: OuterRef) -> QuerySet[Page]:
    """Live pages of the product that no view restriction above them hides.

    `productpage` is storefront's: named here by Wagtail's own reverse relation, so that the rule of what is for sale
    has one home without this room knowing that one.
    """
    above = PageViewRestriction.objects.annotate(
        path=ExpressionWrapper(OuterRef("path"), output_field=CharField())
    ).filter(path__startswith=F("page__path"))
    return Page.objects.filter(productpage__product=product_id, live=True).exclude(Exists(above))


@dataclass(frozen=True)
class Shown:
    title: str
    url: str
    live: bool


def shown_as(product_ids: Collection[int], language: str) -> dict[int, Shown]:
    """{product id: Shown}: the page in `language`, else any other; a live one before a draft. One query."""
    pages = (
        Page.objects.filter(productpage__product__in=product_ids)
        .annotate(product=F("productpage__product"))
        .select_related("locale")
        .order_by("pk")
    )
    best: dict[int, Page] = {}
    for page in pages:
        held = best.get(page.product)
        if held is None or _rank(page, language) > _rank(held, language):
            best[page.product] = page
    return {pk: Shown(page.title, page.get_url() or "", page.live) for pk, page in best.items()}


def _rank(page: Page, language: str) -> tuple[bool, bool]:
    return page.live, page.locale.language_code == language
