"""A guest's cart, brought into the account at a login."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from shop.cart import attribution
from shop.cart.locks import lock_cart
from shop.cart.models import AsideLine, Cart, CartLine
from shop.cart.operations import most_of, open_cart, switch_currency
from shop.customers.models import User


@dataclass(frozen=True)
class Joined:
    """Two carts made one. `both`: each of them held something. `capped`: ids of variants that the sum of both is too
    much for. `code_dropped`: the code that had to go. `currency_dropped`: that of the account's cart, if it had another.
    """

    cart: Cart
    both: bool
    capped: frozenset[int] = frozenset()
    code_dropped: str = ""
    currency_dropped: str = ""


def join_at_login(*, guest: Cart, owner: User) -> Joined:
    """Bring a guest's cart into the account, and what was saved for later with it; the guest's cart goes.

    Quantities add up, to what one line may hold and the shelf has. The guest's coupon and currency, chosen last, count.
    What has sold out stays, and is said by the cart's notices: nothing vanishes silently.
    """
    with transaction.atomic():
        account = open_cart(currency=guest.currency, owner=owner)
        locked = {pk: lock_cart(pk) for pk in sorted({guest.pk, account.pk})}
        guest, account = locked[guest.pk], locked[account.pk]
        code, old = guest.coupon_code or account.coupon_code, account.currency
        if old != guest.currency:
            switch_currency(cart=account, currency=guest.currency)
        theirs, mine = list(_lines(guest, CartLine)), list(_lines(account, CartLine))
        capped = _join_lines(theirs, mine, account)
        saved = {"kind": AsideLine.Kind.SAVED}
        _join_lines(list(_lines(guest, AsideLine, **saved)), list(_lines(account, AsideLine, **saved)), account)
        stories = attribution.joined(account.attribution, guest.attribution)
        Cart.objects.filter(pk=account.pk).update(attribution=stories, coupon_code=code)
        guest.delete()
    dropped, account.coupon_code, account.currency = account.coupon_code, code, guest.currency
    return Joined(
        account,
        both=bool(theirs and mine),
        capped=frozenset(capped),
        code_dropped=dropped if dropped != code else "",
        currency_dropped=old if old != guest.currency and mine else "",
    )


def _lines(cart: Cart, model: Any, **which: Any) -> QuerySet:
    return model.objects.filter(cart=cart, **which).select_related("variant__stock_item").order_by("pk")


def _join_lines(theirs: list[Any], mine: list[Any], account: Cart) -> list[int]:
    """Ids of the variants of which less is kept than both had."""
    held = {line.variant_id: line for line in mine}
    capped = []
    for line in theirs:
        own = held.get(line.variant_id)
        if own is None:
            type(line).objects.filter(pk=line.pk).update(cart=account)
            continue
        both = own.quantity + line.quantity
        own.quantity = min(both, max(most_of(line.variant), own.quantity, line.quantity))
        own.origin = own.origin or line.origin
        own.save(update_fields=["quantity", "origin"])
        if own.quantity < both:
            capped.append(line.variant_id)
    return capped
