"""Address, note and flag of an order that waits: what may be put right, what is refused, and what is told of it."""

import pytest
from django.test import Client
from django.urls import reverse
from wagtail.log_actions import registry as log_registry

from shop.customers.personal import Person
from shop.orders import corrections, personal
from shop.orders import operations as orders
from shop.orders.models import AddressChange, Order
from tests.checkout.world import ADDRESS, NOW
from tests.orders.helpers import LATER, paid_order, placed_order, send, somebody

pytestmark = pytest.mark.django_db

MOVED = {**ADDRESS, "line1": "7 Elm Street", "postcode": "97209"}


@pytest.fixture
def packer(client: Client) -> Client:
    client.force_login(somebody("Fulfilment"))
    return client


def page_of(client: Client, order: Order) -> str:
    return client.get(reverse("orders:inspect", args=[order.pk])).content.decode()


def do(client: Client, action: str, order: Order, /, **form: str):
    return client.post(reverse(f"orders:{action}", args=[order.pk]), form, follow=True)


def kinds(order: Order) -> list[str]:
    return [event.kind for event in order.events.all()]


# --- the address ---------------------------------------------------------------------------------


def test_a_parcel_goes_to_the_new_address_and_the_timeline_tells_both(packer):
    order = paid_order()
    do(packer, "change_address", order, **MOVED)
    assert order.addresses.get().address_values() == MOVED
    assert order.events.last().detail == {"fields": ["line1", "postcode"]}
    text = page_of(packer, order)
    assert "418 Alder Street, Portland, OR 97205" in text.replace("\xa0", " ")
    assert "7 Elm Street, Portland, OR 97209" in text
    assert Order.objects.get().total == order.total
    entry = log_registry.get_logs_for_instance(order).get()
    assert (entry.action, entry.data) == ("shop.change_order_address", {})


def test_the_same_address_again_changes_nothing(packer):
    order = paid_order()
    before = kinds(order)
    do(packer, "change_address", order, **ADDRESS)
    assert kinds(order) == before
    assert not AddressChange.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [({"postcode": "1"}, "postcode"), ({"line1": ""}, "line1"), ({"city": ""}, "city"), ({"country": "GB"}, "country")],
)
def test_the_country_checks_it(packer, change, field):
    order = paid_order()
    response = do(packer, "change_address", order, **MOVED | change)
    assert field in response.context["form"].errors
    assert order.addresses.get().address_values() == ADDRESS


def test_another_state_has_another_tax_and_is_refused_with_words(packer):
    order = paid_order()
    response = do(packer, "change_address", order, **MOVED | {"region": "CA", "city": "Fresno", "postcode": "93650"})
    assert "Cancel this order and have a new one placed" in response.content.decode()
    assert order.addresses.get().address_values() == ADDRESS
    with pytest.raises(corrections.PricedElsewhere):
        corrections.change_address(order_id=order.pk, values=MOVED | {"country": "GB"}, actor="test", now=NOW)


def test_what_has_left_keeps_its_address(packer):
    order = send(paid_order())
    assert reverse("orders:change_address", args=[order.pk]) not in page_of(packer, order)
    response = do(packer, "change_address", order, **MOVED)
    assert "Nothing to do here" in response.content.decode()
    with pytest.raises(corrections.HasLeft):
        corrections.change_address(order_id=order.pk, values=MOVED, actor="test", now=NOW)
    assert order.addresses.get().address_values() == ADDRESS


def test_what_is_fetched_from_us_has_our_address(packer):
    order = paid_order()
    Order.objects.filter(pk=order.pk).update(collected=True)
    do(packer, "change_address", order, **MOVED)
    assert order.addresses.get().address_values() == ADDRESS


def test_earlier_addresses_are_told_and_forgotten_with_the_person(packer):
    order = paid_order()
    corrections.change_address(order_id=order.pk, values=MOVED, actor="test", now=NOW)
    send(order)
    person = Person.guest(order.email)
    assert personal.export_person(person)[0]["addresses_before"] == [ADDRESS]
    personal.forget_person(person, now=LATER)
    assert not AddressChange.objects.exists()
    assert "Elm Street" not in page_of(packer, order)


# --- the note ------------------------------------------------------------------------------------


def test_a_note_is_kept_and_changed_and_its_words_are_nowhere_else(packer):
    order = paid_order()
    do(packer, "note", order, text="Ring twice\r\nblue door")
    order.refresh_from_db()
    assert order.staff_note == "Ring twice\nblue door"
    assert "blue door" in page_of(packer, order)
    do(packer, "note", order, text="Ring twice\nblue door")
    assert kinds(order).count("noted") == 1
    do(packer, "note", order, text="")
    order.refresh_from_db()
    assert order.staff_note == ""
    assert all(event.detail == {} for event in order.events.filter(kind="noted"))
    assert all(entry.data == {} for entry in log_registry.get_logs_for_instance(order))


# --- the flag ------------------------------------------------------------------------------------


def test_flag_for_a_look(packer):
    order = paid_order()
    do(packer, "flag", order, reason="Two of three are cracked")
    order.refresh_from_db()
    assert order.needs_attention == "Two of three are cracked"
    assert order.events.last().actor == "fulfilment@etalase.example"
    do(packer, "flag", order, reason="Something else")
    order.refresh_from_db()
    assert order.needs_attention == "Two of three are cracked"
    assert kinds(order).count("flagged") == 1


def test_a_flag_needs_a_reason(packer):
    order = placed_order()
    assert "reason" in do(packer, "flag", order, reason=" ").context["form"].errors
    assert order.needs_attention == ""


def test_a_flag_that_came_meanwhile_stays():
    order = paid_order()
    orders.flag(order, "paid twice", actor="payments", now=NOW)
    corrections.ask_for_a_look(order_id=order.pk, reason="cracked", actor="test", now=NOW)
    order.refresh_from_db()
    assert order.needs_attention == "paid twice"


# --- who may -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("Fulfilment", True),
        ("Owner", True),
        ("Finance", False),
        ("Editor", False),
        ("Merchandiser", False),
        ("", False),
    ],
)
def test_roles(client, role, may):
    order = paid_order()
    client.force_login(somebody(role))
    do(client, "change_address", order, **MOVED)
    do(client, "note", order, text="ours")
    do(client, "flag", order, reason="odd")
    order.refresh_from_db()
    assert (order.staff_note, order.needs_attention) == (("ours", "odd") if may else ("", ""))
    assert (order.addresses.get().line1 == MOVED["line1"]) is may
    if role == "Finance":
        assert not any(
            reverse(f"orders:{name}", args=[order.pk]) in page_of(client, order) for name in ("note", "flag")
        )
