"""An order that nobody has placed, for those who write the words of mails and want to see them."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shop.orders.models import Fulfilment, Order, OrderAddress, OrderLine

LINK = f"{settings.BASE_URL}/"


def sample_order() -> Order:
    """Unsaved, like all that belongs to it."""
    order = Order(
        number=f"{settings.ORDER_NUMBER_PREFIX}10001",
        email="alice@example.com",
        language=get_language() or settings.LANGUAGE_CODE,
        currency="USD",
        subtotal=Decimal("72.00"),
        shipping=Decimal("0.00"),
        tax=Decimal("7.20"),
        total=Decimal("79.20"),
        delivery_name=_("Standard delivery"),
        deliver_from=date(2026, 11, 26),
        deliver_until=date(2026, 12, 2),
        cancel_reason="staff",
    )
    vars(order)["offs"] = list  # discounts are read from the database, which has none of it
    return order


def sample_context() -> dict[str, Any]:
    """What a letter about an order reads; see orders.emails.letter."""
    order = sample_order()
    return {
        "order": order,
        "lines": [
            OrderLine(order=order, quantity=2, title=_("Indigo mug"), options=_("350 ml"), subtotal=Decimal("48.00")),
            OrderLine(order=order, quantity=1, title=_("Woven tray"), subtotal=Decimal("24.00")),
        ],
        "address": OrderAddress(
            name="Alice Hartono",
            line1="418 Alder Street",
            city="Portland",
            region="OR",
            postcode="97205",
            country="US",
        ),
        "parcel": Fulfilment(carrier="JNE", tracking_number="CGK0042"),
        "units": [],
        "is_part": False,
        "to_come": [],
        "order_url": LINK,
        "back": None,
        "by_hand": False,
    }
