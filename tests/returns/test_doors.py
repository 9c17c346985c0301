"""The customer's doors: who may, what is asked, what is said, and what it looks like when it is wrong."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shop.delivery.models import ReturnPolicy
from shop.orders import operations as orders
from shop.orders.models import Order
from shop.returns import operations as returns
from shop.returns.models import Return
from tests.checkout.world import fill_cart, place, sell
from tests.orders.helpers import pay, send
from tests.reviews.test_reviews import picture

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

AGO = timezone.now() - timedelta(days=4)


@pytest.fixture
def order() -> Order:
    """Two mugs that arrived three days ago."""
    placed = place(fill_cart(sell("MUG", stock=5, now=AGO), quantity=2, now=AGO), now=AGO)
    sent = send(pay(placed, now=AGO), now=AGO)
    orders.mark_delivered(order_id=sent.pk, actor="test", now=AGO + timedelta(days=1))
    return Order.objects.get(pk=sent.pk)


def door(name: str, order: Order, *more: str) -> str:
    return reverse(f"returns:{name}", args=[order.number, order.token, *more])


def page_of(order: Order) -> str:
    return reverse("checkout:order", args=[order.number, order.token])


def filled(order: Order, **typed: object) -> dict:
    pk = order.lines.get().pk
    names = {"units": f"units_{pk}", "reason": f"reason_{pk}"}
    said = {"key": str(uuid.uuid4()), "units": "1", "reason": "damaged", **typed}
    return {names.get(name, name): value for name, value in said.items()}


def asked(client: Client, order: Order, **typed: object) -> Return:
    client.post(door("ask", order), filled(order, **typed))
    return Return.objects.get()


def text(response) -> str:
    return response.content.decode()


def test_the_orders_page_leads_there_until_it_is_too_late(client, order):
    assert door("ask", order) in text(client.get(page_of(order)))
    ReturnPolicy.objects.create(days=1)
    assert door("ask", order) not in text(client.get(page_of(order)))
    answer = client.get(door("ask", order), follow=True)
    assert "The days in which it could be sent back are over." in text(answer)


def test_it_is_asked_for_and_followed(client, order):
    assert "What do you want to send back?" in text(client.get(door("ask", order)))
    answer = client.post(door("ask", order), filled(order, words="<b>Cracked</b>", photos=[picture()]), follow=True)
    back = Return.objects.get()
    assert answer.redirect_chain == [(door("page", order, back.number), 302)]
    for words in ("We have your request.", "&lt;b&gt;Cracked", "It is damaged", "We look at it", back.photos.get().url):
        assert words in text(answer), words
    assert back.number in text(client.get(page_of(order)))
    assert answer.headers["Referrer-Policy"] == "strict-origin"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"units": "0"}, "Say how many of what you want to send back."),
        ({"units": "3"}, "Of Mug you can send back at most 2."),
        ({"units": "x"}, "Of Mug you can send back at most 2."),
        ({"reason": ""}, "Choose why you send Mug back."),
        ({"reason": "robbed"}, "Choose one of the reasons for Mug."),
        ({"photos": "four"}, "Send at most 3 pictures."),
        ({"key": "x"}, "Enter a valid UUID."),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_beside_it_and_nothing_typed_is_lost(client, order, typed, words):
    if "photos" in typed:
        typed = {"photos": [picture() for _ in range(4)]}
    answer = client.post(door("ask", order), filled(order, words="All of it", **typed))
    assert answer.status_code == 422
    assert words in text(answer)
    assert "All of it" in text(answer)
    assert "<title>Error:" in text(answer)
    assert not Return.objects.exists()


def test_pressed_twice_it_is_one_return(client, order):
    data = filled(order)
    first, again = (client.post(door("ask", order), data) for _ in range(2))
    assert first.headers["Location"] == again.headers["Location"]
    assert Return.objects.count() == 1


def test_what_somebody_else_has_asked_for_meanwhile_is_not_lost(client, order):
    data = filled(order, units="2")
    asked(client, order)
    answer = client.post(door("ask", order), data)
    assert answer.status_code == 422
    assert Return.objects.count() == 1


def test_without_the_link_there_is_nothing(client, order):
    back = asked(client, order)
    for name, more in (("ask", ()), ("page", (back.number,)), ("slip", (back.number,)), ("withdraw", (back.number,))):
        assert client.get(door(name, order, *more).replace(order.token, "x" * 32)).status_code == 404
    assert client.get(door("page", order, "RT-0")).status_code == 404


def test_a_return_is_not_shown_below_another_order(client, order):
    back = asked(client, order)
    other = place(fill_cart(sell("CUP", now=AGO), now=AGO), now=AGO)
    assert client.get(door("page", other, back.number)).status_code == 404


def test_too_many_are_held_back(client, order, settings):
    settings.RETURN_LIMIT = (2, 60)
    answers = [client.post(door("ask", order), filled(order, units="0")).status_code for _ in range(3)]
    assert answers == [422, 422, 429]


def test_the_customer_changes_their_mind(client, order):
    back = asked(client, order)
    assert "Keep it after all?" in text(client.get(door("withdraw", order, back.number)))
    assert "you keep it" in text(client.post(door("withdraw", order, back.number), follow=True))
    back.refresh_from_db()
    assert back.state == "withdrawn"
    again = client.post(door("withdraw", order, back.number), follow=True)
    assert "This cannot be changed any more." in text(again)


def test_approved_it_says_how_and_has_a_slip(client, order):
    ReturnPolicy.objects.create(days=30, address="Jl. Kaliurang 12\nYogyakarta", instructions="No plastic, please.")
    back = asked(client, order)
    assert client.get(door("slip", order, back.number)).status_code == 302
    returns.approve(return_id=back.pk, answer="Gladly.", actor="test", now=timezone.now())
    page = text(client.get(door("page", order, back.number)))
    for words in ("Jl. Kaliurang 12<br>Yogyakarta", "No plastic, please.", "Gladly.", door("slip", order, back.number)):
        assert words in page, words
    slip = text(client.get(door("slip", order, back.number)))
    for words in (back.number, "Alice Hartono", "Jl. Kaliurang 12", "MUG", "It is damaged"):
        assert words in slip, words


def test_declined_it_says_why(client, order):
    back = asked(client, order)
    returns.decline(return_id=back.pk, answer="It is worn.", actor="test", now=timezone.now())
    page = text(client.get(door("page", order, back.number)))
    assert "We cannot take it back." in page
    assert "It is worn." in page
