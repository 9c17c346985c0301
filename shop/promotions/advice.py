"""What a marketer should know about a promotion before it runs. It warns and forbids nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from shop.catalogue.models import Currency, PriceWindow, Product, Variant
from shop.catalogue.pricing import prices_at
from shop.money import Money, format_money
from shop.promotions import reads
from shop.promotions.listing import CATALOGUE, offer_of
from shop.promotions.models import Promotion
from shop.promotions.pricing import Offer, percent_of, reduce_price

HISTORY = timedelta(days=30)
MOST_NAMES = 5


def warnings(promotion: Promotion, *, now: datetime) -> list[str]:
    """In words; empty when nothing is worth saying. Judged at its start, or now when it runs already."""
    at = max(now, promotion.starts_at)
    base = Currency.objects.filter(is_base=True).values_list("code", flat=True).first()
    currency = base or settings.DEFAULT_CURRENCY
    offer = _offers([promotion.pk], currency, at)[0]
    product_of = _variants(offer)
    said = [*_conflicts(promotion, currency, at), *_below_cost(offer, product_of, currency, at)]
    if promotion.kind == CATALOGUE:
        said += _claims(promotion, offer, product_of, currency)
    return said


def _offers(pks: Iterable[int], currency: str, at: datetime) -> list[Offer]:
    """As if they were switched on."""
    ids = Product.objects.values_list("pk", flat=True)
    rows = reads.named(list(pks), list(ids), currency=currency)
    return [replace(offer_of(row, currency, at), obstacle=None) for row in rows]


def _variants(offer: Offer) -> dict[int, int]:
    """{variant id: product id} of what the offer is for."""
    variants = Variant.objects.filter(active=True, product__lifecycle=Product.Lifecycle.ACTIVE)
    if offer.products is not None:
        variants = variants.filter(product__in=offer.products)
    return dict(variants.values_list("pk", "product_id"))


# --- conflicts -----------------------------------------------------------------------------------


def _conflicts(promotion: Promotion, currency: str, at: datetime) -> list[str]:
    meanwhile = Q(active=True) & (Q(ends_at__isnull=True) | Q(ends_at__gt=at))
    if promotion.ends_at:
        meanwhile &= Q(starts_at__lt=promotion.ends_at)
    family = Q(kind=CATALOGUE) if promotion.kind == CATALOGUE else ~Q(kind=CATALOGUE)
    others = list(Promotion.objects.filter(meanwhile, family).exclude(pk=promotion.pk))
    pks = [promotion.pk, *(other.pk for other in others)]
    scopes = {offer.promotion_id: offer.products for offer in _offers(pks, currency, at)}
    return [
        _words_of_conflict(promotion, other)
        for other in others
        if _meet(scopes[promotion.pk], scopes[other.pk]) and _apart(promotion, other)
    ]


def _meet(one: frozenset[int] | None, two: frozenset[int] | None) -> bool:
    return bool(one & two) if one is not None and two is not None else True


def _apart(one: Promotion, two: Promotion) -> bool:
    """Whether the two keep each other from counting. A coupon that stands beside others is what coupons are for."""
    return one.kind == CATALOGUE or one.exclusive or two.exclusive or one.kind == two.kind != Promotion.Kind.COUPON


def _words_of_conflict(promotion: Promotion, other: Promotion) -> str:
    if promotion.kind == CATALOGUE:
        return _("“%(other)s” reduces some of the same things meanwhile: the lower price counts.") % {"other": other}
    if promotion.exclusive or other.exclusive:
        return _("“%(other)s” runs meanwhile and the two never count together: the shopper gets what saves more.") % {
            "other": other
        }
    return _("“%(other)s” runs meanwhile: on some things both come off.") % {"other": other}


# --- cost ----------------------------------------------------------------------------------------


def _below_cost(offer: Offer, product_of: dict[int, int], currency: str, at: datetime) -> list[str]:
    costs: dict[int, Any] = dict(
        Variant.objects.filter(pk__in=product_of, cost_price__isnull=False).values_list("pk", "cost_price")
    )
    prices = prices_at(list(costs), currency, at)
    low = [pk for pk, price in prices.items() if _lowest(price.now, product_of[pk], offer).amount < costs[pk]]
    if not low:
        return []
    return [_("Below what it costs us: %(skus)s.") % {"skus": _skus(low)}]


def _lowest(price: Money, product_id: int, offer: Offer) -> Money:
    """What one thing brings at worst, as far as that can be said without its cart."""
    if offer.kind == CATALOGUE:
        return reduce_price(price, product_id, [offer])
    share = {
        "percentage": offer.percent,
        "buy_x_get_y": offer.percent * offer.get / (offer.buy + offer.get or 1),
        "tiered": max((step.percent for step in offer.steps), default=Decimal(0)),
    }.get(offer.effect, Decimal(0))
    return price - percent_of(price, share)


# --- the lowest price of the last thirty days ----------------------------------------------------


def _claims(promotion: Promotion, offer: Offer, product_of: dict[int, int], currency: str) -> list[str]:
    """A reduction is claimed from the price before it; by law it may count from the lowest of the 30 days before only."""
    before = promotion.starts_at - timedelta(microseconds=1)
    lowest = lowest_prices(product_of, currency, until=promotion.starts_at, but=promotion.pk)
    claimed = {
        pk: price.was or price.now
        for pk, price in prices_at(list(product_of), currency, before).items()
        if pk in lowest
    }
    bold = [pk for pk, money in claimed.items() if money > lowest[pk]]
    if not bold:
        return []
    worst = max(bold, key=lambda pk: claimed[pk].amount / lowest[pk].amount)
    words = _(
        "The reduction looks larger than it is: in the 30 days before, %(skus)s cost as little as %(low)s, not %(was)s."
    )
    return [words % {"skus": _skus(bold), "low": format_money(lowest[worst]), "was": format_money(claimed[worst])}]


def lowest_prices(product_of: dict[int, int], currency: str, *, until: datetime, but: int = 0) -> dict[int, Money]:
    """{variant id: the lowest price in the 30 days before `until`}, catalogue promotions other than `but` counted in."""
    since = until - HISTORY
    ran = Promotion.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=since), kind=CATALOGUE, active=True, starts_at__lt=until
    ).exclude(pk=but)
    reducing = _offers(ran.values_list("pk", flat=True), currency, until)
    windows = PriceWindow.objects.filter(
        variant__in=product_of, currency=currency, valid__overlap=(since, until)
    ).values_list("variant_id", "amount")
    found: dict[int, Money] = {}
    for pk, amount in windows:
        price = reduce_price(Money(amount, currency), product_of[pk], reducing)
        found[pk] = min(price, found.get(pk, price))
    return found


def _skus(pks: Sequence[int]) -> str:
    skus = list(Variant.objects.filter(pk__in=pks).order_by("sku").values_list("sku", flat=True))
    named = ", ".join(skus[:MOST_NAMES])
    more = len(skus) - MOST_NAMES
    return _("%(skus)s and %(n)d more") % {"skus": named, "n": more} if more > 0 else named
