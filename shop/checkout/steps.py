"""The four steps, what each needs, and what is missing."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from shop.cart.listing import CartView
from shop.checkout.models import CheckoutDraft
from shop.customers.addresses import lines_of
from shop.delivery.pricing import DeliveryTerms

ORDER = ("contact", "address", "delivery", "payment")


@dataclass(frozen=True)
class Step:
    name: str
    title: str
    url: str
    current: bool


@dataclass(frozen=True)
class Answer:
    """Something that the shopper has said, and where it can be changed."""

    title: str
    text: str
    url: str


def first_open(draft: CheckoutDraft, methods: list[DeliveryTerms]) -> str:
    """The first step that still needs an answer."""
    if not draft.email:
        return "contact"
    if not draft.address_done or not methods:
        return "address"
    if draft.delivery_code not in [method.code for method in methods]:
        return "delivery"
    return "payment"


def steps(current: str, reachable: str) -> list[Step]:
    """All steps with their addresses up to the `reachable` one."""
    titles = {"contact": _("Contact"), "address": _("Address"), "delivery": _("Delivery"), "payment": _("Payment")}
    last = ORDER.index(reachable)
    return [
        Step(
            name=name,
            title=titles[name],
            url=reverse(f"checkout:{name}") if i <= last else "",
            current=name == current,
        )
        for i, name in enumerate(ORDER)
    ]


def answers(draft: CheckoutDraft, bag: CartView, current: str) -> list[Answer]:
    """What was answered in the steps before `current`."""
    given = []
    before = ORDER[: ORDER.index(current)]
    if "contact" in before:
        given.append(Answer(_("Contact"), draft.email, reverse("checkout:contact")))
    if "address" in before:
        given.append(Answer(_("Send to"), ", ".join(lines_of(draft)), reverse("checkout:address")))
    if "delivery" in before and bag.totals.delivery:
        given.append(Answer(_("Delivery"), bag.totals.delivery.name, reverse("checkout:delivery")))
    return given
