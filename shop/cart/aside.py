"""What leaves the cart and may come back: saved for later, and taken out a moment ago.

What was taken out is kept in rows rather than in a signed token of the page: a long cart with the stories that sold it
fits into no address and no cookie, a row comes back once however often the button is pressed, and it does so from
another tab or device as well. Only the last removal is kept, and for settings.CART_UNDO_MINUTES.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.db import transaction

from shop.cart.listing import DROPPED, REMOVED, SAVED, WISHED, Contents, contents
from shop.cart.models import AsideLine, Cart, CartLine
from shop.cart.operations import lock_or_refuse, most_of, write
from shop.cart.reads import Row
from shop.cart.refusals import InsufficientStock, InvalidQuantity, NotFound, OutOfStock


@dataclass(frozen=True)
class Back:
    """What has come back. `fewer`: of which there are fewer than there were; `gone`: what cannot be had any more."""

    rows: tuple[Row, ...] = ()
    fewer: tuple[Row, ...] = ()
    gone: tuple[Row, ...] = ()


def save_for_later(*, cart: Cart, line_id: int, now: datetime) -> None:
    """Move a line out of the cart onto the list of what is saved. Raises NotFound."""
    with transaction.atomic():
        lock_or_refuse(cart)
        line = CartLine.objects.filter(cart=cart, pk=line_id).first()
        if line is None:
            raise NotFound(line_id)
        _keep(cart, line, now)
        line.delete()


def _keep(cart: Cart, line: CartLine | AsideLine, now: datetime) -> None:
    """Put it on the list. What is there already adds up; of several origins the first one counts."""
    saved = AsideLine.objects.filter(cart=cart, kind=SAVED, variant=line.variant_id).first()
    values = {"quantity": line.quantity, "seen_price": line.seen_price, "origin": line.origin, "at": now}
    if saved:
        values["quantity"] = min(settings.MAX_LINE_QUANTITY, saved.quantity + line.quantity)
        values["origin"] = saved.origin or line.origin
    AsideLine.objects.update_or_create(cart=cart, kind=SAVED, variant_id=line.variant_id, defaults=values)


def move_to_cart(*, cart: Cart, aside_id: int, language: str, now: datetime) -> Back:
    """Move what was saved back into the cart, as many of it as can be had.

    Raises NotFound, OutOfStock, and InsufficientStock or InvalidQuantity when the cart has all that it may have already.
    """
    with transaction.atomic():
        found = contents(lock_or_refuse(cart), now=now, language=language)
        row = next((row for row in found.of(SAVED) if row.id == aside_id), None)
        if row is None or row.price is None:
            raise NotFound(aside_id)
        if not row.variant.stock_item.can_supply(1):
            raise OutOfStock
        found, back = put_back(found, row)
        if back is None:
            most = most_of(row.variant)
            raise InvalidQuantity(most) if most == settings.MAX_LINE_QUANTITY else InsufficientStock(most)
        AsideLine.objects.filter(pk=aside_id).delete()
    return back


def drop(*, cart: Cart, aside_id: int, now: datetime) -> None:
    """Take something off the list of what is saved; it can be put back for a while. Twice is fine."""
    with transaction.atomic():
        lock_or_refuse(cart)
        saved = AsideLine.objects.filter(cart=cart, kind=SAVED, pk=aside_id)
        if saved.exists():
            AsideLine.objects.filter(cart=cart, kind__in=AsideLine.UNDONE).delete()
            saved.update(kind=DROPPED, at=now)


def undo(*, cart: Cart, language: str, now: datetime) -> Back:
    """Put back what the last removal took out, once: into the cart, to the end of its lines, or onto the list.

    Quantities are held against stock and limit anew; the cart may have got some of it meanwhile, which adds up.
    """
    with transaction.atomic():
        cart = lock_or_refuse(cart)
        found = contents(cart, now=now, language=language)
        result = Back()
        for row in found.of(REMOVED, WISHED):
            if row.price is None or not row.variant.stock_item.can_supply(1):
                result = replace(result, gone=(*result.gone, row))
                continue
            found, back = put_back(found, row)
            result = replace(result, rows=(*result.rows, row), fewer=(*result.fewer, *(back.fewer if back else [row])))
        dropped = found.of(DROPPED)
        for line in AsideLine.objects.filter(pk__in=[row.id for row in dropped]):
            _keep(cart, line, now)
        AsideLine.objects.filter(cart=cart, kind__in=AsideLine.UNDONE).delete()
    return replace(result, rows=(*result.rows, *dropped))


def put_back(found: Contents, row: Row) -> tuple[Contents, Back | None]:
    """Put `row` into the cart, as many as there may be; None when not one more may. With what it cost when it was seen."""
    held = found.held(row.variant)
    had = held.quantity if held else 0
    quantity = min(had + row.quantity, most_of(row.variant))
    if quantity <= had:
        return found, None
    origin = (held.origin if held else {}) or row.origin
    put = write(found, replace(row, quantity=quantity, origin=origin))
    return found.put(put), Back((put,), (put,) if quantity < had + row.quantity else ())
