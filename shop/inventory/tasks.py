from celery import shared_task
from django.utils import timezone

from shop.inventory import digest, emails, operations
from shop.inventory.models import StockItem
from shop.outbox import mails


@shared_task(name="inventory.tell_low")
def tell_low(stock_item_id: int, left: int, at: str) -> None:
    operations.tell_low(stock_item_id=stock_item_id, left=left, at=at, now=timezone.now())


@shared_task(name="inventory.send_low")
def send_low(stock_item_id: int, left: int, to: str, mail_key: str) -> None:
    item = StockItem.objects.get(pk=stock_item_id)
    mails.deliver(emails.low_stock(item, left=left, to=to, key=mail_key), now=timezone.now())


@shared_task(name="inventory.write_digest", ignore_result=True)
def write_digest() -> None:
    digest.write_digest(now=timezone.now())


@shared_task(name="inventory.send_digest")
def send_digest(to: str, mail_key: str) -> None:
    """With what is low when it is sent; nothing to send when somebody has seen to it meanwhile."""
    now = timezone.now()
    if (low := digest.low_shelves(now=now)).count:
        mails.deliver(emails.stock_digest(low, to=to, key=mail_key), now=now)
