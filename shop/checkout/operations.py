"""Placing an order: the one transaction that everybody should read."""

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db import OperationalError, transaction
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from shop.cart import operations as carts
from shop.cart.listing import CartView, LineView, look
from shop.cart.locks import lock_cart
from shop.cart.models import Cart
from shop.cart.pricing import Off, Totals
from shop.checkout import settlement
from shop.checkout.deadlines import hold_of, keep_until
from shop.checkout.models import CheckoutDraft
from shop.customers.models import User
from shop.inventory import operations as inventory
from shop.inventory.models import Reservation
from shop.money import Money
from shop.orders import operations as orders
from shop.orders.locks import lock_order
from shop.orders.models import Order, OrderAddress, OrderDiscount, OrderLine
from shop.payments import operations as payments
from shop.payments.status import order_status
from shop.promotions import operations as promotions
from shop.promotions.listing import Customer
from shop.sql import insert, read


class CheckoutError(Exception):
    """Base of what placing an order refuses. Nothing has happened then: no stock held, no order, no charge."""


class CartProblems(CheckoutError):
    """The cart cannot be ordered as it is; its own notices say why, line by line."""


class TotalChanged(CheckoutError):
    """The total is not what the shopper agreed to."""

    def __init__(self, *, expected: Money, actual: Money) -> None:
        super().__init__(f"{expected} became {actual}")
        self.expected, self.actual = expected, actual


class NoDelivery(CheckoutError):
    """The chosen way of delivery does not exist for this country and currency (any more)."""


class Busy(CheckoutError):
    """Others held what this needs for longer than the database lets anybody wait, twice. Trying again may well do."""


@dataclass(frozen=True)
class Details:
    """Who buys, where to, how sent and how paid. `address` and `billing` have the fields of customers.PostalAddress.

    `collect`: it is fetched from us, so of `address` only name and phone count. `billing`: empty for the same address.
    `provider` and `payment_kind` count for nothing when the total is zero.
    """

    email: str
    address: dict[str, str]
    delivery_code: str
    language: str
    note: str = ""
    collect: bool = False
    billing: dict[str, str] = field(default_factory=dict)
    provider: str = "stripe"
    payment_kind: str = "card"
    user: User | None = None


def place_order(*, cart: Cart, details: Details, expected_total: Money, key: uuid.UUID, now: datetime) -> Order:
    """Turn the cart into an order that waits for its payment, or refuse and change nothing. A total of zero waits for none.

    Idempotent by `key`: whoever sends the same submission again gets the same order. Locks, in this order: cart, stock
    by pk, promotions. Raises CartProblems, TotalChanged, NoDelivery and Busy.
    """
    try:
        return _patiently(lambda: _place(cart, details, expected_total, key, now))
    except promotions.UsedUp:  # a moment ago by somebody else: what is it without?
        raise TotalChanged(expected=expected_total, actual=_price_again(cart, details, now).totals.total) from None


def _patiently(place: Callable[[], Order]) -> Order:
    """Once more when the first wait was too long: nothing of it has happened. Raises Busy."""
    for _ in range(2):
        try:
            return place()
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
    raise Busy


def _place(cart: Cart, details: Details, expected_total: Money, key: uuid.UUID, now: datetime) -> Order:
    with transaction.atomic():
        locked = _lock(cart)
        if placed := orders.placed_with(key):
            return placed
        if locked is None:
            raise CartProblems
        bag = _price_again(locked, details, now)
        _agree(bag, expected_total)
        number = orders.next_number()
        expires_at = now + hold_of(details.payment_kind)
        reservations = _hold_stock(bag, number, expires_at, now)
        order = _write_order(bag, details, number, key, expires_at, now)
        _write_discounts(order, bag.totals, _write_lines(order, bag, reservations))
        _write_addresses(order, bag, details)
        if order.total:
            payments.first_attempt(order=order, provider=details.provider, kind=details.payment_kind, now=now)
        ordered = {line.variant.pk: line.quantity for line in bag.lines}
        carts.take_out_ordered(cart=locked, ordered=ordered, coupon_used=bool(bag.coupon and bag.coupon.counts))
        _renew_draft(locked)
        orders.note(order, "placed", actor="customer", now=now, total=str(order.total), currency=order.currency)
        _redeem(order, bag.totals, details, now)
        if not order.total:
            settlement.nothing_to_pay(order, now=now)
    return order


def _renew_draft(cart: Cart) -> None:
    """The next order is another submission, with a note of its own."""
    read("UPDATE shop_checkoutdraft SET key = %s, note = '' WHERE cart_id = %s RETURNING id", [uuid.uuid4(), cart.pk])


def _lock(cart: Cart) -> Cart | None:
    """None when the cart has just gone into an account, by a login in another tab."""
    try:
        return lock_cart(cart.pk)
    except Cart.DoesNotExist:
        return None


def _price_again(cart: Cart, details: Details, now: datetime) -> CartView:
    """The cart at today's prices, for the real address. Raises CartProblems and NoDelivery."""
    bag = look(
        cart,
        now=now,
        language=details.language,
        country="" if details.collect else details.address["country"],
        region="" if details.collect else details.address["region"],
        collect=details.collect,
        delivery_code=details.delivery_code,
        customer=_customer(details),
    )
    if not bag.lines or bag.is_blocked:
        raise CartProblems
    if bag.totals.delivery is None or bag.totals.delivery.code != details.delivery_code:
        raise NoDelivery(details.delivery_code)
    return bag


def _customer(details: Details) -> Customer:
    return Customer(details.user.pk if details.user else None, details.email)


def _agree(bag: CartView, expected: Money) -> None:
    if bag.totals.total != expected:
        raise TotalChanged(expected=expected, actual=bag.totals.total)


def _hold_stock(bag: CartView, number: str, expires_at: datetime, now: datetime) -> list[Reservation]:
    demands = [(line.variant.stock_item_id, line.quantity) for line in bag.lines]
    try:
        return inventory.reserve(demands=demands, order_number=number, expires_at=expires_at, now=now)
    except inventory.OutOfStock:
        raise CartProblems from None


def _write_order(
    bag: CartView, details: Details, number: str, key: uuid.UUID, expires_at: datetime, now: datetime
) -> Order:
    totals, cart = bag.totals, bag.cart
    assert cart is not None
    assert totals.delivery is not None, "_price_again has refused what cannot be delivered"
    place = totals.delivery.place
    deliver_from, deliver_until = totals.delivery.arrives(timezone.localdate(now) + timedelta(days=bag.lead_days))
    order = Order(
        number=number,
        token=orders.new_token(),
        checkout_key=key,
        user=details.user,
        email=details.email,
        language=details.language,
        **_amounts(totals),
        payment_status=order_status(totals.total.amount, ()),
        delivery_code=totals.delivery.code,
        delivery_name=totals.delivery.name,
        deliver_from=deliver_from,
        deliver_until=deliver_until,
        collected=place is not None,
        opening_hours=place.hours if place else "",
        customer_note=details.note,
        attribution=cart.attribution,
        placed_at=now,
        expires_at=expires_at,
    )
    insert([order])
    return order


def _write_addresses(order: Order, bag: CartView, details: Details) -> None:
    """Where it goes, or our own place with the name of whoever fetches it; and where the bill goes, if that is elsewhere."""
    place = bag.totals.delivery and bag.totals.delivery.place
    where = dict(details.address)
    if place:
        where = place.address_values() | {"name": details.address["name"], "phone": details.address["phone"]}
    rows = [OrderAddress(order=order, kind=OrderAddress.Kind.SHIPPING, **where)]
    if details.billing:
        rows.append(OrderAddress(order=order, kind=OrderAddress.Kind.BILLING, **details.billing))
    insert(rows)


def _amounts(totals: Totals) -> dict:
    return {
        "currency": totals.currency,
        "subtotal": totals.subtotal.amount,
        "discount": totals.discount.amount,
        "shipping": totals.shipping.amount,
        "shipping_discount": totals.shipping_discount.amount,
        "tax": totals.tax.amount,
        "tax_included": totals.tax_included,
        "total": totals.total.amount,
    }


def _write_lines(order: Order, bag: CartView, reservations: list[Reservation]) -> list[OrderLine]:
    rows = zip(bag.lines, bag.totals.lines, reservations, strict=True)
    return insert(
        _order_line(order, position, line, priced, reservation)
        for position, (line, priced, reservation) in enumerate(rows, start=1)
    )


def _order_line(order: Order, position: int, line: LineView, priced, reservation: Reservation) -> OrderLine:
    return OrderLine(
        order=order,
        position=position,
        variant=line.variant,
        reservation=reservation,
        sku=line.sku,
        title=line.title,
        options=line.options,
        path=line.url,
        image=line.variant.image,
        quantity=line.quantity,
        unit_price=priced.item.unit_price.amount,
        subtotal=priced.subtotal.amount,
        discount=priced.discount.amount,
        tax_rate=priced.tax_rate,
        tax=priced.tax.amount,
        origin={**line.origin, **order.attribution},
    )


def _write_discounts(order: Order, totals: Totals, lines: list[OrderLine]) -> None:
    """What came off each line and off the delivery, by name: nothing of it follows what the promotion becomes."""
    rows = [
        OrderDiscount(
            order=order,
            line=line,
            position=position,
            promotion_id=off.discount.promotion_id or 0,  # a discount of no promotion breaks the key
            name=off.name,
            code=off.code,
            amount=amount.amount,
        )
        for position, off in enumerate(totals.discounts, start=1)
        for line, amount in _given(off, lines)
    ]
    insert(rows)


def _given(off: Off, lines: list[OrderLine]) -> list[tuple[OrderLine | None, Money]]:
    if off.discount.on_delivery:
        return [(None, off.amount)]
    return [(line, amount) for line, amount in zip(lines, off.shares, strict=True) if amount]


def _redeem(order: Order, totals: Totals, details: Details, now: datetime) -> None:
    """Use the promotions and codes; last, because everybody may be waiting for the same one. Raises promotions.UsedUp."""
    uses = [replace(off.discount, amount=off.amount) for off in totals.discounts]
    if uses:
        promotions.redeem(uses=uses, order_number=order.number, customer=_customer(details), now=now)


def pay_again(*, order: Order, provider: str, kind: str, now: datetime) -> None:
    """Open another attempt for an order whose last one has ended, while its stock is still held.

    Nothing happens when an attempt is open, the order is not pending any more, or its time is almost over.
    """
    with transaction.atomic():
        order = lock_order(order.pk)
        if order.state == Order.State.PENDING and now < order.expires_at - payments.PROVIDER_ENDS_EARLIER:
            keep_until(order, order.placed_at + hold_of(kind))
            with suppress(payments.AttemptOpen):
                payments.new_attempt(order=order, provider=provider, kind=kind, now=now)


def bring_answers(*, guest: Cart, owner: User) -> None:
    """Take what a guest has answered into the account's checkout, in place of older answers. Nothing answered: nothing."""
    with transaction.atomic():
        typed = CheckoutDraft.objects.filter(cart=guest).exclude(email="").first()
        if typed is None:
            return
        account = carts.open_cart(currency=guest.currency, owner=owner)
        for cart_id in sorted({guest.pk, account.pk}):
            lock_cart(cart_id)
        CheckoutDraft.objects.filter(cart=account).delete()
        CheckoutDraft.objects.filter(pk=typed.pk).update(cart=account)
