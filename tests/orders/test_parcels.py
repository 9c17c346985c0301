"""Parcels: packed and shipped whole or in part; what has left and what has not is known to all who ask."""

import uuid
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.test import Client
from django.urls import reverse
from wagtail.log_actions import registry as log_registry

from shop import audit
from shop.catalogue.models import Variant
from shop.checkout import cancellation, refunding, settlement
from shop.checkout.refunding import Wish, refund_order
from shop.checkout.tracking import timeline
from shop.inventory import operations as inventory
from shop.inventory.models import Reservation
from shop.orders import contents, emails, parcels
from shop.orders import operations as orders
from shop.orders.models import Fulfilment, Order, OrderLine
from shop.orders.print_desk import address_of
from shop.orders.shipping_file import look, read, ship
from shop.orders.timeline import moments
from shop.outbox import mails
from shop.outbox.models import Job
from shop.payments import operations as payments
from shop.payments.models import Refund
from shop.payments.providers import PROVIDERS
from shop.payments.providers.base import RefundSnapshot
from shop.returns import operations as returns
from shop.returns.listing import returnable
from shop.returns.models import Return
from tests.checkout.world import NOW, fill_cart, place, sell
from tests.orders.helpers import LATER, paid_order, pay, placed_order, refund, somebody
from tests.payments.helpers import says
from tests.returns.world import ask

pytestmark = pytest.mark.django_db

CHECKS = [
    *audit.stock.CHECKS,
    *audit.orders.CHECKS,
    *audit.refunds.CHECKS,
    *audit.returns.CHECKS,
    *audit.history.CHECKS,
]
WHO = {"actor": "packer@etalase.example", "now": LATER}
BY = {"carrier": "JNE", "tracking_number": "A1", "tracking_url": ""}


@pytest.fixture
def order() -> Order:
    """Three mugs and a cup, paid; ten of each were on the shelf."""
    cart = fill_cart(sell("MUG", stock=10), sell("CUP", stock=10))
    from shop.cart import operations as carts

    carts.add(cart=cart, sku="MUG", quantity=2, now=NOW)
    return pay(place(cart))


@pytest.fixture(autouse=True)
def books():
    """The books add up after each of these stories."""
    yield
    assert [finding for finding in audit.audit(now=NOW, checks=CHECKS) if finding.breaches] == []


@pytest.fixture
def packer(client: Client) -> Client:
    client.force_login(somebody("Fulfilment"))
    return client


def line(order: Order, sku: str = "MUG") -> OrderLine:
    return order.lines.get(sku=sku)


def part(order: Order, **units: int) -> dict[int, int]:
    return {line(order, sku).pk: quantity for sku, quantity in units.items()}


def pack(order: Order, **units: int) -> Fulfilment:
    return parcels.pack(order_id=order.pk, units=part(order, **units) or None, **WHO)


def ship_part(order: Order, number: str = "A1", **units: int) -> Fulfilment:
    by = {**BY, "tracking_number": number}
    return parcels.ship(order_id=order.pk, units=part(order, **units) or None, **by, **WHO)


def now(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


def shelf(sku: str = "MUG") -> tuple[int, int]:
    item = Variant.objects.get(sku=sku).stock_item
    return item.on_hand, item.reserved


def inside(parcel: Fulfilment) -> dict[str, int]:
    return parcels.units_of(parcel)


# --- packing and shipping ------------------------------------------------------------------------


def test_a_part_leaves_and_the_rest_stays_promised(order):
    parcel = ship_part(order, MUG=2)
    assert (now(order).state, inside(parcel), parcel.position) == ("processing", {"MUG": 2}, 1)
    assert shelf("MUG") == (8, 1)
    assert shelf("CUP") == (10, 1)
    assert [(r.quantity, r.state) for r in Reservation.objects.filter(order_line__sku="MUG")] == [(1, "firm")]


def test_the_order_is_shipped_when_its_last_unit_leaves(order):
    ship_part(order, "A1", MUG=2)
    ship_part(order, "A2", MUG=1)
    assert now(order).state == "processing"
    ship_part(order, "A3")
    assert now(order).state == "shipped"
    assert [inside(one) for one in order.fulfilments.all()] == [{"MUG": 2}, {"MUG": 1}, {"CUP": 1}]
    assert shelf("MUG") == (7, 0)
    assert shelf("CUP") == (9, 0)


def test_packing_moves_no_stock_and_shipping_the_parcel_does(order):
    parcel = pack(order)
    assert (shelf("MUG"), now(order).state, inside(parcel)) == ((10, 3), "processing", {"MUG": 3, "CUP": 1})
    assert contents.is_packed(now(order))
    parcels.ship_parcel(parcel_id=parcel.pk, **BY, **WHO)
    assert (shelf("MUG"), now(order).state) == ((7, 0), "shipped")


def test_all_of_an_order_that_is_packed_leaves_in_its_parcel(order):
    parcel = pack(order)
    assert ship_part(order) == parcel
    assert order.fulfilments.get().tracking_number == "A1"


def test_all_of_an_order_in_several_parcels_has_no_one_number(order):
    pack(order, MUG=1)
    for _further in range(2):
        with pytest.raises(parcels.SeveralParcels):
            ship_part(order)
        if contents.standing(now(order))[0].left:
            pack(order)
    assert not order.fulfilments.filter(shipped_at__isnull=False).exists()
    assert shelf("MUG") == (10, 3)


def test_unpacked_it_is_to_be_packed_again(order):
    parcel = pack(order, MUG=2)
    parcels.unpack(parcel_id=parcel.pk, **WHO)
    assert not order.fulfilments.exists()
    assert inside(pack(order)) == {"MUG": 3, "CUP": 1}
    with pytest.raises(parcels.ParcelGone):
        parcels.unpack(parcel_id=parcel.pk, **WHO)


@pytest.mark.parametrize("units", [{"MUG": 4}, {"MUG": -1}, {"MUG": 1, "CUP": 2}])
def test_more_than_is_to_be_sent_is_refused(order, units):
    for act in (pack, ship_part):
        with pytest.raises(parcels.TooMany):
            act(order, **units)
    assert not Fulfilment.objects.exists()
    assert shelf("MUG") == (10, 3)


def test_what_is_packed_is_not_packed_again(order):
    pack(order)
    with pytest.raises(parcels.NothingToPack):
        pack(order)
    with pytest.raises(parcels.TooMany):
        pack(order, MUG=1)
    assert Fulfilment.objects.count() == 1


def test_nothing_chosen_is_no_parcel(order):
    with pytest.raises(parcels.NothingToPack):
        pack(order, MUG=0)
    assert not Fulfilment.objects.exists()


def test_only_what_is_paid_is_packed(order):
    with pytest.raises(orders.IllegalMove):
        pack(placed_order("JUG"))
    Order.objects.filter(pk=order.pk).update(payment_status="failed")
    with pytest.raises(orders.NotPaid):
        pack(order)
    assert not Fulfilment.objects.exists()
    Order.objects.filter(pk=order.pk).update(payment_status="paid")


def test_a_form_sent_twice_is_one_parcel(order):
    key = uuid.uuid4()
    made = {parcels.ship(order_id=order.pk, units=part(order, MUG=1), key=key, **BY, **WHO).pk for _click in range(3)}
    assert len(made) == 1
    assert shelf("MUG") == (9, 2)


def test_a_parcel_that_has_left_cannot_leave_or_be_unpacked_again(order):
    parcel = ship_part(order, MUG=1)
    for act in (
        lambda: parcels.ship_parcel(parcel_id=parcel.pk, **BY, **WHO),
        lambda: parcels.unpack(parcel_id=parcel.pk, **WHO),
    ):
        with pytest.raises(parcels.ParcelGone):
            act()
    assert shelf("MUG") == (9, 2)


def test_a_short_shelf_stops_what_is_on_it_and_nothing_else(order):
    mugs = Variant.objects.get(sku="MUG").stock_item
    inventory.count(stock_item=mugs, counted=1, actor="test", now=NOW)
    orders.flag_short(stock_item_id=mugs.pk, now=NOW)
    with pytest.raises(inventory.OutOfStock):
        ship_part(order, MUG=2)
    assert not Fulfilment.objects.exists()
    ship_part(order, MUG=1, CUP=1)
    assert (shelf("MUG"), shelf("CUP")) == ((0, 2), (9, 0))


# --- the table keeps it --------------------------------------------------------------------------


def refused(statement: str, match: str) -> None:
    with pytest.raises(IntegrityError, match=match), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_table_refuses_more_in_parcels_than_is_to_be_sent(order):
    pack(order)
    refused("UPDATE shop_fulfilmentline SET quantity = 4", "4 units in parcels, 3 are to be sent")
    refused("UPDATE shop_orderline SET dropped = 1 WHERE sku = 'MUG'", "3 units in parcels, 2 are to be sent")
    other = paid_order("JUG")
    refused(f"UPDATE shop_fulfilmentline SET line_id = {line(other, 'JUG').pk} WHERE quantity = 3", "another order")


def test_the_table_keeps_what_has_left(order):
    ship_part(order)
    for statement in (
        "DELETE FROM shop_fulfilmentline",
        "UPDATE shop_fulfilmentline SET quantity = 1",
        "UPDATE shop_fulfilment SET shipped_at = now()",
        "UPDATE shop_fulfilment SET position = 7",
    ):
        refused(statement, "has left")


def test_the_table_knows_no_parcel_that_left_without_a_carrier(order):
    pack(order)
    refused("UPDATE shop_fulfilment SET shipped_at = now()", "fulfilment_leaves_with_carrier")
    refused("UPDATE shop_fulfilment SET tracking_number = 'A1'", "fulfilment_leaves_with_carrier")


# --- who asks what has left ----------------------------------------------------------------------


def wish(order: Order, **what: Any) -> None:
    values = {"key": uuid.uuid4(), "reason": "sold out", **what}
    refund_order(payment_id=order.payments.get().pk, wish=Wish(**values), actor="finance", now=LATER)


def submit(order: Order) -> None:
    """The provider makes the refund that waits."""
    asked = Refund.objects.get(payment__order=order, state="created")
    said = RefundSnapshot(f"re_{asked.pk}", asked.amount, "succeeded", str(asked.key))
    with patch.object(PROVIDERS["stripe"], "refund", return_value=said):
        settlement.submit_refund(refund_id=asked.pk, now=LATER)


def test_taken_out_of_a_partly_shipped_order_goes_what_is_still_here(order):
    ship_part(order, MUG=2)
    mug = line(order).pk
    wish(order, units={mug: 1}, restock=[mug])
    assert (shelf("MUG"), line(order).dropped) == ((8, 0), 1)
    assert now(order).state == "processing"  # the cup is here


def test_when_nothing_else_is_sent_the_order_is_shipped(order):
    ship_part(order, MUG=3)
    cup = line(order, "CUP").pk
    wish(order, units={cup: 1}, restock=[cup])
    assert now(order).state == "shipped"
    assert shelf("CUP") == (10, 0)
    assert moments(order)[-1].note == "the rest is not sent"


def test_what_stays_and_what_comes_back_in_one_refund(order):
    ship_part(order, MUG=2)
    mug = line(order).pk
    wish(order, units={mug: 3}, restock=[mug])
    assert (shelf("MUG"), line(order).dropped) == ((10, 0), 1)  # two back on the shelf, one never left


def test_what_is_packed_is_unpacked_before_it_is_taken_out(order):
    parcel = pack(order, MUG=2)
    mug = line(order).pk
    with pytest.raises(refunding.StillPacked):
        wish(order, units={mug: 2}, restock=[mug])
    wish(order, units={mug: 1}, restock=[mug])
    parcels.unpack(parcel_id=parcel.pk, **WHO)
    wish(order, units={mug: 2}, restock=[mug])
    assert shelf("MUG") == (10, 0)
    assert now(order).state == "processing"


def test_all_that_is_here_may_be_taken_out_once_something_has_left(order):
    ship_part(order, CUP=1)
    with pytest.raises(cancellation.TooLate):
        cancellation.cancel(order_id=order.pk, reason="staff", **WHO)
    mug = line(order).pk
    wish(order, units={mug: 3}, restock=[mug])
    assert now(order).state == "shipped"


def test_a_customer_cannot_stop_what_is_packed_and_staff_can(order):
    pack(order, MUG=1)
    with pytest.raises(cancellation.TooLate):
        cancellation.cancel(order_id=order.pk, reason="customer", **WHO)
    assert Fulfilment.objects.count() == 1
    assert cancellation.cancel(order_id=order.pk, reason="staff", **WHO)
    assert (now(order).state, Fulfilment.objects.count(), shelf("MUG")) == ("cancelled", 0, (10, 0))


def money_goes_back(order: Order, how: str) -> None:
    """All that is left of it: by its units, as an amount that names none, or because the payer's bank took it."""
    if how == "units":
        wish(order)
        submit(order)
    elif how == "amount":
        refund(order)
    else:
        payment = order.payments.get()
        with patch.object(payments, "fetch", return_value=says(payment, "reversed", captured=payment.captured)):
            settlement.settle(payment_id=payment.pk, source="webhook", now=LATER)


@pytest.mark.parametrize("how", ["units", "amount", "dispute"])
def test_what_cannot_follow_since_the_money_is_gone_is_kept_here(order, how):
    ship_part(order, MUG=2)
    pack(order, CUP=1)
    with pytest.raises(cancellation.NoRest):
        cancellation.cancel_rest(order_id=order.pk, **WHO)
    money_goes_back(order, how)
    with pytest.raises(orders.NotPaid):
        ship_part(order, MUG=1)
    with pytest.raises(cancellation.TooLate):
        cancellation.cancel(order_id=order.pk, reason="staff", **WHO)
    cancellation.cancel_rest(order_id=order.pk, **WHO)
    assert (now(order).state, order.fulfilments.count()) == ("shipped", 1)
    assert (shelf("MUG"), shelf("CUP")) == ((8, 0), (10, 0))
    with pytest.raises(cancellation.NoRest):
        cancellation.cancel_rest(order_id=order.pk, **WHO)


def test_what_came_back_before_the_money_was_gone_still_adds_up(order):
    ship_part(order, MUG=2)
    mug = line(order).pk
    wish(order, units={mug: 3}, restock=[mug])
    submit(order)
    money_goes_back(order, "units")
    cancellation.cancel_rest(order_id=order.pk, **WHO)
    assert (now(order).state, shelf("MUG"), shelf("CUP")) == ("shipped", (10, 0), (10, 0))


def test_an_order_of_which_nothing_has_left_is_cancelled_as_a_whole(order):
    refund(order)
    with pytest.raises(cancellation.NoRest):
        cancellation.cancel_rest(order_id=order.pk, **WHO)
    assert cancellation.cancel(order_id=order.pk, reason="staff", **WHO)
    assert shelf("MUG") == (10, 0)


def test_the_desk_offers_it_once_the_money_is_gone(order, packer):
    ship_part(order, MUG=3)
    assert door("cancel_rest", order) not in packer.get(door("inspect", order)).content.decode()
    refund(order)
    assert door("cancel_rest", order) in packer.get(door("inspect", order)).content.decode()
    for _press in range(2):
        packer.post(door("cancel_rest", order))
    assert (now(order).state, shelf("CUP")) == ("shipped", (10, 0))
    assert log_registry.get_logs_for_instance(order).filter(action="shop.cancel_rest").count() == 1


def test_only_what_has_left_can_be_sent_back(order):
    ship_part(order, MUG=2)
    pack(order)
    here = returnable(now(order))
    assert here.units == {line(order).pk: 2}
    assert here.until is not None
    with pytest.raises(returns.NotReturnable):
        ask(order, 3, now=LATER)


def test_the_table_refuses_a_return_of_what_is_only_packed(order):
    parcels.pack(order_id=order.pk, **WHO)
    back = Return.objects.create(number="RT-1", key=uuid.uuid4(), order=order, created_at=LATER, moved_at=LATER)
    values = f"{back.pk}, {line(order).pk}, 1, 'other', 0, ''"
    refused(
        f"INSERT INTO shop_returnline (rma_id, line_id, quantity, reason, value, outcome) VALUES ({values})",
        "1 units in returns, 0 were shipped",
    )
    back.delete()


# --- what people read ----------------------------------------------------------------------------


def letter(order: Order, parcel: Fulfilment) -> Any:
    key = f"test/{parcel.pk}"
    return mails.render(emails.letter(now(order), "shipped", key, parcel.pk), None)


def test_each_parcel_has_its_letter_and_the_letter_names_what_is_in_it(order):
    first, second = ship_part(order, "A1", MUG=2), ship_part(order, "A2")
    keys = Job.objects.filter(key__startswith="mail/shipped/").order_by("pk").values_list("key", flat=True)
    assert list(keys) == [f"mail/shipped/{order.number}", f"mail/shipped/{order.number}/2"]
    told = letter(order, first)
    assert told.subject == f"A parcel of order {order.number} is on its way"
    for text in (told.text, told.html):
        assert "A1" in text
        assert "A2" not in text
    assert "In this parcel:\n2 x Mug" in told.text
    assert "With it, all of your order has left." in letter(order, second).text


def test_the_first_letter_says_what_is_still_to_come(order):
    text = letter(order, ship_part(order, MUG=2)).text
    assert "In this parcel:\n2 x Mug\n" in text
    assert "Still to come; we write again when it leaves:\n1 x Mug\n1 x Cup\n" in text


def test_a_whole_order_reads_as_before(order):
    told = letter(order, ship_part(order))
    assert told.subject == f"Order {order.number} is on its way"
    assert "In this parcel" not in told.text


def test_the_shopper_sees_each_parcel(order, client):
    ship_part(order, MUG=2)
    told = [(one.title, one.note, one.state) for one in timeline(now(order))]
    assert told[2:4] == [
        ("Parcel 1 is with the courier", "JNE A1: 2 × Mug", "done"),
        ("The rest is packed in Yogyakarta", "Usually within two days.", "now"),
    ]
    page = client.get(reverse("checkout:order", args=[order.number, order.token])).content.decode()
    assert "A part of it is on its way." in page
    ship_part(order, "A2")
    told = [(one.title, one.state) for one in timeline(now(order))]
    assert told[2:] == [
        ("Packed", "done"),
        ("Parcel 1 is with the courier", "done"),
        ("Parcel 2 is with the courier", "now"),
        ("At your door", ""),
    ]


def test_the_shopper_sees_that_it_is_packed(order):
    pack(order)
    assert ("Packed", "now") in [(one.title, one.state) for one in timeline(now(order))]


def test_staffs_timeline_tells_each_step(order):
    parcels.unpack(parcel_id=pack(order, CUP=1).pk, **WHO)
    ship_part(order, MUG=1)
    ship_part(order, "A2")
    told = [(one.title, one.note) for one in moments(order)][-4:]
    assert told == [
        ("Packed", "parcel 1: 1 × CUP"),
        ("Unpacked", "parcel 1: 1 × CUP"),
        ("Partly shipped", "JNE A1; parcel 1: 1 × MUG"),
        ("Shipped", "JNE A2"),
    ]


def test_papers_are_of_what_is_to_be_packed_and_of_each_parcel(order, packer):
    pack(order, MUG=2)
    response = packer.get(address_of("picking", [order.pk]))
    assert [(pick.sku, pick.quantity) for pick in response.context["picks"]] == [("CUP", 1), ("MUG", 1)]
    slips = packer.get(address_of("slips", [order.pk]))
    assert [[(one.sku, n) for one, n in sheet["lines"]] for sheet in slips.context["sheets"]] == [
        [("MUG", 2)],
        [("MUG", 1), ("CUP", 1)],
    ]
    assert f"{order.number}, parcel 1" in slips.content.decode()


# --- the desk ------------------------------------------------------------------------------------


def door(name: str, subject: Any) -> str:
    return reverse(f"orders:{name}", args=[subject.pk])


def test_the_desk_ships_a_part_and_a_second_press_ships_no_more(order, packer):
    form = packer.get(door("ship", order)).context["form"]
    data = {**BY, "key": str(form["key"].value()), f"units_{line(order).pk}": "2", f"units_{line(order, 'CUP').pk}": ""}
    packer.post(door("ship", order), data)
    again = packer.post(door("ship", order), data, follow=True)  # two mugs are more than is left by now
    assert "sent before" in str(list(again.context["messages"])[-1])
    assert [inside(one) for one in order.fulfilments.all()] == [{"MUG": 2}]
    entry = log_registry.get_logs_for_instance(order).get()
    assert (entry.action, entry.data["units"]) == ("shop.ship_order", {"MUG": 2})
    page = packer.get(door("inspect", order)).content.decode()
    assert "partly shipped" in page
    assert door("ship", order) in page


def test_what_was_not_seen_does_not_go_into_the_parcel(order, packer):
    mugs = pack(order, MUG=3)
    seen = packer.get(door("ship", order)).context["form"]
    data = {**BY, **{field.html_name: str(field.value()) for field in seen.hidden_fields()}}
    assert list(seen.choices) == []
    parcels.unpack(parcel_id=mugs.pk, **WHO)
    packer.post(door("ship", order), data)
    assert inside(order.fulfilments.get()) == {"CUP": 1}


def test_what_somebody_has_packed_meanwhile_does_not_leave_in_its_place(order, packer):
    pack(order)
    answer = packer.post(door("ship", order), {**BY, f"units_{line(order).pk}": "1"}, follow=True)
    assert "Nothing to do here" in str(list(answer.context["messages"])[-1])
    assert order.fulfilments.get().shipped_at is None


def test_a_form_of_another_order_is_no_error(order, packer):
    other = paid_order("JUG")
    key = str(uuid.uuid4())
    for one in (order, other):
        packer.post(door("pack", one), {"key": key})
    assert [one.fulfilments.count() for one in (order, other)] == [1, 1]


@pytest.mark.parametrize(("mugs", "cups"), [("4", "0"), ("-1", "0"), ("0", "0"), ("two", "1")])
def test_what_cannot_be_in_a_parcel_is_said_beside_its_field(order, packer, mugs, cups):
    data = {**BY, f"units_{line(order).pk}": mugs, f"units_{line(order, 'CUP').pk}": cups}
    response = packer.post(door("ship", order), data)
    assert list(response.context["form"].errors) == [f"units_{line(order).pk}"]
    assert not Fulfilment.objects.exists()


def test_packed_at_the_desk_then_shipped_or_unpacked_there(order, packer):
    packer.post(door("pack", order), {f"units_{line(order).pk}": "3", f"units_{line(order, 'CUP').pk}": "0"})
    mugs = order.fulfilments.get()
    page = packer.get(door("inspect", order)).content.decode()
    assert door("ship_parcel", mugs) in page
    packer.post(door("ship_parcel", mugs), BY)
    assert now(order).state == "processing"
    packer.post(door("pack", order), {})
    cup = order.fulfilments.get(position=2)
    assert door("pack", order) not in packer.get(door("inspect", order)).content.decode()
    packer.post(door("unpack", cup))
    assert order.fulfilments.count() == 1
    actions = [entry.action for entry in log_registry.get_logs_for_instance(order).order_by("pk")]
    assert actions == ["shop.pack_order", "shop.ship_order", "shop.pack_order", "shop.unpack_order"]


def test_a_parcel_that_is_gone_is_no_error(order, packer):
    parcel = pack(order)
    parcels.ship_parcel(parcel_id=parcel.pk, **BY, **WHO)
    for name in ("ship_parcel", "unpack"):
        response = packer.post(door(name, parcel), BY, follow=True)
        assert "Nothing to do here" in str(list(response.context["messages"])[-1])
    assert order.fulfilments.count() == 1


def test_many_are_packed_at_once_and_others_are_left_out(order, packer):
    cup, unpaid = paid_order("JUG"), placed_order("VASE")
    bulk = reverse("wagtail_bulk_action", args=["shop", "order", "pack"])
    address = f"{bulk}?id={order.pk}&id={cup.pk}&id={unpaid.pk}"
    assert "left out" in packer.get(address).content.decode()
    assert not Fulfilment.objects.exists()
    response = packer.post(address + f"&next={reverse('orders:index')}", follow=True)
    told = [str(message) for message in response.context["messages"]]
    assert f"Not to be packed: {unpaid.number}" in told[0]
    assert "2 orders are packed." in told[1]
    assert {one.order_id for one in Fulfilment.objects.all()} == {order.pk, cup.pk}
    assert log_registry.get_logs_for_instance(cup).get().action == "shop.pack_order"


def test_the_list_says_and_filters_how_far_an_order_is(order, packer):
    packed, waiting = paid_order("JUG"), paid_order("VASE")
    ship_part(order, MUG=1)
    pack(packed)

    def shown(value: str) -> list[str]:
        response = packer.get(reverse("orders:index"), {"parcels": value})
        return [one.number for one in response.context["object_list"]]

    assert (shown("packed"), shown("part"), shown("none")) == ([packed.number], [order.number], [waiting.number])
    text = packer.get(reverse("orders:index")).content.decode()
    for word in ("partly shipped", "packed", "to be packed"):
        assert word in text
    assert [o.number for o in packer.get(reverse("orders:index"), {"q": "a1"}).context["object_list"]] == [order.number]


def test_who_packs(order, client):
    for role, may in (("Finance", False), ("Editor", False), ("Fulfilment", True)):
        client.force_login(somebody(role))
        client.post(door("pack", order), {})
        client.post(reverse("wagtail_bulk_action", args=["shop", "order", "pack"]) + f"?id={order.pk}")
        assert Fulfilment.objects.exists() is may, role


# --- from a file ---------------------------------------------------------------------------------


def from_file(*rows: str) -> list[tuple[str, str]]:
    looked = look(read(("order,carrier,tracking,parcel\n" + "\n".join(rows)).encode()))
    return [(row.outcome, row.why) for row in (ship(one, **WHO) for one in looked)]


def test_a_file_names_one_of_several_parcels(order):
    pack(order, MUG=2)
    pack(order)
    assert from_file(f"{order.number},JNE,A1,") == [
        ("refused", "It is in several parcels: name one in a column “parcel”.")
    ]
    assert from_file(f"{order.number},JNE,A1,1", f"{order.number},JNE,A2,2") == [("shipped", ""), ("shipped", "")]
    assert {one.tracking_number: inside(one) for one in order.fulfilments.all()} == {
        "A1": {"MUG": 2},
        "A2": {"MUG": 1, "CUP": 1},
    }
    assert now(order).state == "shipped"


def test_a_file_ships_the_one_parcel_or_what_is_left(order):
    ship_part(order, MUG=1)
    assert from_file(f"{order.number},JNE,A7,") == [("shipped", "")]
    assert now(order).state == "shipped"
    packed = paid_order("JUG")
    parcel = pack(packed)
    assert from_file(f"{packed.number},JNE,A8,") == [("shipped", "")]
    parcel.refresh_from_db()
    assert parcel.tracking_number == "A8"


def test_a_file_with_a_parcel_twice_or_unknown_is_refused_there(order):
    pack(order)
    outcomes = from_file(f"{order.number},JNE,A1,9", f"{order.number},JNE,A1,1", f"{order.number},JNE,A1,1")
    assert [outcome for outcome, _why in outcomes] == ["refused", "shipped", "refused"]


def test_a_review_is_asked_for_after_the_last_parcel(order, settings):
    from shop.reviews import requests

    ship_part(order, MUG=1)
    later = LATER + timedelta(days=5)
    parcels.ship(order_id=order.pk, **BY, actor="packer", now=later)
    wait = timedelta(days=settings.REVIEW_ASKED_AFTER_DAYS)
    assert requests.ask_buyers(now=LATER + wait) == 0
    assert requests.ask_buyers(now=later + wait) == 1
