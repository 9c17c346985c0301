"""How a number is paid, in words: what to type where, and until when."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from shop.checkout.tracking import moment
from shop.money import Money
from shop.payments.models import Payment

BANKS = {"bca": "BCA", "bni": "BNI", "bri": "BRI", "cimb": "CIMB Niaga", "permata": "Permata", "mandiri": "Mandiri"}


@dataclass(frozen=True)
class Number:
    """Something to type: `value` is what is copied, `shown` is easier to read."""

    name: str
    value: str

    @property
    def shown(self) -> str:
        """In groups of four."""
        return " ".join(self.value[i : i + 4] for i in range(0, len(self.value), 4))


@dataclass(frozen=True)
class HowToPay:
    title: str
    steps: list[str]
    numbers: list[Number]
    amount: Money
    until: datetime

    @property
    def until_words(self) -> str:
        return moment(self.until)


def has_number(payment: Payment) -> bool:
    """Whether the shopper has been given a number to pay, which is still good."""
    return "number" in payment.client.get("instructions", {})


def how_to_pay(payment: Payment | None) -> HowToPay | None:
    """What somebody with a number has to do; None when there is none to pay."""
    if payment is None or not has_number(payment):
        return None
    told = payment.client["instructions"]
    title, numbers, steps = WORDS[told["kind"]](told)
    return HowToPay(title, steps, numbers, payment.money, payment.expires_at)


Words = tuple[str, list[Number], list[str]]


def _virtual_account(told: dict[str, str]) -> Words:
    bank = {"bank": BANKS.get(told["at"], told["at"].upper())}
    steps = [
        _("Open the app of your bank, or go to a cash machine, and choose virtual account (for %(bank)s).") % bank,
        _("Type the number. The amount and our name appear: check them."),
        _("Confirm. Within a minute or two we know, and write to you."),
    ]
    return _("Pay by %(bank)s virtual account") % bank, [Number(_("Virtual account number"), told["number"])], steps


def _bill(told: dict[str, str]) -> Words:
    numbers = [Number(_("Company code"), told["biller"]), Number(_("Bill number"), told["number"])]
    steps = [
        _("In Livin' by Mandiri or at a cash machine choose Pay, then Multipayment."),
        _("Type the company code, then the bill number, and check the amount."),
        _("Confirm. Within a minute or two we know, and write to you."),
    ]
    return _("Pay by Mandiri bill"), numbers, steps


def _store(told: dict[str, str]) -> Words:
    shop = {"store": told["at"].capitalize()}
    steps = [
        _("Go to any %(store)s and say that you want to pay an online purchase through Midtrans.") % shop,
        _("Show the payment code, and pay the exact amount. The shop may add a small fee."),
        _("Keep the receipt. Within a minute or two we know, and write to you."),
    ]
    return _("Pay at %(store)s") % shop, [Number(_("Payment code"), told["number"])], steps


WORDS = {"va": _virtual_account, "bill": _bill, "store": _store}
