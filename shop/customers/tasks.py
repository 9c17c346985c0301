from celery import shared_task
from django.utils import timezone

from shop.customers import consents, emails, operations
from shop.customers.models import ConsentRequest
from shop.outbox import mails


@shared_task(name="customers.delete_old_throttles", ignore_result=True)
def delete_old_throttles() -> None:
    operations.delete_old_throttles(now=timezone.now())


@shared_task(name="customers.send_confirmation")
def send_confirmation(request_id: int) -> None:
    """Of a request that was confirmed or renewed meanwhile there is nothing to send."""
    now = timezone.now()
    if request := ConsentRequest.objects.filter(pk=request_id, expires_at__gt=now).first():
        mails.deliver(emails.confirm_consent(request), now=now)


@shared_task(name="customers.delete_old_requests", ignore_result=True)
def delete_old_requests() -> None:
    consents.delete_old_requests(now=timezone.now())
