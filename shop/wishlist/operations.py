"""What people do with a wishlist. Each is one transaction under the list's lock. A list holds no stock and no price."""

import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from shop.cart import aside
from shop.cart import operations as carts
from shop.cart.aside import Back
from shop.cart.listing import Contents
from shop.cart.models import AsideLine, Cart
from shop.cart.operations import Added, Shopper
from shop.cart.reads import WANTED, Row
from shop.catalogue.models import Variant
from shop.customers.models import User
from shop.orders.owned import owned_products
from shop.wishlist.goods import goods
from shop.wishlist.locks import lock_wishlist
from shop.wishlist.models import Wishlist, WishlistItem
from shop.wishlist.refusals import Full, NotFound, WishlistError

__all__ = ["Full", "NotFound", "WishlistError"]


@dataclass(frozen=True)
class Saved:
    """What was saved, and where. `is_new`: it was not there before."""

    wishlist: Wishlist
    row: Row
    is_new: bool


@dataclass(frozen=True)
class Saving:
    """Whose list it is: a person's, or that of a browser's token; and how goods are shown to them."""

    owner: User | None = None
    token: uuid.UUID | None = None
    currency: str = settings.DEFAULT_CURRENCY
    language: str = settings.LANGUAGE_CODE


@dataclass(frozen=True)
class Marks:
    """What buttons on pages that are the same for everybody show as pressed; `owned`: products to recommend to others."""

    skus: list[str] = field(default_factory=list)
    products: list[int] = field(default_factory=list)
    owned: list[int] = field(default_factory=list)


def find_wishlist(*, owner: User | None, token: uuid.UUID | None) -> Wishlist | None:
    if owner is not None:
        return Wishlist.objects.filter(owner=owner).first()
    return Wishlist.objects.filter(token=token).first() if token else None


def find_shared(share_key: str) -> Wishlist | None:
    """The list that is shared by this link, if it still is."""
    return Wishlist.objects.filter(share_key=share_key).first() if share_key else None


def open_wishlist(*, owner: User | None, token: uuid.UUID | None, now: datetime) -> Wishlist:
    """The list of a person or of a browser; a new one where there is none."""
    found = find_wishlist(owner=owner, token=token)
    if found:
        return found
    if owner is None:
        return Wishlist.objects.create(created_at=now)
    return Wishlist.objects.get_or_create(owner=owner, defaults={"token": None, "created_at": now})[0]


def marks(*, owner: User | None, token: uuid.UUID | None) -> Marks:
    """What is in the list of a person or of a browser, and what a person owns. None asked of a browser without a list."""
    if owner is None and token is None:
        return Marks()
    whose: dict[str, Any] = {"wishlist__owner": owner} if owner else {"wishlist__token": token}
    found = list(WishlistItem.objects.filter(**whose).values_list("variant__sku", "variant__product_id"))
    owned = owned_products(owner.pk) if owner else []
    return Marks([sku for sku, _product in found], sorted({product for _sku, product in found}), owned)


def add(*, whose: Saving, sku: str = "", product_id: int = 0, now: datetime) -> Saved:
    """Save the variant `sku`, or of a product the one that a card shows: the cheapest that can be had. Twice is once.

    What has sold out can be saved, what is not for sale cannot. Raises NotFound and Full.
    """
    skus = [sku] if sku else list(_skus_of(product_id))
    with transaction.atomic():
        found = goods(skus, currency=whose.currency, language=whose.language, now=now)
        row = found.wanted(sku) if sku else _shown_by_card(found)
        if row is None:
            raise NotFound(sku or product_id)
        wishlist = _lock_or_refuse(open_wishlist(owner=whose.owner, token=whose.token, now=now))
        is_new = not wishlist.items.filter(variant=row.variant.pk).exists()
        if is_new:
            _keep(wishlist, row, found, now)
    return Saved(wishlist, row, is_new)


def _skus_of(product_id: int) -> Any:
    variants = Variant.objects.filter(product=product_id, active=True)
    return variants.values_list("sku", flat=True) if 0 < product_id < 2**63 else ()


def _shown_by_card(found: Contents) -> Row | None:
    rows = [row for row in found.of(WANTED) if row.price]
    there = [row for row in rows if row.variant.stock_item.can_supply(1)]
    prices = found.prices
    return min(there or rows, key=lambda row: (prices[row.variant.pk].now.amount, row.variant.pk), default=None)


def _keep(wishlist: Wishlist, row: Row, found: Contents, now: datetime) -> None:
    if wishlist.items.count() >= settings.WISHLIST_LENGTH:
        raise Full(settings.WISHLIST_LENGTH)
    price = found.prices[row.variant.pk].now
    WishlistItem.objects.create(
        wishlist=wishlist,
        variant_id=row.variant.pk,
        saved_at=now,
        currency=price.currency.code,
        saved_price=price.amount,
        missed_at=None if row.variant.stock_item.can_supply(1) else now,
    )


def remove(*, wishlist: Wishlist, item_id: int = 0, sku: str = "", product_id: int = 0) -> WishlistItem | None:
    """Take something off the list, by its line, its variant, or all variants of a product; what it was. Twice is fine."""
    items = wishlist.items.select_related("variant")
    if item_id:
        items = items.filter(pk=item_id)
    else:
        items = items.filter(variant__sku__iexact=sku) if sku else items.filter(variant__product=product_id)
    gone = items.first()
    items.delete()
    return gone


def move_to_cart(*, wishlist: Wishlist, item_id: int, shopper: Shopper, now: datetime) -> Added:
    """Put one of it into the shopper's cart, and take it off the list.

    Raises NotFound, and what the cart refuses (carts.CartError): then it stays on the list.
    """
    with transaction.atomic():
        item = wishlist.items.select_related("variant").filter(pk=item_id).first()
        if item is None:
            raise NotFound(item_id)
        put = carts.add_for(shopper=shopper, sku=item.variant.sku, quantity=1, now=now)
        if not _take_off(item):
            raise NotFound(item_id)
    return put


def _take_off(item: WishlistItem) -> bool:
    """Whether it was still there: of two presses at once the second waits here, or for the cart, and finds it moved."""
    return bool(WishlistItem.objects.filter(pk=item.pk).delete()[0])


def take_from_cart(*, whose: Saving, cart: Cart, line_id: int, now: datetime) -> Saved | None:
    """Move a line of the cart onto the list: its variant, once, however many there were. Twice is once: then None.

    Raises NotFound when it is not for sale any more, and Full; then it stays in the cart.
    """
    with transaction.atomic():
        line = carts.lock_or_refuse(cart).lines.select_related("variant").filter(pk=line_id).first()
        if line is None:
            return None
        saved = add(whose=whose, sku=line.variant.sku, now=now)
        carts.remove(cart=cart, line_id=line_id, now=now, kind=AsideLine.Kind.WISHED)
    return saved


def back_into_cart(*, wishlist: Wishlist | None, cart: Cart, language: str, now: datetime) -> Back:
    """Undo `take_from_cart`, once: as many as there were come back. Off the list goes only what came onto it by that."""
    with transaction.atomic():
        carts.lock_or_refuse(cart)
        moved = dict(cart.aside.filter(kind=AsideLine.Kind.WISHED).values_list("variant", "at"))
        back = aside.undo(cart=cart, language=language, now=now)
        for pk in {row.variant.pk for row in back.rows} & set(moved):
            WishlistItem.objects.filter(wishlist=wishlist, variant=pk, saved_at=moved[pk]).delete()
    return back


def share(*, wishlist: Wishlist, name: str = "") -> Wishlist:
    """Let whoever has the link look at it, by a link that cannot be guessed; shared already, only the name changes."""
    with transaction.atomic():
        wishlist = _lock_or_refuse(wishlist)
        wishlist.share_key = wishlist.share_key or secrets.token_urlsafe(18)
        wishlist.shared_as = name
        wishlist.save(update_fields=["share_key", "shared_as"])
    return wishlist


def stop_sharing(*, wishlist: Wishlist) -> None:
    """The link leads nowhere from now on, also when it is shared anew. Twice is fine."""
    Wishlist.objects.filter(pk=wishlist.pk).update(share_key=None, shared_as="")


@dataclass(frozen=True)
class Joined:
    """Two lists made one. `both`: each of them held something. `dropped`: how many did not fit."""

    wishlist: Wishlist
    both: bool
    dropped: int = 0


def join_at_login(*, guest: Wishlist, owner: User, now: datetime) -> Joined:
    """Bring a guest's list into the account; the guest's list goes. What both hold stays as the account saved it.

    A link by which the guest's list is shared goes on to lead to it, unless the account shares its own.
    """
    with transaction.atomic():
        account = open_wishlist(owner=owner, token=None, now=now)
        locked = {pk: lock_wishlist(pk) for pk in sorted({guest.pk, account.pk})}
        guest, account = locked[guest.pk], locked[account.pk]
        mine = set(account.items.values_list("variant", flat=True))
        theirs = list(guest.items.order_by("pk"))
        new = [item for item in theirs if item.variant_id not in mine]
        fitting = new[: max(0, settings.WISHLIST_LENGTH - len(mine))]
        WishlistItem.objects.filter(pk__in=[item.pk for item in fitting]).update(wishlist=account)
        guest.delete()
        if guest.share_key and not account.share_key:
            account.share_key, account.shared_as = guest.share_key, guest.shared_as
            account.save(update_fields=["share_key", "shared_as"])
    return Joined(account, both=bool(mine and theirs), dropped=len(new) - len(fitting))


def _lock_or_refuse(wishlist: Wishlist) -> Wishlist:
    """Raises NotFound when the list has just gone into an account, by a login in another tab."""
    try:
        return lock_wishlist(wishlist.pk)
    except Wishlist.DoesNotExist:
        raise NotFound(wishlist.pk) from None
