"""What people, worker and clock do between the cart and the end of an order's money: each step can be cut anywhere.

`before` has happened; `act` is what is cut; `again` is what whoever did it does next: a shopper presses again, a provider
sends again, a worker leaves it to the clock. After `then` and a quarter of an hour with a working worker, the order is
in `state`, and of its money `back` has gone back (everything, of a cancelled order) in so many `refunds`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from shop.inventory import operations as inventory
from shop.inventory.models import StockItem
from shop.payments.models import Payment
from tests.faults.house import House

Act = Callable[[House], object]
BOTH = ("stripe", "midtrans")
ALL = -1


def nothing(house: House) -> None:
    pass


@dataclass(frozen=True)
class Step:
    before: Act
    act: Act
    again: Act = nothing
    then: Act = nothing
    state: str = "processing"
    back: int = 0
    refunds: int = 0
    providers: tuple[str, ...] = BOTH

    def ends_well(self, house: House) -> None:
        """Everything is tried again, and then money and goods agree."""
        self.again(house)
        self.then(house)
        house.heal()
        total = house.order.total
        kept = None if self.back == 0 else Decimal(0) if self.back == ALL else total - self.back
        house.agree(self.state, kept=kept, refunds=self.refunds)


# --- what has happened before ------------------------------------------------------------------------


def placed(house: House) -> None:
    house.place()


def paid_unheard(house: House) -> None:
    """The money is at the provider, and no message has arrived."""
    house.place()
    house.pay()


def paid_and_lost(house: House) -> None:
    """... nor will one."""
    paid_unheard(house)
    house.lose_messages()
    house.later(2)


def told(house: House) -> None:
    paid_unheard(house)
    house.tell()


def confirmed(house: House) -> None:
    told(house)
    house.work()
    house.later(1)
    house.work()


def overdue(house: House) -> None:
    house.place()
    house.later(61)


def overdue_and_paid(house: House) -> None:
    """Paid in the last minute, heard of after the deadline."""
    house.place()
    house.later(29)
    house.pay()
    house.later(32)


def expired(house: House) -> None:
    overdue(house)
    house.work()
    house.later(1)
    house.work()
    assert house.order.state == "cancelled"


def paid_late(house: House) -> None:
    """The provider's end of it was overtaken by the money."""
    expired(house)
    house.bank.pay_late(house.payment)
    house.tell()


def paid_late_and_sold_out(house: House) -> None:
    paid_late(house)
    inventory.count(stock_item=StockItem.objects.get(), counted=1, actor="test", now=timezone.now())
    house.stock = 1


def asked_back(house: House) -> None:
    confirmed(house)
    house.ask_back()


def cancelled_when_paid(house: House) -> None:
    confirmed(house)
    house.cancel()


def refunded_over_there(house: House) -> None:
    confirmed(house)
    house.bank.refund_there(Payment.objects.get(), 4)
    house.tell()


def taken_back(house: House) -> None:
    confirmed(house)
    house.bank.reverse(Payment.objects.get())
    house.tell()


def numbered(house: House) -> None:
    """A number to pay at a bank has been chosen."""
    house.place()
    house.bank.control.choose(house.payment.provider_ref, "bca_va")
    house.tell()


# --- who does what -----------------------------------------------------------------------------------


def pays(house: House) -> None:
    house.pay()
    house.tell()


def pays_the_number(house: House) -> None:
    house.bank.control.pay(house.payment.provider_ref)
    house.tell()


def pays_the_other_way(house: House) -> None:
    house.other.pay(house.payment)


def worker(*tasks: str) -> Act:
    return lambda house: house.run(*tasks)


RELAY = worker("outbox.relay")
SWEEP = worker("checkout.sweep_inbox")
TOLD: Act = lambda house: house.tell()  # noqa: E731 - a table of doers
PRESSES: Act = lambda house: house.press_pay()  # noqa: E731
CANCELS: Act = lambda house: house.cancel()  # noqa: E731
ASKS_BACK: Act = lambda house: house.ask_back()  # noqa: E731
RETURNS: Act = lambda house: house.come_back()  # noqa: E731
SWITCHES: Act = lambda house: house.pay_with(house.other)  # noqa: E731

STEPS = {
    "place": Step(nothing, PRESSES, PRESSES, pays),
    "come back": Step(paid_unheard, RETURNS, RETURNS, TOLD),
    "be told": Step(paid_unheard, TOLD, TOLD),
    "settle": Step(told, SWEEP),
    "look": Step(paid_and_lost, worker("checkout.reconcile_payments")),
    "fetch missed": Step(paid_and_lost, worker("checkout.fetch_missed_events"), providers=("stripe",)),
    "compare": Step(paid_and_lost, worker("checkout.report_ledger")),
    "write": Step(lambda house: (told(house), house.run("checkout.sweep_inbox"), house.later(1)), RELAY),
    "expire": Step(overdue, worker("checkout.expire_orders"), state="cancelled"),
    "expire what was paid": Step(overdue_and_paid, worker("checkout.expire_orders"), then=TOLD),
    "revive": Step(paid_late, SWEEP),
    "send back": Step(paid_late_and_sold_out, SWEEP, state="cancelled", refunds=1),
    "cancel": Step(placed, CANCELS, CANCELS, state="cancelled"),
    "cancel what was paid": Step(confirmed, CANCELS, CANCELS, state="cancelled", refunds=1),
    "return the money": Step(cancelled_when_paid, RELAY, state="cancelled", refunds=1),
    "ask back": Step(confirmed, ASKS_BACK, ASKS_BACK, back=10, refunds=1),
    "refund": Step(asked_back, RELAY, back=10, refunds=1),
    "refunded over there": Step(refunded_over_there, SWEEP, back=4, refunds=1),
    "taken back": Step(taken_back, SWEEP, back=ALL),
    "switch": Step(placed, SWITCHES, SWITCHES, pays_the_other_way, providers=("midtrans",)),
    "number": Step(numbered, SWEEP, then=pays_the_number, providers=("midtrans",)),
}
