from celery import shared_task
from django.utils import timezone

from shop.checkout import emails, reconciliation, settlement
from shop.outbox import mails
from shop.payments.models import Payment, Refund


@shared_task(name="checkout.settle_event")
def settle_event(event_id: int) -> None:
    settlement.settle_event(event_id=event_id, now=timezone.now())


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


@shared_task(name="checkout.report_ledger")
def report_ledger() -> None:
    reconciliation.report_daily(now=timezone.now())


@shared_task(name="checkout.send_how_to_pay")
def send_how_to_pay(payment_id: int, mail_key: str) -> None:
    payment = Payment.objects.select_related("order").get(pk=payment_id)
    if letter := emails.payment_letter(payment, mail_key):
        mails.deliver(letter, now=timezone.now())
