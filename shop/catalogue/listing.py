"""What is for sale at an instant: what pages, cart, search and feeds start from."""

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
