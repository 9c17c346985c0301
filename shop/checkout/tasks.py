from celery import shared_task
from django.utils import timezone

from shop.checkout import settlement


@shared_task(name="checkout.settle_event")
def settle_event(event_id: int) -> None:
    settlement.settle_event(event_id=event_id, now=timezone.now())


@shared_task(name="checkout.sweep_inbox")
def sweep_inbox() -> None:
    settlement.sweep_inbox(now=timezone.now())


@shared_task(name="checkout.reconcile_payments")
def reconcile_payments() -> None:
    settlement.reconcile(now=timezone.now())


@shared_task(name="checkout.expire_orders")
def expire_orders() -> None:
    settlement.expire_orders(now=timezone.now())


@shared_task(name="checkout.fetch_missed_events")
def fetch_missed_events() -> None:
    settlement.fetch_missed(now=timezone.now())
