"""What a shopper does to a cart. Each is one transaction under the cart's lock; stock is only looked at, never held."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Lower

from shop.cart import attribution
from shop.cart.attribution import Origin
from shop.cart.listing import Notice, look
from shop.cart.locks import lock_cart
from shop.cart.models import Cart, CartLine
from shop.catalogue.listing import sellable_variants
from shop.catalogue.models import Variant
from shop.customers.models import User
from shop.promotions.listing import NOBODY, Customer, charged_prices, normal_code


class CartError(Exception):
    """Base of what a cart refuses; `code` is the word of the JSON answers."""

    code = "cart_changed"


class NotFound(CartError):
    """No such thing for sale, or no such line in this cart."""

    code = "not_found"


class OutOfStock(CartError):
    code = "out_of_stock"


class InsufficientStock(CartError):
    """Fewer are left than were asked for; `available` says how many."""

    code = "insufficient_stock"

    def __init__(self, available: int) -> None:
        super().__init__(available)
        self.available = available


class CouponRefused(CartError):
    """The code does not count; `notice` says why, and what would help."""

    def __init__(self, notice: Notice) -> None:
        super().__init__(notice.text)
        self.code, self.notice = notice.code, notice


class InvalidQuantity(CartError):
    """Not a whole number from 1 to `maximum`."""

    code = "invalid_quantity"

    def __init__(self, maximum: int) -> None:
        super().__init__(maximum)
        self.maximum = maximum


def open_cart(*, currency: str, owner: User | None = None) -> Cart:
    """The owner's cart, or a new anonymous one; in `currency` when it is new."""
    if owner is None:
        return Cart.objects.create(currency=currency)
    return Cart.objects.get_or_create(owner=owner, defaults={"currency": currency, "token": None})[0]


def find_cart(*, owner: User | None, token: uuid.UUID | None) -> Cart | None:
    if owner is not None:
        return Cart.objects.filter(owner=owner).first()
    return Cart.objects.filter(token=token).first() if token else None


def add(*, cart: Cart, sku: str, quantity: int, now: datetime, origin: Origin | None = None) -> CartLine:
    """Put `quantity` more of the variant `sku` into the cart. Of several origins of a line the first one sold it.

    Raises NotFound, OutOfStock, InsufficientStock (counting what the cart has already) and InvalidQuantity.
    """
    _check_quantity(quantity)
    with transaction.atomic():
        _lock(cart)
        meant = sellable_variants(now, cart.currency).alias(code=Lower("sku")).filter(code=Lower(Value(sku)))
        variant = meant.select_related("stock_item").first()
        if variant is None:
            raise NotFound(sku)
        line = CartLine.objects.filter(cart=cart, variant=variant).first() or CartLine(
            cart=cart, variant=variant, quantity=0
        )
        _check_quantity(line.quantity + quantity)
        _check_supply(variant, line.quantity + quantity)
        line.quantity += quantity
        line.seen_price = charged_prices({variant.pk: variant.product_id}, cart.currency, now)[variant.pk].now.amount
        if origin:
            line.origin = line.origin or origin.facts
            _remember(cart.pk, origin)
        line.save()
    return line


def add_all(
    *, cart: Cart, skus: Iterable[str], now: datetime, origin: Origin | None = None
) -> tuple[list[CartLine], list[str]]:
    """One of each: (lines, skus that could not be had). Nothing is added for those, and the others are not held up."""
    lines: list[CartLine] = []
    refused: list[str] = []
    with transaction.atomic():
        _lock(cart)
        for sku in dict.fromkeys(skus):
            try:
                lines.append(add(cart=cart, sku=sku, quantity=1, now=now, origin=origin))
            except CartError:
                refused.append(sku)
    return lines, refused


def remember(*, cart: Cart, origin: Origin) -> None:
    """Keep a story that the shopper came from as the cart's last one, and as its first when there was none before."""
    with transaction.atomic():
        _lock(cart)
        _remember(cart.pk, origin)


def _remember(cart_id: int, origin: Origin) -> None:
    """The cart is locked. What is no story sells a line, but leads nobody here."""
    if origin.is_story:
        cart = Cart.objects.only("attribution").get(pk=cart_id)
        facts = attribution.joined(cart.attribution, {"last": origin.facts})
        Cart.objects.filter(pk=cart_id).update(attribution=facts)


def update(*, cart: Cart, line_id: int, quantity: int, now: datetime) -> None:
    """Set a line to `quantity`; zero removes it.

    Fewer is always allowed, also while fewer still are left: the shopper is on the way down.
    Raises NotFound, OutOfStock, InsufficientStock and InvalidQuantity.
    """
    if quantity == 0:
        return remove(cart=cart, line_id=line_id)
    _check_quantity(quantity)
    with transaction.atomic():
        _lock(cart)
        line = cart.lines.select_related("variant__stock_item").filter(pk=line_id).first()
        if line is None:
            raise NotFound(line_id)
        if quantity > line.quantity:
            _check_supply(line.variant, quantity)
        line.quantity = quantity
        price = charged_prices({line.variant_id: line.variant.product_id}, cart.currency, now).get(line.variant_id)
        line.seen_price = price.now.amount if price else line.seen_price
        line.save(update_fields=["quantity", "seen_price"])
    return None


def remove(*, cart: Cart, line_id: int) -> None:
    """Take a line out. Removing it twice is fine."""
    cart.lines.filter(pk=line_id).delete()


def clear(*, cart: Cart) -> None:
    cart.lines.all().delete()


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


def join_at_login(*, guest: Cart, owner: User) -> Cart:
    """Bring a guest's cart into the account: quantities add up to what one line may hold; the guest's cart goes. Its
    coupon, entered last, comes along.

    What exceeds the stock is kept and said by the cart's notices, so that nothing vanishes silently.
    """
    with transaction.atomic():
        account = open_cart(currency=guest.currency, owner=owner)
        locked = {pk: lock_cart(pk) for pk in sorted({guest.pk, account.pk})}
        guest, account = locked[guest.pk], locked[account.pk]
        most = settings.MAX_LINE_QUANTITY
        held = {line.variant_id: line for line in account.lines.all()}
        for line in guest.lines.all():
            if line.variant_id in held:
                mine = held[line.variant_id]
                mine.quantity = min(most, mine.quantity + line.quantity)
                mine.save(update_fields=["quantity"])
            else:
                CartLine.objects.filter(pk=line.pk).update(cart=account)
        stories = attribution.joined(account.attribution, guest.attribution)
        code = guest.coupon_code or account.coupon_code
        Cart.objects.filter(pk=account.pk).update(attribution=stories, coupon_code=code)
        guest.delete()
    return account


def apply_coupon(*, cart: Cart, code: str, language: str, now: datetime, customer: Customer = NOBODY) -> None:
    """Have the cart use the coupon `code`, in place of the one it had. Raises CouponRefused; then it keeps that one."""
    code = normal_code(code) or code.strip()[:40]
    with transaction.atomic():
        _lock(cart)
        coupon = look(cart, now=now, language=language, customer=customer, code=code).coupon
        if coupon and coupon.notice:
            raise CouponRefused(coupon.notice)
        Cart.objects.filter(pk=cart.pk).update(coupon_code=code)
    cart.coupon_code = code


def remove_coupon(*, cart: Cart) -> None:
    """Removing it twice is fine."""
    Cart.objects.filter(pk=cart.pk).update(coupon_code="")
    cart.coupon_code = ""


def take_out_ordered(*, cart: Cart, ordered: dict[int, int]) -> None:
    """Empty the locked cart of exactly what was ordered: {variant id: quantity}. What came since stays."""
    spent: list[CartLine] = []
    left: list[CartLine] = []
    for line in cart.lines.filter(variant_id__in=ordered):
        line.quantity -= ordered[line.variant_id]
        (left if line.quantity > 0 else spent).append(line)
    CartLine.objects.filter(pk__in=[line.pk for line in spent]).delete()
    if left:
        CartLine.objects.bulk_update(left, ["quantity"])
    if cart.attribution:  # the next order has a story of its own
        Cart.objects.filter(pk=cart.pk, lines__isnull=True).update(attribution={})


def _lock(cart: Cart) -> None:
    """Raises NotFound when the cart has just gone into an account, by a login in another tab."""
    try:
        lock_cart(cart.pk)
    except Cart.DoesNotExist:
        raise NotFound(cart.pk) from None


def _check_quantity(quantity: int) -> None:
    if not 1 <= quantity <= settings.MAX_LINE_QUANTITY:
        raise InvalidQuantity(settings.MAX_LINE_QUANTITY)


def _check_supply(variant: Variant, quantity: int) -> None:
    stock = variant.stock_item
    if stock.can_supply(quantity):
        return
    if not stock.available:
        raise OutOfStock
    raise InsufficientStock(stock.available)
