from celery import shared_task
from django.utils import timezone

from shop.outbox import operations


@shared_task(name="outbox.relay", acks_late=False)
def relay() -> None:
    operations.relay(now=timezone.now())
