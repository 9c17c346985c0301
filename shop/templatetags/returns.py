"""Returns in templates of the order's page and of the orders desk."""

from dataclasses import dataclass
from typing import Any

from django import template

from shop.checkout.tracking import Milestone
from shop.orders.models import Order
from shop.returns.listing import Returnable, open_returns, returnable
from shop.returns.models import Return
from shop.returns.tracking import timeline

register = template.Library()


@dataclass(frozen=True)
class Told:
    back: Return
    events: list[Milestone]


@dataclass(frozen=True)
class Returns:
    """`may_ask`, and until when; and what was asked so far, each with its timeline."""

    may_ask: bool
    here: Returnable
    told: list[Told]


@register.simple_tag(takes_context=True)
def returns_of(context: Any, order: Order) -> Returns:
    """What can be sent back of an order, and what is on its way back.

    {% returns_of order as returns %}{% if returns.may_ask %}...{% endif %}{% for one in returns.told %}...{% endfor %}
    """
    here = returnable(order)
    told = [Told(back, timeline(back)) for back in open_returns(order)]
    return Returns(here.is_open(context["request"].commerce_now), here, told)


@register.simple_tag
def returns_at_desk(order: Order) -> list[Return]:
    """All returns of an order, for staff."""
    return open_returns(order)
