"""What was paid and paid back. No card data is here; providers' messages name the payer and are emptied."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Q

from shop.customers.personal import Person
from shop.orders.personal import orders_of
from shop.payments.models import Payment, Refund, RefundAccount, WebhookEvent

State = WebhookEvent.State
UNSETTLED = (Refund.State.CREATED, Refund.State.SUBMITTED, Refund.State.PENDING)


def open_refunds(person: Person) -> list[Refund]:
    """Money that is on its way to them."""
    return list(Refund.objects.filter(payment__order__in=orders_of(person), state__in=UNSETTLED))


def export_person(person: Person) -> list[dict[str, Any]]:
    """Without the references by which a provider's desk would find the payer."""
    payments = (
        Payment.objects.filter(order__in=orders_of(person)).select_related("order").prefetch_related("refunds__account")
    )
    return [
        {
            "order": payment.order.number,
            "provider": payment.provider,
            "method": payment.method,
            "state": payment.state,
            "currency": payment.currency,
            "amount": payment.amount,
            "captured": payment.captured,
            "at": payment.created_at,
            "refunds": [
                {"amount": refund.amount, "state": refund.state, "at": refund.created_at, "account": _account(refund)}
                for refund in payment.refunds.all()
            ],
        }
        for payment in payments
    ]


def _account(refund: Refund) -> dict[str, Any] | None:
    told = getattr(refund, "account", None)
    return told and {name: getattr(told, name) for name in ("bank_name", "account_number", "account_holder", "told_at")}


def forget_person(person: Person, *, now: datetime) -> None:
    payments = Payment.objects.filter(order__in=orders_of(person))
    forget_messages(list(payments.values_list("pk", flat=True)), person.emails)
    RefundAccount.objects.filter(refund__payment__in=payments).delete()
    payments.update(client={})


def forget_messages(payment_ids: Collection[int], emails: Collection[str]) -> int:
    """Empty what providers sent about these payments or with these addresses, unless it still waits to be read."""
    named = Q(payment__in=payment_ids)
    for email in emails:
        named |= Q(body__icontains=email)
    return WebhookEvent.objects.filter(named).exclude(state=State.RECEIVED).update(body="")


def empty_old_messages(*, before: datetime, limit: int) -> int:
    """Messages that were dealt with before `before` keep their names, so that none counts twice, and lose their words."""
    dealt_with = WebhookEvent.objects.filter(received_at__lt=before).exclude(state=State.RECEIVED).exclude(body="")
    old = list(dealt_with.order_by("pk").values_list("pk", flat=True)[:limit])
    return WebhookEvent.objects.filter(pk__in=old).update(body="")


def delete_old_accounts(*, before: datetime, limit: int) -> int:
    """Accounts whose refund was sent, or withdrawn, before `before`: a bank that sends money back does so within days."""
    old = RefundAccount.objects.filter(refund__settled_at__lt=before).order_by("pk").values_list("pk", flat=True)
    return RefundAccount.objects.filter(pk__in=list(old[:limit])).delete()[0]
