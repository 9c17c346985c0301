"""What Celery calls: each task is one operation, or one letter."""

from celery import shared_task
from django.utils import timezone

from shop.outbox import mails
from shop.wishlist import asks, drops, emails
from shop.wishlist.models import PriceLetter, StockAsk


@shared_task(name="wishlist.follow_stock")
def follow_stock(stock_item_ids: list[int]) -> None:
    asks.follow_stock(stock_item_ids=stock_item_ids, now=timezone.now())


@shared_task(name="wishlist.tell_waiting", ignore_result=True)
def tell_waiting() -> None:
    asks.tell_waiting(now=timezone.now())


@shared_task(name="wishlist.write_price_letters", ignore_result=True)
def write_price_letters() -> None:
    drops.write_price_letters(now=timezone.now())


@shared_task(name="wishlist.delete_old", ignore_result=True)
def delete_old() -> None:
    asks.delete_old(now=timezone.now())


@shared_task(name="wishlist.send_confirm")
def send_confirm(ask_id: int, mail_key: str) -> None:
    """Of an ask that was confirmed or taken back meanwhile there is nothing to send."""
    now = timezone.now()
    if ask := StockAsk.objects.select_related("variant").filter(pk=ask_id, confirmed_at=None).first():
        mails.deliver(emails.confirm_ask(ask, key=mail_key, now=now), now=now)


@shared_task(name="wishlist.send_back")
def send_back(ask_id: int, mail_key: str) -> None:
    now = timezone.now()
    if ask := StockAsk.objects.select_related("variant").filter(pk=ask_id).first():
        mails.deliver(emails.back_in_stock(ask, key=mail_key, now=now), now=now)


@shared_task(name="wishlist.send_price_drop")
def send_price_drop(letter_id: int, mail_key: str) -> None:
    now = timezone.now()
    letter = PriceLetter.objects.select_related("wishlist__owner").filter(pk=letter_id).first()
    written = emails.price_drop(letter, key=mail_key, now=now) if letter else None
    if written:
        mails.deliver(written, now=now)
