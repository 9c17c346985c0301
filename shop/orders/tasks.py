from celery import shared_task
from django.utils import timezone

from shop.orders import emails, operations
from shop.orders.models import Order
from shop.outbox import mails


@shared_task(name="orders.send_mail")
def send_mail(order_id: int, kind: str, mail_key: str) -> None:
    order = Order.objects.get(pk=order_id)
    mails.deliver(emails.letter(order, kind, mail_key), now=timezone.now())


@shared_task(name="orders.flag_short")
def flag_short(stock_item_id: int) -> None:
    operations.flag_short(stock_item_id=stock_item_id, now=timezone.now())
