"""What a shopper does to a cart. Each is one transaction under the cart's lock, but for a single thing that is added (see
`quick`); stock is only looked at, never held.
"""

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Exists, F, JSONField, OuterRef, QuerySet, Sum, Value, When
from django.utils import timezone

from shop.cart import attribution, quick
from shop.cart.attribution import Origin
from shop.cart.listing import Contents, contents, look
from shop.cart.locks import lock_cart, lock_cart_of
from shop.cart.models import AsideLine, Cart, CartLine
from shop.cart.reads import IN_CART, Row
from shop.cart.refusals import (
    CartError,
    CouponRefused,
    InsufficientStock,
    InvalidQuantity,
    NotFound,
    OutOfStock,
)
from shop.catalogue.models import Variant
from shop.customers.models import User
from shop.inventory.models import StockItem
from shop.promotions.listing import NOBODY, Customer, charged_prices, normal_code
from shop.sql import insert, read

__all__ = ["CartError", "CouponRefused", "InsufficientStock", "InvalidQuantity", "NotFound", "OutOfStock"]


@dataclass(frozen=True)
class Shopper:
    """Whose cart it is (a person's, or that of a browser's token), and how it is shown to them."""

    owner: User | None = None
    token: uuid.UUID | None = None
    currency: str = settings.DEFAULT_CURRENCY
    language: str = settings.LANGUAGE_CODE
    customer: Customer = NOBODY


@dataclass(frozen=True)
class Added:
    """What was put into a cart, by name, and how many things are in it now. `refused`: SKUs that could not be had.

    `contents`: all of what is in it now, where that had to be read anyway.
    """

    cart: Cart
    titles: tuple[str, ...]
    count: int
    refused: tuple[str, ...] = ()
    contents: Contents | None = None


def open_cart(*, currency: str, owner: User | None = None) -> Cart:
    """The owner's cart, or a new anonymous one; in `currency` when it is new."""
    if owner is None:
        [cart] = insert([Cart(currency=currency)])
        return cart
    return Cart.objects.get_or_create(owner=owner, defaults={"currency": currency, "token": None})[0]


def find_cart(*, owner: User | None, token: uuid.UUID | None) -> Cart | None:
    if owner is not None:
        return Cart.objects.filter(owner=owner).first()
    return Cart.objects.filter(token=token).first() if token else None


def count(*, owner: User | None, token: uuid.UUID | None) -> int:
    """How many things the cart of a person or of a browser holds; no query for a browser without one."""
    if owner is None and token is None:
        return 0
    whose = {"cart__owner": owner} if owner else {"cart__token": token}
    return CartLine.objects.filter(**whose).aggregate(sum=Sum("quantity"))["sum"] or 0


def add(*, cart: Cart, sku: str, quantity: int, now: datetime, origin: Origin | None = None) -> Added:
    """Put `quantity` more of the variant `sku` into the cart. Of several origins of a line the first one sold it.

    Raises NotFound, OutOfStock, InsufficientStock (counting what the cart has already) and InvalidQuantity.
    """
    _check_quantity(quantity)
    with transaction.atomic():
        return _add(lock_or_refuse(cart), Shopper(), {sku: quantity}, now, origin)


def add_for(*, shopper: Shopper, sku: str, quantity: int, now: datetime, origin: Origin | None = None) -> Added:
    """As `add`, into the cart of whoever it is; a new one if there is none. What is refused opens none."""
    _check_quantity(quantity)
    story = origin is not None and origin.is_story  # which the cart remembers as well
    if not story and (put := _put_quickly(shopper, sku, quantity, now, origin)):
        return Added(put.cart, (put.title,), put.count)
    with transaction.atomic():
        return _add(open_locked(shopper), shopper, {sku: quantity}, now, origin)


def _put_quickly(shopper: Shopper, sku: str, quantity: int, now: datetime, origin: Origin | None) -> quick.Put | None:
    return quick.put(
        owner=shopper.owner.pk if shopper.owner else None,
        token=shopper.token,
        sku=sku,
        quantity=quantity,
        currency=shopper.currency,
        language=shopper.language,
        origin=origin.facts if origin else {},
        at=now,
    )


def add_all_for(*, shopper: Shopper, skus: Iterable[str], now: datetime, origin: Origin | None = None) -> Added:
    """One of each. What cannot be had is told as `refused`, and does not hold up the others.

    Raises NotFound when none of them can be had.
    """
    with transaction.atomic():
        return _add(open_locked(shopper), shopper, dict.fromkeys(skus, 1), now, origin, forgiving=True)


def bring_back(*, shopper: Shopper, left: Cart, now: datetime) -> Added:
    """Have the shopper's cart hold what the cart `left` holds, as far as it can be had. Twice is once.

    Copies goods only: whose cart it was, their coupon and what they answered stays with it. Raises NotFound when
    nothing of it can be had, or all of it is there already.
    """
    with transaction.atomic():
        mine = open_locked(shopper)
        has = dict(mine.lines.values_list("variant", "quantity"))
        lines = left.lines.values_list("variant", "variant__sku", "quantity")
        wanted = {sku: quantity - has.get(variant, 0) for variant, sku, quantity in lines}
        return _add(mine, shopper, {sku: more for sku, more in wanted.items() if more > 0}, now, None, forgiving=True)


def open_locked(shopper: Shopper) -> Cart:
    cart = lock_cart_of(owner=shopper.owner, token=shopper.token)
    if cart:
        return cart
    opened = open_cart(currency=shopper.currency, owner=shopper.owner)
    return lock_or_refuse(opened) if shopper.owner else opened  # a guest's new one is unknown to everybody else


def _add(
    cart: Cart,
    shopper: Shopper,
    wanted: dict[str, int],
    now: datetime,
    origin: Origin | None,
    *,
    forgiving: bool = False,
) -> Added:
    found = contents(cart, now=now, language=shopper.language, customer=shopper.customer, skus=wanted)
    rows: list[Row] = []
    refused: list[str] = []
    for sku, quantity in wanted.items():
        try:
            row = _more(found, sku, quantity)
        except CartError:
            if not forgiving:
                raise
            refused.append(sku)
            continue
        row = write(found, replace(row, origin=row.origin or (origin.facts if origin else {})))
        found = found.put(row)
        rows.append(row)
    if not rows:
        raise NotFound(refused)
    if origin:
        _remember(cart, origin)
    return Added(cart, tuple(row.title for row in rows), found.count, tuple(refused), found)


def _more(found: Contents, sku: str, quantity: int) -> Row:
    """The row that the cart shall hold when so many of `sku` come to what it has."""
    row = found.wanted(sku)
    if row is None:
        raise NotFound(sku)
    held = found.held(row.variant)
    row = replace(held or row, kind=IN_CART, quantity=(held.quantity if held else 0) + quantity)
    _check_quantity(row.quantity)
    _check_supply(row.variant.stock_item, row.quantity)
    return replace(row, seen_price=found.prices[row.variant.pk].now.amount)


# Planned once: everybody who puts something into a cart waits for it.
PUT = """
INSERT INTO shop_cartline (cart_id, variant_id, quantity, seen_price, origin, added_at)
VALUES (%(cart)s, %(variant)s, %(quantity)s, %(seen_price)s, %(origin)s::jsonb, %(at)s)
    ON CONFLICT (cart_id, variant_id) DO UPDATE
   SET quantity = EXCLUDED.quantity, seen_price = EXCLUDED.seen_price, origin = EXCLUDED.origin
RETURNING id
"""


def write(found: Contents, row: Row) -> Row:
    """Keep `row` as a line of the locked cart, in place of what it had. The row with its line's id."""
    assert found.cart is not None, "it is locked"
    values = {
        "cart": found.cart.pk,
        "variant": row.variant.pk,
        "quantity": row.quantity,
        "seen_price": row.seen_price,
        "origin": json.dumps(row.origin),
        "at": timezone.now(),
    }
    [(pk,)] = read(PUT, values)
    return replace(row, kind=IN_CART, id=pk)


def remember(*, cart: Cart, origin: Origin) -> None:
    """Keep a story that the shopper came from as the cart's last one, and as its first when there was none before."""
    with transaction.atomic():
        _remember(lock_or_refuse(cart), origin)


def _remember(cart: Cart, origin: Origin) -> None:
    """The cart is locked. What is no story sells a line, but leads nobody here."""
    if origin.is_story:
        facts = attribution.joined(cart.attribution, {"last": origin.facts})
        Cart.objects.filter(pk=cart.pk).update(attribution=facts)


def update(*, cart: Cart, line_id: int, quantity: int, now: datetime) -> None:
    """Set a line to `quantity`; zero removes it.

    Fewer is always allowed, also while fewer still are left: the shopper is on the way down.
    Raises NotFound, OutOfStock, InsufficientStock and InvalidQuantity.
    """
    if quantity == 0:
        return remove(cart=cart, line_id=line_id, now=now)
    _check_quantity(quantity)
    with transaction.atomic():
        cart = lock_or_refuse(cart)
        line = cart.lines.select_related("variant__stock_item").filter(pk=line_id).first()
        if line is None:
            raise NotFound(line_id)
        if quantity > line.quantity:
            _check_supply(line.variant.stock_item, quantity)
        line.quantity = quantity
        price = charged_prices({line.variant_id: line.variant.product_id}, cart.currency, now).get(line.variant_id)
        line.seen_price = price.now.amount if price else line.seen_price
        line.save(update_fields=["quantity", "seen_price"])
    return None


def remove(*, cart: Cart, line_id: int, now: datetime, kind: AsideLine.Kind = AsideLine.Kind.REMOVED) -> None:
    """Take a line out; it can be put back for a while. Removing it twice is fine."""
    _take_out(cart, CartLine.objects.filter(cart=cart, pk=line_id), now, kind)


def clear(*, cart: Cart, now: datetime) -> None:
    """Take everything out; it can be put back for a while."""
    _take_out(cart, CartLine.objects.filter(cart=cart), now, AsideLine.Kind.REMOVED)


def _take_out(cart: Cart, lines: QuerySet[CartLine], now: datetime, kind: AsideLine.Kind) -> None:
    with transaction.atomic():
        lock_or_refuse(cart)
        gone = list(lines)
        if not gone:
            return
        AsideLine.objects.filter(cart=cart, kind__in=AsideLine.UNDONE).delete()  # only the last removal can be undone
        AsideLine.objects.bulk_create(
            AsideLine(
                cart=cart,
                variant_id=line.variant_id,
                kind=kind,
                quantity=line.quantity,
                seen_price=line.seen_price,
                origin=line.origin,
                at=now,
            )
            for line in gone
        )
        lines.delete()


def acknowledge_prices(*, cart: Cart, now: datetime) -> None:
    """The shopper has been told today's prices: notices speak of later changes only."""
    lines = list(cart.lines.select_related("variant"))
    prices = charged_prices({line.variant_id: line.variant.product_id for line in lines}, cart.currency, now)
    for line in lines:
        if line.variant_id in prices:
            line.seen_price = prices[line.variant_id].now.amount
    CartLine.objects.bulk_update(lines, ["seen_price"])


def switch_currency(*, cart: Cart, currency: str) -> None:
    """One currency per cart; prices seen in the other one no longer mean anything."""
    with transaction.atomic():
        lock_cart(cart.pk)
        Cart.objects.filter(pk=cart.pk).update(currency=currency)
        cart.lines.update(seen_price=None)
        cart.aside.update(seen_price=None)


def most_of(variant: Variant) -> int:
    """The most that a line may hold of it now; 0 when it has sold out."""
    stock = variant.stock_item
    tracked = stock.policy == stock.Policy.TRACK
    return min(settings.MAX_LINE_QUANTITY, stock.available) if tracked else settings.MAX_LINE_QUANTITY


def apply_coupon(*, cart: Cart, code: str, language: str, now: datetime, customer: Customer = NOBODY) -> None:
    """Have the cart use the coupon `code`, in place of the one it had. Raises CouponRefused; then it keeps that one."""
    code = normal_code(code) or code.strip()[:40]
    with transaction.atomic():
        lock_or_refuse(cart)
        coupon = look(cart, now=now, language=language, customer=customer, code=code).coupon
        if coupon and coupon.notice:
            raise CouponRefused(coupon.notice)
        Cart.objects.filter(pk=cart.pk).update(coupon_code=code)
    cart.coupon_code = code


def remove_coupon(*, cart: Cart) -> None:
    """Removing it twice is fine."""
    Cart.objects.filter(pk=cart.pk).update(coupon_code="")
    cart.coupon_code = ""


# What is left of a line stays: more may have come since the order was agreed on.
TAKE_OUT = """
WITH ordered(variant_id, quantity) AS (SELECT * FROM unnest(%(variants)s::bigint[], %(quantities)s::int[])),
     spent AS (DELETE FROM shop_cartline l USING ordered o
                WHERE l.cart_id = %(cart)s AND l.variant_id = o.variant_id AND l.quantity <= o.quantity)
UPDATE shop_cartline l SET quantity = l.quantity - o.quantity FROM ordered o
 WHERE l.cart_id = %(cart)s AND l.variant_id = o.variant_id AND l.quantity > o.quantity
RETURNING l.id
"""


def take_out_ordered(*, cart: Cart, ordered: dict[int, int], coupon_used: bool = False) -> None:
    """Empty the locked cart of exactly what was ordered: {variant id: quantity}. What came since stays."""
    read(TAKE_OUT, {"cart": cart.pk, "variants": list(ordered), "quantities": list(ordered.values())})
    changes: dict[str, Any] = {"coupon_code": ""} if coupon_used else {}
    if cart.attribution:  # the next order has a story of its own
        is_empty = ~Exists(CartLine.objects.filter(cart=OuterRef("pk")))
        changes["attribution"] = Case(When(is_empty, then=Value({}, JSONField())), default=F("attribution"))
    if changes:
        Cart.objects.filter(pk=cart.pk).update(**changes)


def lock_or_refuse(cart: Cart) -> Cart:
    """Raises NotFound when the cart has just gone into an account, by a login in another tab."""
    try:
        return lock_cart(cart.pk)
    except Cart.DoesNotExist:
        raise NotFound(cart.pk) from None


def _check_quantity(quantity: int) -> None:
    if not 1 <= quantity <= settings.MAX_LINE_QUANTITY:
        raise InvalidQuantity(settings.MAX_LINE_QUANTITY)


def _check_supply(stock: StockItem, quantity: int) -> None:
    if stock.can_supply(quantity):
        return
    if not stock.available:
        raise OutOfStock
    raise InsufficientStock(stock.available)
