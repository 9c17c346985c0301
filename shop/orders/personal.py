"""Orders of a person: what of them can be told, and what stays when the person is forgotten.

The books need number, dates, amounts, tax and where it went by country and state; they do not need who it was.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from shop.customers.personal import Person
from shop.orders.locks import lock_order
from shop.orders.models import AddressChange, Fulfilment, Order, OrderAddress
from shop.orders.operations import new_token

State = Order.State
ON_ITS_WAY = timedelta(days=30)  # a parcel that left longer ago counts as arrived, although nobody said so
ADDRESS = ("name", "line1", "line2", "city", "postcode", "phone")  # country and region stay: the tax depends on them


def orders_of(person: Person) -> QuerySet[Order]:
    """Those of their account, and those that a guest placed with an address of theirs."""
    emails = Order.objects.annotate(plain=Lower("email")).filter(user=None, plain__in=person.emails).exclude(email="")
    mine = Q(pk__in=emails.values("pk"))
    return Order.objects.filter(mine | Q(user=person.user) if person.user else mine).order_by("pk")


def open_orders(person: Person, *, now: datetime) -> list[Order]:
    """Those that still need to know who it was: unpaid, to be packed, or on their way."""
    waiting = Q(state__in=[State.PENDING, State.PROCESSING])
    travelling = Q(state=State.SHIPPED, fulfilments__shipped_at__gt=now - ON_ITS_WAY)
    return list(orders_of(person).filter(waiting | travelling).distinct())


def export_person(person: Person) -> list[dict[str, Any]]:
    orders = orders_of(person).prefetch_related("lines", "addresses", "fulfilments", "events__address_change")
    return [_told(order) for order in orders]


def _told(order: Order) -> dict[str, Any]:
    plain = ("number", "email", "language", "state", "payment_status", "currency", "delivery_name", "customer_note")
    amounts = ("subtotal", "discount", "shipping", "shipping_discount", "tax", "total")
    line = ("sku", "title", "options", "quantity", "unit_price", "subtotal", "discount", "tax_rate", "tax")
    parcel = ("carrier", "tracking_number", "tracking_url", "shipped_at")
    return {
        **{name: getattr(order, name) for name in (*plain, *amounts, "tax_included", "placed_at")},
        "addresses": [{"kind": one.kind, **one.address_values()} for one in order.addresses.all()],
        "addresses_before": [one.address_change.old for one in order.events.all() if hasattr(one, "address_change")],
        "lines": [{name: getattr(one, name) for name in line} for one in order.lines.all()],
        "parcels": [{name: getattr(one, name) for name in parcel} for one in order.fulfilments.all()],
        "events": [{"at": one.at, "what": one.kind} for one in order.events.all()],
    }


def names_in(person: Person) -> set[str]:
    """What in their orders would tell who it was: to be looked for elsewhere before the orders forget it."""
    addresses = OrderAddress.objects.filter(order__in=orders_of(person)).values_list("name", "line1", "phone")
    emails = set(orders_of(person).values_list("email", flat=True))
    return {word for row in addresses for word in row if len(word) > 3} | emails


def forget_person(person: Person, *, now: datetime) -> None:
    for pk in list(orders_of(person).values_list("pk", flat=True)):
        with transaction.atomic():
            _forget(lock_order(pk), now)


def _forget(order: Order, now: datetime) -> None:
    """The link of the letters opens it no more, since letters may lie about."""
    order.email = order.customer_note = order.staff_note = ""
    order.user, order.token, order.forgotten_at = None, new_token(), now
    order.save(update_fields=["email", "customer_note", "staff_note", "user", "token", "forgotten_at"])
    OrderAddress.objects.filter(order=order).update(**dict.fromkeys(ADDRESS, ""))
    AddressChange.objects.filter(event__order=order).delete()
    Fulfilment.objects.filter(order=order).update(tracking_number="", tracking_url="")
