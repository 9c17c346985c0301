"""Mails about lower prices of saved things: to those who said that they want them, one a day at most, all in one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from shop.catalogue.listing import sellable_variants
from shop.catalogue.pricing import Price
from shop.customers import consents
from shop.customers.wording import Kind
from shop.money import Money
from shop.outbox import operations as outbox
from shop.promotions.listing import charged_prices
from shop.wishlist.models import PriceLetter, Wishlist, WishlistItem

AT_ONCE = 500  # lists looked at together


def write_price_letters(*, now: datetime) -> int:
    """A letter to everybody on whose list something costs less than when it was saved, and less than they were told
    before; returns how many. Again on the same day writes to nobody twice.
    """
    written, last = 0, 0
    lists = Wishlist.objects.filter(owner__is_active=True).select_related("owner").order_by("pk")
    while some := list(lists.filter(pk__gt=last)[:AT_ONCE]):
        last = some[-1].pk
        emails = {wishlist.owner.email for wishlist in some if wishlist.owner}
        willing = consents.consented(emails=emails, kind=Kind.PRICE_DROPS)
        written += _write([one for one in some if one.owner and one.owner.email in willing], now)
    return written


def _write(lists: Sequence[Wishlist], now: datetime) -> int:
    """The letters of these lists; a handful of queries for all of them, and a transaction for each letter."""
    if not lists:
        return 0
    items = list(WishlistItem.objects.filter(wishlist__in=lists).select_related("variant__stock_item"))
    prices = {currency: _prices(items, currency, now) for currency in {item.currency for item in items}}
    dropped: dict[int, list[tuple[WishlistItem, Money]]] = {}
    for item in items:
        price = prices[item.currency].get(item.variant_id)
        if price and price.now.amount < _known(item) and item.variant.stock_item.can_supply(1):
            dropped.setdefault(item.wishlist_id, []).append((item, price.now))
    return sum(_keep(wishlist_id, drops, now) for wishlist_id, drops in dropped.items())


def _known(item: WishlistItem) -> Any:
    """The lowest price that its owner knows."""
    return item.saved_price if item.told_price is None else min(item.saved_price, item.told_price)


def _prices(items: Sequence[WishlistItem], currency: str, now: datetime) -> dict[int, Price]:
    """{variant id: Price} of what is for sale, in the currency that it was saved in."""
    wanted = {item.variant_id: item.variant.product_id for item in items if item.currency == currency}
    for_sale = set(sellable_variants(now, currency).filter(pk__in=wanted).values_list("pk", flat=True))
    return charged_prices({pk: product for pk, product in wanted.items() if pk in for_sale}, currency, now)


def _keep(wishlist_id: int, drops: list[tuple[WishlistItem, Money]], now: datetime) -> bool:
    """One letter of the day; False when there was one already. What it does not tell is told another day."""
    facts = [
        {"variant": item.variant_id, "before": str(_known(item)), "now": str(price.amount), "currency": item.currency}
        for item, price in drops
    ]
    with transaction.atomic():
        letter, is_new = PriceLetter.objects.get_or_create(
            wishlist_id=wishlist_id, day=localdate(now), defaults={"drops": facts}
        )
        if not is_new:
            return False
        for item, price in drops:
            item.told_price = price.amount
        WishlistItem.objects.bulk_update([item for item, _price in drops], ["told_price"])
        key = f"price_drop/{letter.pk}"
        outbox.later("wishlist.send_price_drop", key=f"mail/{key}", now=now, letter_id=letter.pk, mail_key=key)
    return True
