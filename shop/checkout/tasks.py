from celery import shared_task
from django.utils import timezone

from shop.checkout import emails, reconciliation, reminders, settlement
from shop.checkout.models import CheckoutDraft
from shop.orders.models import Order
from shop.outbox import mails
from shop.payments.models import Payment, Refund


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


@shared_task(name="checkout.submit_refund")
def submit_refund(refund_id: int) -> None:
    settlement.submit_refund(refund_id=refund_id, now=timezone.now())


@shared_task(name="checkout.sweep_refunds")
def sweep_refunds() -> None:
    settlement.sweep_refunds(now=timezone.now())


@shared_task(name="checkout.send_refund_mail")
def send_refund_mail(refund_id: int, mail_key: str) -> None:
    refund = Refund.objects.select_related("payment__order").get(pk=refund_id)
    mails.deliver(emails.refund_letter(refund, mail_key), now=timezone.now())


@shared_task(name="checkout.ask_for_account")
def ask_for_account(refund_id: int, mail_key: str) -> None:
    refund = Refund.objects.select_related("payment__order", "account").get(pk=refund_id)
    if letter := emails.account_letter(refund, mail_key):
        mails.deliver(letter, now=timezone.now())


@shared_task(name="checkout.send_account_noted")
def send_account_noted(refund_id: int, mail_key: str) -> None:
    refund = Refund.objects.select_related("payment__order", "account").get(pk=refund_id)
    if letter := emails.account_noted_letter(refund, mail_key):
        mails.deliver(letter, now=timezone.now())


@shared_task(name="checkout.report_ledger")
def report_ledger() -> None:
    reconciliation.report_daily(now=timezone.now())


@shared_task(name="checkout.send_how_to_pay")
def send_how_to_pay(payment_id: int, mail_key: str) -> None:
    payment = Payment.objects.select_related("order").get(pk=payment_id)
    if letter := emails.payment_letter(payment, mail_key):
        mails.deliver(letter, now=timezone.now())


@shared_task(name="checkout.remind_unpaid")
def remind_unpaid() -> None:
    reminders.remind_unpaid(now=timezone.now())


@shared_task(name="checkout.send_received")
def send_received(order_id: int, mail_key: str) -> None:
    if letter := emails.received_letter(Order.objects.get(pk=order_id), mail_key):
        mails.deliver(letter, now=timezone.now())


@shared_task(name="checkout.send_reminder")
def send_reminder(payment_id: int, mail_key: str) -> None:
    payment, now = Payment.objects.select_related("order").get(pk=payment_id), timezone.now()
    if letter := emails.reminder_letter(payment, mail_key, now=now):
        mails.deliver(letter, now=now)


@shared_task(name="checkout.remind_of_carts")
def remind_of_carts() -> None:
    reminders.remind_of_carts(now=timezone.now())


@shared_task(name="checkout.send_cart_reminder")
def send_cart_reminder(draft_id: int, mail_key: str) -> None:
    now, draft = timezone.now(), CheckoutDraft.objects.select_related("cart").filter(pk=draft_id).first()
    if draft and reminders.may_remind(draft, now=now):
        mails.deliver(emails.cart_letter(draft, mail_key, now=now), now=now)
