from celery import shared_task
from django.utils import timezone

from shop.outbox import mails, operations
from shop.outbox.models import Mail


@shared_task(name="outbox.relay", acks_late=False)
def relay() -> None:
    operations.relay(now=timezone.now())


@shared_task(name="outbox.send")
def send(mail_id: int) -> None:
    mails.send(Mail.objects.get(pk=mail_id), now=timezone.now())


@shared_task(name="outbox.heartbeat", acks_late=False)
def heartbeat(queue: str) -> None:
    operations.heartbeat(queue=queue, now=timezone.now())
