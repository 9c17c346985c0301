"""What Alice has bought: mugs that arrived a week ago, one of them with a chip. She has asked to send it back."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction

from shop.cart import operations as carts
from shop.cart.listing import look
from shop.checkout import settlement
from shop.checkout.operations import Details, place_order
from shop.customers.models import User
from shop.demo.source import PICTURES
from shop.orders import operations as orders
from shop.orders import parcels
from shop.orders.models import Order
from shop.payments.models import Payment
from shop.payments.providers.base import Snapshot
from shop.returns.models import ReturnLine
from shop.returns.operations import Wanted, request_return
from shop.reviews.photos import develop

GOODS = {"TIDE-MUG-INDIGO-250": 2, "LONTAR-NOTEBOOK-CLAY-RULED": 1}
ADDRESS = {
    "name": "Alice Hartono",
    "line1": "Jl. Prawirotaman 31",
    "line2": "",
    "city": "Yogyakarta",
    "region": "YO",
    "postcode": "55153",
    "country": "ID",
    "phone": "",
}
WORDS = "One of the two mugs came with a chip at its rim. The other one is lovely, I keep it."
CARRIER, NUMBER = "JNE", "CGK0042751180"


@transaction.atomic
def load_orders(now: datetime) -> int:
    """One order that arrived, with a return that waits to be decided; none without Alice, or where she has bought before."""
    alice = User.objects.filter(email="alice@example.com").first()
    if alice is None or alice.orders.exists():
        return 0
    order = _paid(_placed(alice, now - timedelta(days=9)), now - timedelta(days=9))
    parcel: dict[str, Any] = {"carrier": CARRIER, "tracking_number": NUMBER, "tracking_url": ""}
    parcels.ship(order_id=order.pk, **parcel, actor="packer@example.com", now=now - timedelta(days=8))
    orders.mark_delivered(order_id=order.pk, actor="packer@example.com", now=now - timedelta(days=6))
    _ask(order, now - timedelta(days=1))
    return 1


def _placed(alice: User, then: datetime) -> Order:
    cart = carts.open_cart(currency="IDR", owner=alice)
    for sku, quantity in GOODS.items():
        carts.add(cart=cart, sku=sku, quantity=quantity, now=then)
    details = Details(
        email=alice.email,
        address=ADDRESS,
        delivery_code="jne",
        language="en",
        provider="midtrans",
        payment_kind="transfer",
        user=alice,
    )
    seen = look(cart, now=then, language="en", country="ID", region="YO", delivery_code="jne")
    assert seen.totals.total is not None, "the demo delivers to Indonesia"
    return place_order(cart=cart, details=details, expected_total=seen.totals.total, key=uuid4(), now=then)


def _paid(order: Order, then: datetime) -> Order:
    """As if its bank transfer had come. No provider knows of it, so none is asked later."""
    payment = order.payments.get()
    payment.provider_ref = f"demo-{payment.reference}"
    payment.save(update_fields=["provider_ref"])
    said = Snapshot(
        provider_ref=payment.provider_ref,
        reference=payment.reference,
        state=Payment.State.CAPTURED,
        amount=payment.amount,
        currency=payment.currency,
        captured=payment.amount,
        raw_status="settlement",
        method="bca_va",
    )
    settlement.book(payment, said, "webhook", then)
    Payment.objects.filter(pk=payment.pk).update(next_check_at=None)
    return Order.objects.get(pk=order.pk)


def _ask(order: Order, then: datetime) -> None:
    mugs = order.lines.order_by("position")[0]
    path = PICTURES / "tide-mug--indigo.jpg"
    with path.open("rb") as file:
        photo = develop(file, size=path.stat().st_size)
    wanted = [Wanted(mugs.pk, 1, ReturnLine.Reason.DAMAGED)]
    request_return(order_id=order.pk, key=uuid4(), wanted=wanted, words=WORDS, photos=[photo], now=then)
