"""What Celery calls: each task is one operation."""

from celery import shared_task
from django.utils import timezone

from shop.outbox import mails
from shop.returns import emails
from shop.returns.models import Return


@shared_task(name="returns.send_mail")
def send_mail(return_id: int, kind: str, mail_key: str) -> None:
    back = Return.objects.select_related("order").get(pk=return_id)
    mails.deliver(emails.return_letter(back, kind, mail_key), now=timezone.now())
