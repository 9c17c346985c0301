from celery import shared_task
from django.utils import timezone

from shop.orders import emails, operations
from shop.orders.models import Order, OrderEvent
from shop.outbox import mails


@shared_task(name="orders.send_mail")
def send_mail(order_id: int, kind: str, mail_key: str, parcel_id: int | None = None) -> None:
    order = Order.objects.get(pk=order_id)
    if order.forgotten_at:
        return
    mails.deliver(emails.letter(order, kind, mail_key, parcel_id), now=timezone.now())


@shared_task(name="orders.flag_short")
def flag_short(stock_item_id: int) -> None:
    operations.flag_short(stock_item_id=stock_item_id, now=timezone.now())


@shared_task(name="orders.tell_packers")
def tell_packers(order_id: int) -> None:
    operations.write_to_packers(order_id=order_id, now=timezone.now())


@shared_task(name="orders.send_to_packer")
def send_to_packer(order_id: int, to: str, mail_key: str) -> None:
    order = Order.objects.get(pk=order_id)
    mails.deliver(emails.to_packer(order, to=to, key=mail_key), now=timezone.now())


@shared_task(name="orders.tell_flagged")
def tell_flagged(event_id: int) -> None:
    operations.write_of_flag(event_id=event_id, now=timezone.now())


@shared_task(name="orders.send_flagged")
def send_flagged(event_id: int, to: str, mail_key: str) -> None:
    event = OrderEvent.objects.select_related("order").get(pk=event_id)
    mails.deliver(emails.needs_a_look(event.order, event.detail["reason"], to=to, key=mail_key), now=timezone.now())
