"""Telling people that what was sold out can be had again: asked, confirmed, told once.

Who keeps shelves knows nothing of this. The indexer tells us of shelves on which something has changed (`note_stock`),
and the clock looks for what was missed (`tell_waiting`).
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import F, Q, QuerySet

from shop.catalogue.listing import sellable_variants
from shop.catalogue.models import Variant
from shop.customers.models import User
from shop.inventory.models import StockItem
from shop.outbox import operations as outbox
from shop.wishlist.locks import lock_waiting
from shop.wishlist.models import PriceLetter, StockAsk, WishlistItem
from shop.wishlist.refusals import InStock, LinkOver, NotFound

CONFIRM, STOP = "shop.wishlist.confirm", "shop.wishlist.stop"  # salts
AT_ONCE = 200  # people told in one transaction
KEPT_DAYS = 90
THERE = ~Q(stock_item__policy=StockItem.Policy.TRACK) | Q(stock_item__on_hand__gt=F("stock_item__reserved"))


def ask(*, sku: str, email: str, language: str, user: User | None, now: datetime) -> StockAsk:
    """Have `email` told, once, when `sku` can be had again. Asked twice it is one.

    The address of `user`'s own account counts at once; any other when the link in a letter is followed, which is sent
    anew each time (whoever calls this throttles). Raises NotFound and InStock.
    """
    email = email.strip().lower()
    variant = sellable_variants(now, settings.DEFAULT_CURRENCY).filter(sku__iexact=sku).first()
    if variant is None:
        raise NotFound(sku)
    if variant.stock_item.can_supply(1):
        raise InStock(sku)
    known = user if user is not None and user.email == email else None
    facts = {"user": known, "language": language, "asked_at": now, "confirmed_at": now if known else None}
    with transaction.atomic():
        found, is_new = StockAsk.objects.get_or_create(variant=variant, email=email, told_at=None, defaults=facts)
        if known and not found.confirmed_at:
            StockAsk.objects.filter(pk=found.pk).update(**facts)
        elif not found.confirmed_at:
            if not is_new:
                StockAsk.objects.filter(pk=found.pk).update(asked_at=now)
            key = f"mail/confirm_ask/{found.pk}/{now.timestamp():.0f}"
            outbox.later("wishlist.send_confirm", key=key, now=now, ask_id=found.pk, mail_key=key)
    return found


def confirm_token(ask: StockAsk) -> str:
    """The secret part of the link in the letter to a guest; good for settings.CONSENT_REQUEST_DAYS."""
    return signing.dumps(ask.pk, salt=CONFIRM)


def read_confirm_token(token: str) -> StockAsk:
    """What the link is about. Raises LinkOver."""
    lasts = timedelta(days=settings.CONSENT_REQUEST_DAYS)
    try:
        pk = signing.loads(token, salt=CONFIRM, max_age=lasts)
    except signing.BadSignature:
        raise LinkOver from None
    found = StockAsk.objects.select_related("variant__stock_item").filter(pk=pk).first()
    if found is None:
        raise LinkOver
    return found


def confirm(*, ask: StockAsk, now: datetime) -> None:
    """Its address's owner wants it. Twice is once; when it has come back meanwhile they are told at once."""
    with transaction.atomic():
        if StockAsk.objects.filter(pk=ask.pk, confirmed_at=None).update(confirmed_at=now):
            outbox.later("wishlist.follow_stock", now=now, stock_item_ids=[ask.variant.stock_item_id])


def stop_token(email: str) -> str:
    """The secret part of the link by which an address gets out. It never expires."""
    return signing.dumps(email, salt=STOP)


def read_stop_token(token: str) -> str:
    """Whose link it is. Raises LinkOver."""
    try:
        return str(signing.loads(token, salt=STOP))
    except signing.BadSignature:
        raise LinkOver from None


def stop(*, email: str) -> int:
    """Forget whatever this address waits for; returns how many asks."""
    return StockAsk.objects.filter(email=email, told_at=None).delete()[0]


# --- when something comes back -------------------------------------------------------------------


def note_stock(*, stock_item_ids: Collection[int], now: datetime) -> None:
    """Something has changed on these shelves: if anybody waits for it or has saved it, see to them after the commit."""
    here = {"variant__stock_item__in": stock_item_ids}
    if StockAsk.objects.filter(told_at=None, **here).exists() or WishlistItem.objects.filter(**here).exists():
        outbox.later("wishlist.follow_stock", now=now, stock_item_ids=sorted(stock_item_ids))


def follow_stock(*, stock_item_ids: Collection[int], now: datetime) -> int:
    """Tell those who wait for what is on these shelves, and keep what wishlists say true; returns how many are told."""
    here = Variant.objects.filter(stock_item__in=stock_item_ids)
    there = set(here.filter(THERE).values_list("pk", flat=True))
    _mark(set(here.values_list("pk", flat=True)) - there, there, now)
    return tell(variant_ids=there, now=now)


def _mark(gone: set[int], there: set[int], now: datetime) -> None:
    """Saved things that have sold out, and those that have come back after that."""
    sold_out = WishlistItem.objects.filter(variant__in=gone).filter(Q(missed_at=None) | Q(back_at__isnull=False))
    sold_out.update(missed_at=now, back_at=None)
    WishlistItem.objects.filter(variant__in=there, missed_at__isnull=False, back_at=None).update(back_at=now)


def tell_waiting(*, now: datetime) -> int:
    """Tell everybody who waits for something that can be had; returns how many. The clock's net under `follow_stock`."""
    waited_for = waiting().values_list("variant", flat=True).distinct()
    there = Variant.objects.filter(THERE, pk__in=waited_for).values_list("pk", flat=True)
    return tell(variant_ids=set(there), now=now)


def waiting() -> QuerySet[StockAsk]:
    return StockAsk.objects.filter(confirmed_at__isnull=False, told_at=None)


def tell(*, variant_ids: Collection[int], now: datetime) -> int:
    """Have those who wait for these variants told, in order of asking, if they are for sale; returns how many.

    All of them, however few there are: the letter says that it lasts while it lasts. Each ask is fulfilled once, however
    many workers do this at once.
    """
    if not variant_ids or not waiting().filter(variant__in=variant_ids).exists():
        return 0
    for_sale = sellable_variants(now, settings.DEFAULT_CURRENCY).filter(pk__in=variant_ids)
    ids, told = list(for_sale.values_list("pk", flat=True)), 0
    while some := _tell_some(ids, now):
        told += some
    return told


def _tell_some(variant_ids: list[int], now: datetime) -> int:
    with transaction.atomic():
        asks = lock_waiting(variant_ids, AT_ONCE)
        StockAsk.objects.filter(pk__in=[ask.pk for ask in asks]).update(told_at=now)
        for ask in asks:
            key = f"back_in_stock/{ask.pk}"
            outbox.later("wishlist.send_back", key=f"mail/{key}", now=now, ask_id=ask.pk, mail_key=key)
    return len(asks)


# --- what is not kept ----------------------------------------------------------------------------


@transaction.atomic
def delete_old(*, now: datetime) -> int:
    """Forget asks that were never confirmed or have been told long ago, and letters about prices; returns how many rows."""
    unconfirmed = Q(confirmed_at=None, asked_at__lte=now - timedelta(days=settings.CONSENT_REQUEST_DAYS))
    gone = StockAsk.objects.filter(unconfirmed | Q(told_at__lte=now - timedelta(days=KEPT_DAYS))).delete()[0]
    return gone + PriceLetter.objects.filter(day__lt=(now - timedelta(days=KEPT_DAYS)).date()).delete()[0]
