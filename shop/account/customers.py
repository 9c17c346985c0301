"""Customers for the desk: found, and all that is known of one, each kind in one statement."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Lower
from django.utils.translation import gettext as _

from shop.account import erasure
from shop.account.models import Customer, ErasureRequest
from shop.customers import consents
from shop.customers.models import Consent, SavedAddress, User
from shop.customers.personal import Person
from shop.money import Money
from shop.orders.models import Order, OrderAddress
from shop.reports import figures
from shop.reports.periods import Period
from shop.returns.models import Return
from shop.reviews.models import Review
from shop.wishlist.models import StockAsk

SHOWN = 50  # of each kind
KEY = re.compile(r"(?P<kind>[ag])(?P<pk>[0-9]{1,18})")


def by_key(key: str) -> Customer:
    """The customer "a12" or "g345"; of a guest by any of their orders, also when they have made an account since.

    Raises Customer.DoesNotExist. Looked up by e-mail, of which there are indexes.
    """
    match = KEY.fullmatch(key)
    if match is None:
        raise Customer.DoesNotExist
    if match["kind"] == "a":
        email: QuerySet = User.objects.filter(pk=match["pk"]).values("email")
    else:
        email = Order.objects.filter(pk=match["pk"]).values(by=Coalesce("user__email", Lower("email")))
    return Customer.objects.select_related("user").get(email=Subquery(email))


def found_by(words: str) -> Q:
    """Of customers: those whose address or name holds `words`, also as the name on a parcel."""
    parcels = OrderAddress.objects.filter(name__icontains=words)
    accounts = parcels.filter(order__user__isnull=False).values("order__user")
    guests = Order.objects.filter(user=None, pk__in=parcels.values("order"))
    by_parcel = Q(user__in=accounts) | Q(email__in=guests.annotate(plain=Lower("email")).values("plain"))
    return Q(email__icontains=words) | Q(name__icontains=words) | by_parcel


def person_of(customer: Customer) -> Person:
    return Person.of(customer.user) if customer.user else Person.guest(customer.email)


def language_of(customer: Customer) -> str:
    """In which we wrote to them last; empty for somebody who never ordered."""
    newest = Order.objects.filter(pk=customer.newest_id or 0).values_list("language", flat=True)
    return newest.first() or ""


def orders_of(some: Collection[Customer]) -> QuerySet[Order]:
    """The orders that the view counts for them."""
    accounts = [one.user_id for one in some if one.user_id]
    guests = Order.objects.annotate(plain=Lower("email")).filter(user=None, plain__in=[one.email for one in some])
    return Order.objects.filter(Q(user__in=accounts) | Q(pk__in=guests.values("pk")))


def tell(some: Collection[Customer], *, now: datetime, money: bool) -> None:
    """Give each of a page of them `called`, `kind` and, where money may be seen, `value`: net revenue by currency."""
    worth = net_of(some, now=now) if money else {}
    newest = [one.newest_id for one in some if one.newest_id]
    parcels = OrderAddress.objects.filter(order__in=newest, kind=OrderAddress.Kind.SHIPPING)
    names = dict(parcels.values_list("order", "name"))
    for one in some:
        row: Any = one
        row.called = one.name or names.get(row.newest_id, "")
        row.kind = _("account") if one.user_id else _("guest")
        row.value = worth.get(one.email, [])


def net_of(some: Collection[Customer], *, now: datetime) -> dict[str, list[Money]]:
    """What each has brought so far, as the reports count it: by their e-mail, one amount for each currency."""
    by_account = {one.user_id: one.email for one in some if one.user_id}
    owners = orders_of(some).values_list("pk", "user", "email")
    emails = {pk: by_account.get(user, email.lower()) for pk, user, email in owners}
    return net_of_orders(emails, now=now)


def net_of_orders(emails: Mapping[int, str], *, now: datetime) -> dict[str, list[Money]]:
    """The same of orders, given their ids and whose each is."""
    sums = figures.read(
        "SELECT order_id, currency, sum(net) AS net FROM move GROUP BY 1, 2 ORDER BY 2",
        period=Period.until(now),
        orders=list(emails),
    )
    found: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for row in sums:
        purse = found[emails[row["order_id"]]]
        purse[row["currency"]] = purse.get(row["currency"], 0) + row["net"]
    return {email: [Money(net, code) for code, net in purse.items()] for email, purse in found.items()}


@dataclass(frozen=True)
class Known:
    """All about a customer, the newest first, at most SHOWN of each. `value` is empty for those who may not see money."""

    name: str
    orders: list[Order]
    value: list[Money]
    saved_addresses: list[SavedAddress]
    parcels: list[OrderAddress]
    consents: list[Consent]
    reviews: list[Review]
    returns: list[Return]
    asks: list[StockAsk]
    erasure: ErasureRequest | None


def all_about(customer: Customer, *, now: datetime, money: bool) -> Known:
    user, email = customer.user, customer.email
    orders = list(orders_of([customer]).order_by("-pk")[:SHOWN])
    ids = [order.pk for order in orders]
    parcels = list(OrderAddress.objects.filter(order__in=ids, kind=OrderAddress.Kind.SHIPPING).order_by("-order"))
    mine = Q(user=user) if user else Q(pk=None)
    return Known(
        name=customer.name or (parcels[0].name if parcels else ""),
        orders=orders,
        value=_value(customer, ids, now) if money else [],
        saved_addresses=list(SavedAddress.objects.filter(mine)) if user else [],
        parcels=_different(parcels),
        consents=consents.standing(email=email),
        reviews=list(Review.objects.filter(mine | Q(order__in=ids)).select_related("product")[:SHOWN]),
        returns=list(Return.objects.filter(order__in=ids).select_related("order").order_by("-pk")[:SHOWN]),
        asks=list(
            StockAsk.objects.filter(mine | Q(email=email)).select_related("variant__product").order_by("-pk")[:SHOWN]
        ),
        erasure=erasure.waiting(user=user) if user else erasure.waiting(email=email),
    )


def _value(customer: Customer, shown: list[int], now: datetime) -> list[Money]:
    """Those that are shown are all of them, unless there are very many."""
    if customer.order_count > len(shown):
        return net_of([customer], now=now).get(customer.email, [])
    return net_of_orders(dict.fromkeys(shown, customer.email), now=now).get(customer.email, [])


def _different(parcels: list[OrderAddress]) -> list[OrderAddress]:
    """Each address once, the latest first."""
    seen: dict[tuple[str, ...], OrderAddress] = {}
    for parcel in parcels:
        seen.setdefault(tuple(parcel.address_values().values()), parcel)
    return list(seen.values())
