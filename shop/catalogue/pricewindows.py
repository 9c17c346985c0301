"""Prices over time. Rows are history: they are added, and only their end moves; an overtaken plan becomes an empty time.

A trigger on the table refuses everything else, see migration 0006.
"""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext_lazy as _

from shop.catalogue.models import Currency, PriceWindow, Variant
from shop.catalogue.refusals import CatalogueError
from shop.customers.models import User
from shop.money import TOO_MUCH, quantum
from shop.outbox import operations as outbox


class InvalidPrice(CatalogueError):
    """Zero or less, too much, finer than the currency, not below what it is compared with, or for no time at all."""

    field = "amount"

    def __init__(self, message: object) -> None:
        super().__init__(message)
        self.message = message


class PriceInThePast(CatalogueError):
    field, message = "starts", _("What has been charged stays as it was: choose a time from now on.")


@transaction.atomic
def set_price(
    *,
    variant: Variant,
    currency: str,
    amount: Decimal,
    compare_at: Decimal | None = None,
    starts: datetime | None = None,
    ends: datetime | None = None,
    actor: str,
    now: datetime,
) -> PriceWindow:
    """Charge `amount` (major units of `currency`) from `starts` (now when None) until `ends` (exclusive; None: for good).

    Windows that it meets give way: a running one ends when the new one starts, and what was planned for after `ends`
    goes on after it. Asking for the price that already holds changes nothing. Returns the window that holds at `starts`.
    Raises InvalidPrice and PriceInThePast.
    """
    starts = starts or now
    _refuse(currency, amount, compare_at, starts, ends, now)
    Variant.objects.select_for_update(no_key=True, of=("self",)).get(pk=variant.pk)
    when = DateTimeTZRange(starts, ends)
    met = list(PriceWindow.objects.filter(variant=variant, currency=currency, valid__overlap=when))
    if len(met) == 1 and _holds(met[0], when, amount, compare_at):
        return met[0]
    before = {currency: [_words(window) for window in met]}
    tails = [tail for window in met if (tail := _give_way(window, when))]
    person = User.objects.filter(email=actor).first()
    window = PriceWindow.objects.create(
        variant=variant, currency=currency, amount=amount, compare_at=compare_at, valid=when, created_by=person
    )
    PriceWindow.objects.bulk_create(tails)
    for moment in filter(None, (starts, ends)):
        outbox.stale("product", variant.product_id, now=now, due_at=moment)
    outbox.record(
        actor=actor,
        action="price.set",
        subject=f"variant:{variant.sku}",
        before=before,
        after={currency: [_words(window)]},
        now=now,
    )
    return window


def _refuse(currency, amount, compare_at, starts, ends, now) -> None:
    if not Currency.objects.filter(code=currency).exists():
        raise InvalidPrice(_("The shop does not sell in this currency."))
    if not 0 < amount < TOO_MUCH or amount % quantum(currency):
        raise InvalidPrice(_("Give an amount above zero that can be paid in this currency."))
    if compare_at is not None and compare_at <= amount:
        raise InvalidPrice(_("The price it is compared with must be higher."))
    if starts < now:
        raise PriceInThePast
    if ends is not None and ends <= starts:
        raise InvalidPrice(_("It must end after it starts."))


def _holds(window: PriceWindow, when: DateTimeTZRange, amount: Decimal, compare_at: Decimal | None) -> bool:
    """Whether `window` already charges this for all of `when`."""
    covers = window.valid.lower <= when.lower and (
        window.valid.upper is None or (when.upper is not None and when.upper <= window.valid.upper)
    )
    return covers and (window.amount, window.compare_at) == (amount, compare_at)


def _give_way(window: PriceWindow, when: DateTimeTZRange) -> PriceWindow | None:
    """End `window` where `when` starts (an empty time if it has not begun); the unsaved rest of it after `when`, if any."""
    lower, upper = window.valid.lower, window.valid.upper
    began = lower < when.lower
    window.valid = DateTimeTZRange(lower, when.lower) if began else DateTimeTZRange(empty=True)
    window.save(update_fields=["valid"])
    if when.upper is None or (upper is not None and upper <= when.upper):
        return None
    return PriceWindow(
        variant_id=window.variant_id,
        currency=window.currency,
        amount=window.amount,
        compare_at=window.compare_at,
        valid=DateTimeTZRange(when.upper, upper),
        source=window.source,
        created_by_id=window.created_by_id,
    )


def _words(window: PriceWindow) -> dict:
    lower, upper = window.valid.lower, window.valid.upper
    return {
        "amount": str(window.amount),
        "compare_at": window.compare_at and str(window.compare_at),
        "from": lower and lower.isoformat(),
        "until": upper and upper.isoformat(),
    }
