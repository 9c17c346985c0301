"""Letters that wait for something not to happen: an order that nobody has paid yet, a number that ends soon, a cart that
was left behind by somebody who asked to be reminded of it."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from shop.cart.models import CartLine
from shop.checkout.models import CheckoutDraft
from shop.customers import consents
from shop.customers.wording import Kind
from shop.orders.models import Order
from shop.outbox import operations as outbox
from shop.payments.models import Payment
from shop.payments.status import FINAL

PENDING = Order.State.PENDING
UNPAID_FOR = timedelta(minutes=10)  # by then, whoever pays at once has paid
LEFT_FOR, FORGOTTEN = timedelta(hours=24), timedelta(days=7)  # a cart is reminded of between the two
NUMBER = "client__instructions__has_key"


def remind_unpaid(*, now: datetime) -> int:
    """Write to those whose payment is missing; returns how many letters are due. Again writes to nobody twice."""
    with transaction.atomic():
        return _write_received(now) + _write_reminders(now)


def _write_received(now: datetime) -> int:
    """Who was given a number to pay has a letter that says so already."""
    given = Payment.objects.filter(**{NUMBER: "number"}).values("order")
    waiting = Order.objects.filter(state=PENDING, placed_at__lte=now - UNPAID_FOR, expires_at__gt=now)
    orders = list(waiting.exclude(pk__in=given).values_list("pk", "number"))
    for order_id, number in orders:
        key = f"order_received/{number}"
        outbox.later("checkout.send_received", key=f"mail/{key}", now=now, order_id=order_id, mail_key=key)
    return len(orders)


def _write_reminders(now: datetime) -> int:
    before = timedelta(hours=settings.PAYMENT_REMINDER_HOURS)
    ending = Payment.objects.filter(
        order__state=PENDING,
        order__placed_at__lte=now - before,  # not right after the letter that had the number
        expires_at__gt=now,
        expires_at__lte=now + before,
        **{NUMBER: "number"},
    ).exclude(state__in=FINAL)
    payments = list(ending.values_list("pk", "reference"))
    for payment_id, reference in payments:
        key = f"payment_reminder/{reference}"
        outbox.later("checkout.send_reminder", key=f"mail/{key}", now=now, payment_id=payment_id, mail_key=key)
    return len(payments)


# --- carts that were left ------------------------------------------------------------------------


def ask_for_reminder(*, draft: CheckoutDraft, page: str, language: str, now: datetime) -> None:
    """Whoever answers the checkout wants to be reminded of this cart, by the address they gave. Saved with the draft."""
    draft.remind_in = language
    consents.consent(email=draft.email, kind=Kind.CART_REMINDER, page=page, language=language, now=now)


def remind_of_carts(*, now: datetime) -> int:
    """Have those written to who left a cart a day ago and wanted to be reminded of it, once for each cart."""
    with transaction.atomic():
        left = list(_left_behind(now).select_for_update(of=("self",), no_key=True, skip_locked=True))
        for draft in left:
            draft.reminded_at = now
            key = f"cart_reminder/{draft.cart_id}"
            outbox.later("checkout.send_cart_reminder", key=f"mail/{key}", now=now, draft_id=draft.pk, mail_key=key)
        CheckoutDraft.objects.bulk_update(left, ["reminded_at"])
    return len(left)


def may_remind(draft: CheckoutDraft, *, now: datetime) -> bool:
    """Whether the reminder is still wanted, and still makes sense: asked right before the letter is written."""
    still_there = CartLine.objects.filter(cart=draft.cart_id).exists() and not _ordered(draft, now)
    return still_there and consents.has_consented(email=draft.email, kind=Kind.CART_REMINDER)


def _left_behind(now: datetime) -> QuerySet[CheckoutDraft]:
    fresh = CartLine.objects.filter(cart=OuterRef("cart"), added_at__gt=now - LEFT_FOR)
    any_line = CartLine.objects.filter(cart=OuterRef("cart"))
    drafts = CheckoutDraft.objects.exclude(remind_in="").filter(reminded_at=None)
    drafts = drafts.filter(updated_at__lte=now - LEFT_FOR, updated_at__gt=now - FORGOTTEN)
    return drafts.filter(Exists(any_line), ~Exists(fresh)).order_by("pk")


def _ordered(draft: CheckoutDraft, now: datetime) -> bool:
    """Whether the same person has ordered meanwhile, with whatever cart."""
    same = Q(email__iexact=draft.email)
    if owner_id := draft.cart.owner_id:
        same |= Q(user=owner_id)
    return Order.objects.filter(same, placed_at__gt=draft.updated_at - LEFT_FOR, placed_at__lte=now).exists()
