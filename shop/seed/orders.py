"""Generated orders of any number, for load: `manage.py seed_orders --orders N`.

An order is made up from its place among them and the seed alone: goods of the catalogue, somebody somewhere, paid, packed,
sent, arrived or cancelled as long ago as it is. Rows go in by COPY with all constraints and triggers on; the audit has
nothing to say of them.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection, models, transaction

from shop.catalogue.listing import sellable_variants
from shop.catalogue.models import PriceWindow
from shop.copying import Sheet, fresh_ids, write
from shop.delivery.models import Method
from shop.inventory.locks import lock_stock
from shop.inventory.models import Reservation, StockItem, StockMovement
from shop.money import round_money
from shop.orders.models import Fulfilment, FulfilmentLine, Order, OrderAddress, OrderEvent, OrderLine
from shop.outbox.models import Mail
from shop.payments.models import Payment, PaymentTransition

State = Order.State
ACTOR, CURRENCY = "seed_orders", "USD"
BATCH, MOST_GOODS = 5_000, 4_000
AGE = timedelta(days=720)  # of the oldest
RARE, ONE_IN = "Merapi", 500  # a name that every so manieth buyer has, and nobody else
FIRST = ("Alice", "Budi", "Citra", "Dewi", "Eka", "Fajar", "Gita", "Hana", "Indra", "Joko", "Kirana", "Lestari")
LAST = ("Hartono", "Santoso", "Wijaya", "Rahma", "Pratama", "Kusuma", "Siregar", "Halim", "Nugroho", "Putri")
PLACES = (("Portland", "OR", "97205"), ("Austin", "TX", "73301"), ("Boston", "MA", "02108"), ("Denver", "CO", "80202"))
CARRIERS = ("JNE", "DHL", "FedEx", "USPS")
TAX, SHIPPING = Decimal("0.1"), Decimal("5.00")
# In the order in which tables name each other.
TABLES: tuple[type[models.Model], ...] = (
    *(StockMovement, Reservation, Order, OrderAddress, OrderLine, OrderEvent, Payment, PaymentTransition),
    *(Fulfilment, FulfilmentLine, Mail),
)


class NothingForSale(Exception):
    """There is no catalogue to order from."""


class Good(NamedTuple):
    """A variant that is for sale, as it stands in an order line."""

    variant: int
    stock_item: int
    sku: str
    title: str
    price: Decimal


class Bought(NamedTuple):
    """A line: `shipped` and `packed` of its units are in parcels."""

    good: Good
    quantity: int
    shipped: int
    packed: int


@dataclass(frozen=True)
class Made:
    """An order that was made up. Amounts in dollars."""

    index: int
    key: UUID
    chance: Random
    placed_at: datetime
    state: str
    lines: list[Bought]

    @property
    def subtotal(self) -> Decimal:
        return sum((line.quantity * line.good.price for line in self.lines), Decimal(0))

    @property
    def total(self) -> Decimal:
        return self.subtotal + SHIPPING + sum((tax_of(line) for line in self.lines), Decimal(0))

    @property
    def is_paid(self) -> bool:
        return self.state != State.CANCELLED


def tax_of(line: Bought) -> Decimal:
    return round_money(line.quantity * line.good.price * TAX, CURRENCY).amount


# --- made up -------------------------------------------------------------------------------------


def key_of(seed: int, index: int) -> UUID:
    return UUID(int=Random(f"order/{seed}/{index}").getrandbits(128), version=4)  # noqa: S311


def make_up(index: int, *, of: int, seed: int, goods: list[Good], now: datetime) -> Made:
    """The order at place `index` of `of`, the oldest first."""
    chance = Random(f"{seed}/{index}")  # noqa: S311
    age = AGE * ((of - index) / of)
    state = _state(chance, age)
    chosen = chance.sample(goods, min(len(goods), chance.choice((1, 1, 1, 2, 2, 3))))
    lines = [_line(good, chance.choice((1, 1, 1, 2, 3)), state, index) for good in chosen]
    if state == State.PROCESSING and all(line.shipped == line.quantity for line in lines):
        lines = [line._replace(shipped=0) for line in lines]  # nothing would be left to pack
    return Made(index, key_of(seed, index), chance, now - age, state, lines)


def _state(chance: Random, age: timedelta) -> str:
    roll = chance.random()
    if roll < 0.05:
        return State.CANCELLED
    if age < timedelta(days=5):
        return State.PROCESSING if roll < 0.8 else State.SHIPPED
    return State.SHIPPED if age < timedelta(days=12) and roll < 0.9 else State.DELIVERED


def _line(good: Good, quantity: int, state: str, index: int) -> Bought:
    """Of those to be packed every sixth waits in its parcel, and of every seventh one unit of each line has left."""
    if state in (State.SHIPPED, State.DELIVERED):
        return Bought(good, quantity, quantity, 0)
    if state == State.PROCESSING:
        return Bought(good, quantity, int(index % 7 == 0), quantity if index % 6 == 0 and index % 7 else 0)
    return Bought(good, quantity, 0, 0)


# --- written -------------------------------------------------------------------------------------


def seed_orders(*, orders: int, seed: int, now: datetime, progress: Callable[[int, int], None]) -> int:
    """Add those of the `orders` generated ones that are missing; returns how many were. Raises NothingForSale."""
    goods, made = _goods(now), 0
    if not goods:
        raise NothingForSale
    for start in range(0, orders, BATCH):
        missing = _missing(seed, range(start, min(start + BATCH, orders)))
        batch = [make_up(index, of=orders, seed=seed, goods=goods, now=now) for index in missing]
        if batch:
            _write(batch, seed)
        made += len(batch)
        progress(min(start + BATCH, orders), orders)
    if made:
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("ANALYZE")
            cursor.execute("RESET statement_timeout")
    return made


def _goods(now: datetime) -> list[Good]:
    variants = sellable_variants(now, CURRENCY).order_by("pk").values("pk")[:MOST_GOODS]
    prices = PriceWindow.objects.filter(variant__in=variants, currency=CURRENCY, valid__contains=now).order_by(
        "variant"
    )
    names = ("variant", "variant__stock_item", "variant__sku", "variant__product__name", "amount")
    return [Good(*row) for row in prices.values_list(*names)]


def _missing(seed: int, indices: range) -> list[int]:
    keys = {index: key_of(seed, index) for index in indices}
    known = set(Order.objects.filter(checkout_key__in=keys.values()).values_list("checkout_key", flat=True))
    return [index for index, key in keys.items() if key not in known]


@dataclass
class Batch:
    """Sheets that fill up, and ids for rows that others name."""

    delivery: Method
    items: Mapping[int, StockItem]
    sheets: dict[type[models.Model], Sheet] = field(default_factory=dict)
    ids: dict[type[models.Model], Iterator[int]] = field(default_factory=dict)

    def add(self, model: type[models.Model], **values: Any) -> None:
        sheet = self.sheets.get(model)
        if sheet is None:
            sheet = self.sheets[model] = Sheet(model, *values)
        sheet.add(*values.values())

    def new(self, model: type[models.Model]) -> int:
        found = next(self.ids.get(model, iter(())), None)
        if found is None:
            self.ids[model] = iter(fresh_ids(model, BATCH))
            found = next(self.ids[model])
        return found


@transaction.atomic
def _write(batch: list[Made], seed: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
    work = Batch(
        Method.objects.order_by("pk")[0], lock_stock(line.good.stock_item for one in batch for line in one.lines)
    )
    _receive(work, batch)
    for one in batch:
        _order(work, one, seed)
    write(work.sheets[model] for model in TABLES if model in work.sheets)
    StockItem.objects.bulk_update(work.items.values(), ["on_hand", "reserved"], batch_size=1000)


def _receive(work: Batch, batch: list[Made]) -> None:
    """As much comes in as these orders want, so that what can be sold stays what it was."""
    wanted: Counter[int] = Counter()
    for one in batch:
        for line in one.lines if one.is_paid else ():
            wanted[line.good.stock_item] += line.quantity
    for pk, quantity in wanted.items():
        _move(work, pk, quantity, reason="received", number="", at=batch[0].placed_at)


def _move(work: Batch, pk: int, delta: int, *, reason: str, number: str, at: datetime) -> None:
    item = work.items[pk]
    if item.policy == StockItem.Policy.INFINITE:
        return
    item.on_hand += delta
    facts = {"stock_item": pk, "delta": delta, "balance": item.on_hand, "reason": reason, "order_number": number}
    work.add(StockMovement, **facts, actor=ACTOR, at=at)


def _order(work: Batch, one: Made, seed: int) -> None:
    pk, number = work.new(Order), f"{settings.ORDER_NUMBER_PREFIX}{seed}-{one.index + 1:06}"
    name = f"{one.chance.choice(FIRST)} {RARE if one.index % ONE_IN == 0 else one.chance.choice(LAST)}"
    email = f"{name.lower().replace(' ', '.')}.{one.index % 7919}@example.com"
    work.add(
        Order,
        id=pk,
        number=number,
        token=f"{one.chance.getrandbits(190):x}"[:43],
        checkout_key=one.key,
        email=email,
        language="en",
        state=one.state,
        payment_status="paid" if one.is_paid else "expired",
        cancel_reason="" if one.is_paid else "expired",
        needs_attention="the parcel came back" if one.index % 997 == 0 else "",
        currency=CURRENCY,
        subtotal=one.subtotal,
        shipping=SHIPPING,
        tax=one.total - one.subtotal - SHIPPING,
        total=one.total,
        delivery_code=work.delivery.code,
        delivery_name=work.delivery.name,
        deliver_from=(one.placed_at + timedelta(days=4)).date(),
        deliver_until=(one.placed_at + timedelta(days=8)).date(),
        attribution="{}",
        placed_at=one.placed_at,
        expires_at=one.placed_at + timedelta(minutes=30),
    )
    city, region, postcode = one.chance.choice(PLACES)
    street = f"{one.chance.randint(1, 900)} Alder Street"
    place = {"line1": street, "city": city, "region": region, "postcode": postcode, "country": "US"}
    work.add(OrderAddress, order=pk, kind="shipping", name=name, **place)
    lines = [_add_line(work, one, pk, number, place, line) for place, line in enumerate(one.lines)]
    _payment(work, one, pk, number)
    _parcels(work, one, pk, number, lines)
    _story(work, one, pk)
    for kind in _letters(one):
        facts = {"key": f"{kind}/{number}", "kind": kind, "to": email, "subject": f"Order {number}", "text": number}
        work.add(
            Mail,
            **facts,
            html=number,
            language="en",
            order_number=number,
            sent_at=one.placed_at,
            created_at=one.placed_at,
        )


def _add_line(work: Batch, one: Made, order: int, number: str, place: int, line: Bought) -> int:
    """With what is reserved for it: a part that has left has a row of its own."""
    left = line.quantity - line.shipped
    reservation, pk = work.new(Reservation), work.new(OrderLine)
    if line.shipped and left:
        _reserve(work, one, number, line, work.new(Reservation), line.shipped, "shipped")
    state = "released" if not one.is_paid else "firm" if left else "shipped"
    _reserve(work, one, number, line, reservation, left or line.quantity, state)
    work.add(
        OrderLine,
        id=pk,
        order=order,
        position=place,
        variant=line.good.variant,
        reservation=reservation,
        sku=line.good.sku,
        title=line.good.title,
        quantity=line.quantity,
        unit_price=line.good.price,
        subtotal=line.quantity * line.good.price,
        tax_rate=TAX,
        tax=tax_of(line),
        origin="{}",
    )
    return pk


def _reserve(work: Batch, one: Made, number: str, line: Bought, pk: int, quantity: int, state: str) -> None:
    shelf, closed = line.good.stock_item, one.placed_at + timedelta(hours=20)
    if state == "firm":
        work.items[shelf].reserved += quantity
    elif state == "shipped":
        _move(work, shelf, -quantity, reason="shipped", number=number, at=closed)
    facts = {"id": pk, "stock_item": shelf, "quantity": quantity, "state": state, "order_number": number}
    work.add(Reservation, **facts, created_at=one.placed_at, closed_at=None if state == "firm" else closed)


def _payment(work: Batch, one: Made, order: int, number: str) -> None:
    pk, came = work.new(Payment), one.total if one.is_paid else Decimal(0)
    state = "captured" if one.is_paid else "expired"
    work.add(
        Payment,
        id=pk,
        order=order,
        attempt=1,
        provider="stripe",
        kind="card",
        state=state,
        currency=CURRENCY,
        amount=one.total,
        captured=came,
        reference=f"{number}-1",
        provider_ref=f"pi_{one.key.hex}",
        client="{}",
        expires_at=one.placed_at + timedelta(minutes=25),
        created_at=one.placed_at,
    )
    told = f'{{"amount": "{one.total}", "currency": "{CURRENCY}", "captured": "{came}"}}'
    facts = {"payment": pk, "old": "created", "new": state, "source": "webhook", "snapshot": told}
    work.add(PaymentTransition, **facts, at=one.placed_at + timedelta(minutes=2))


def _parcels(work: Batch, one: Made, order: int, number: str, lines: list[int]) -> None:
    inside = {
        True: [(pk, line.shipped) for pk, line in zip(lines, one.lines, strict=True) if line.shipped],
        False: [(pk, line.packed) for pk, line in zip(lines, one.lines, strict=True) if line.packed],
    }
    packed_at = one.placed_at + timedelta(hours=18)
    for has_left, rows in inside.items():
        if not rows:
            continue
        pk = work.new(Fulfilment)
        tracking = f"{one.chance.getrandbits(44):012X}" if has_left else ""
        facts: dict[str, Any] = {"id": pk, "order": order, "position": 1, "packed_at": packed_at, "packed_by": ACTOR}
        facts |= {"carrier": one.chance.choice(CARRIERS) if has_left else "", "tracking_number": tracking}
        work.add(
            Fulfilment,
            **facts,
            shipped_at=packed_at + timedelta(hours=2) if has_left else None,
            actor=ACTOR if has_left else "",
        )
        for line, quantity in rows:
            work.add(FulfilmentLine, fulfilment=pk, line=line, quantity=quantity)


def _story(work: Batch, one: Made, order: int) -> None:
    """Its timeline."""
    said: list[tuple[str, float, str]] = [("placed", 0, f'{{"total": "{one.total}", "currency": "{CURRENCY}"}}')]
    if one.is_paid:
        said += [("payment_paid", 0.05, '{"was": "pending"}'), ("processing", 0.05, "{}")]
        said += [("shipped", 20, "{}")] if one.state != State.PROCESSING else []
        said += [("delivered", 120, "{}")] if one.state == State.DELIVERED else []
    else:
        said += [("payment_expired", 0.5, '{"was": "pending"}'), ("cancelled", 0.5, '{"reason": "expired"}')]
    for kind, hours, detail in said:
        work.add(
            OrderEvent, order=order, at=one.placed_at + timedelta(hours=hours), actor=ACTOR, kind=kind, detail=detail
        )


def _letters(one: Made) -> list[str]:
    if not one.is_paid:
        return ["order_cancelled"]
    return ["order_confirmed", *(["shipped"] if any(line.shipped for line in one.lines) else [])]
