"""What Celery calls: each task is one operation."""

from celery import shared_task
from django.utils import timezone

from shop.account import emails, erasure, exports, retention
from shop.account.models import DataExport, ErasureRequest
from shop.outbox import mails


@shared_task(name="account.send_erasure")
def send_erasure(request_id: int) -> None:
    """Of one that was taken back meanwhile there is nothing to say."""
    request = ErasureRequest.objects.get(pk=request_id)
    if request.is_open:
        mails.deliver(emails.erasure_asked(request), now=timezone.now())


@shared_task(name="account.send_privacy_link")
def send_privacy_link(email: str, language: str, once: str) -> None:
    mails.deliver(emails.privacy_link(email=email, language=language, key=once), now=timezone.now())


@shared_task(name="account.make_export")
def make_export(export_id: int) -> None:
    exports.make(export_id=export_id, now=timezone.now())


@shared_task(name="account.send_export")
def send_export(export_id: int) -> None:
    """Of one that is gone meanwhile there is nothing to say."""
    if one := DataExport.objects.filter(pk=export_id).first():
        mails.deliver(emails.export_ready(one), now=timezone.now())


@shared_task(name="account.erase_due", ignore_result=True)
def erase_due() -> None:
    erasure.erase_due(now=timezone.now())


@shared_task(name="account.let_go", ignore_result=True)
def let_go() -> None:
    retention.let_go(now=timezone.now())
