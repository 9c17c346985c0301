"""The bank account that a refund by hand goes to: asked of the customer, since the way they paid cannot take it back.

It is told by the order's page while such a refund waits, read at the desk by whoever sends it, and in no log.
"""

from dataclasses import asdict, dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from shop.orders import operations as orders
from shop.orders.locks import lock_order
from shop.orders.models import Order
from shop.outbox import operations as outbox
from shop.payments.models import Refund, RefundAccount


class NothingWaits(Exception):
    """No refund of the order waits for a person to send it (any more). Nothing was kept."""


@dataclass(frozen=True)
class Account:
    """`account_number`: capital letters and digits. Prints as nothing, so that no log or traceback can tell."""

    bank_name: str = field(repr=False)
    account_number: str = field(repr=False)
    account_holder: str = field(repr=False)


def waiting(order: Order) -> QuerySet[Refund]:
    """The refunds of an order that a person is to send, oldest first, with what is known of their account."""
    by_hand = Refund.objects.filter(payment__order=order, manual=True, state=Refund.State.CREATED)
    return by_hand.select_related("account", "payment").order_by("pk")


@transaction.atomic
def tell_account(*, order_id: int, account: Account, now: datetime) -> None:
    """Keep where the money is to go, for every refund of the order that waits to be sent; what was told before goes.

    A letter says so, with the end of the number, to whoever ordered: somebody else may hold the link. The same again
    changes nothing. Raises NothingWaits.
    """
    order = lock_order(order_id)  # every move of a refund takes this lock first
    tasks = list(waiting(order))
    if not tasks:
        raise NothingWaits(order.number)
    news = [refund for refund in tasks if _known(refund) != account]
    for refund in news:
        RefundAccount.objects.update_or_create(refund=refund, defaults={**asdict(account), "told_at": now})
    if news:
        event = orders.note(order, "account_told", actor="customer", now=now)
        key = f"refund_account_noted/{order.number}/{event.pk}"
        about = news[-1].pk
        outbox.later("checkout.send_account_noted", key=f"mail/{key}", now=now, refund_id=about, mail_key=key)


def _known(refund: Refund) -> Account | None:
    row = getattr(refund, "account", None)
    return row and Account(row.bank_name, row.account_number, row.account_holder)


def ask_for_account(refund: Refund, now: datetime) -> None:
    """Write to whoever ordered that we need an account to send a new refund by hand to; in the caller's transaction."""
    key = f"refund_account/{refund.payment.order.number}/{refund.pk}"
    outbox.later("checkout.ask_for_account", key=f"mail/{key}", now=now, refund_id=refund.pk, mail_key=key)
