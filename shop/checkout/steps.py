"""The four steps, what each needs, and what is missing."""

from collections.abc import Sequence
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


def rank(page: str) -> int:
    """How far a page is on the way, from 0. The bill's own address belongs to the step of addresses."""
    return ORDER.index("address" if page == "billing" else page)


def first_open(draft: CheckoutDraft, methods: Sequence[DeliveryTerms]) -> str:
    """The first page that still needs an answer."""
    if not draft.email:
        return "contact"
    if not draft.knows_where or not methods:
        return "address"
    if draft.other_bill and not draft.billing:
        return "billing"
    if draft.delivery_code not in [method.code for method in methods]:
        return "delivery"
    return "payment"


def steps(current: str, reachable: str) -> list[Step]:
    """All steps with their addresses up to the `reachable` one."""
    titles = {"contact": _("Contact"), "address": _("Address"), "delivery": _("Delivery"), "payment": _("Payment")}
    last = rank(reachable)
    return [
        Step(
            name=name,
            title=titles[name],
            url=reverse(f"checkout:{name}") if i <= last else "",
            current=i == rank(current),
        )
        for i, name in enumerate(ORDER)
    ]


def answers(draft: CheckoutDraft, bag: CartView, current: str) -> list[Answer]:
    """What was answered in the steps before `current`."""
    given = []
    before = ORDER[: rank(current)]
    if "contact" in before:
        given.append(Answer(_("Contact"), draft.email, reverse("checkout:contact")))
    if "address" in before:
        given.append(_where(draft))
        if draft.other_bill:
            bill = ", ".join(lines_of(CheckoutDraft(**draft.billing)))
            given.append(Answer(_("Bill to"), bill, reverse("checkout:billing")))
    if "delivery" in before and bag.totals.delivery:
        given.append(Answer(_("Delivery"), bag.totals.delivery.name, reverse("checkout:delivery")))
    return given


def _where(draft: CheckoutDraft) -> Answer:
    url = reverse("checkout:address")
    if draft.collect:
        return Answer(_("Fetched by"), draft.name, url)
    return Answer(_("Send to"), ", ".join(lines_of(draft)), url)
