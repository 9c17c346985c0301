"""Many prices at once: what each would become, and setting them as they were looked at, all or none."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from shop.catalogue import operations as catalogue
from shop.catalogue.models import PriceWindow
from shop.catalogue.refusals import CatalogueError
from shop.merchandising.locks import lock_variants
from shop.money import quantum
from shop.outbox import operations as outbox

MOST = 500  # variants at once: one transaction sets them all


@dataclass(frozen=True)
class Rounding:
    """To the nearest multiple of `step`, less `less`: step 1 less 0.01 gives 23.99, 24.99 ..."""

    name: str
    step: Decimal
    less: Decimal
    label: object

    def fits(self, currency: str) -> bool:
        """Whether it makes amounts that the currency can be paid in, and differs from no rounding at all."""
        coin = quantum(currency)
        return not (self.step % coin or self.less % coin)


def _rounding(name: str, step: str, less: str, label: object) -> Rounding:
    return Rounding(name, Decimal(step), Decimal(less), label)


ROUNDINGS = {
    one.name: one
    for one in (
        _rounding("5c", "0.05", "0", _("to 0.05")),
        _rounding("99c", "1", "0.01", _("to end in .99")),
        _rounding("95c", "1", "0.05", _("to end in .95")),
        _rounding("1", "1", "0", _("to 1")),
        _rounding("5", "5", "0", _("to 5")),
        _rounding("10", "10", "0", _("to 10")),
        _rounding("100", "100", "0", _("to 100")),
        _rounding("1000", "1000", "0", _("to 1 000")),
        _rounding("900", "1000", "100", _("to end in 900")),
        _rounding("10000", "10000", "0", _("to 10 000")),
    )
}


@dataclass(frozen=True)
class Change:
    """`percent` or `amount` on top of each price (below zero: less), then rounded. `keeps_former`: shown beside it."""

    percent: Decimal | None = None
    amount: Decimal | None = None
    rounding: str = ""
    keeps_former: bool = False

    def of(self, price: Decimal, currency: str) -> Decimal:
        """What `price` becomes; never below the smallest coin."""
        raised = price * (100 + self.percent) / 100 if self.percent is not None else price + (self.amount or 0)
        return rounded(raised, currency, ROUNDINGS.get(self.rounding))


def rounded(amount: Decimal, currency: str, rounding: Rounding | None) -> Decimal:
    """Half up to the rule, at least one step of it above zero; to the smallest coin without one."""
    step, less = (rounding.step, rounding.less) if rounding else (quantum(currency), Decimal(0))
    steps = ((amount + less) / step).quantize(Decimal(1), ROUND_HALF_UP)
    return max(steps, Decimal(1)) * step - less


@dataclass(frozen=True)
class NewPrice:
    """What a variant's own price (its window at the time asked for) becomes; `instead_of` is shown struck through."""

    before: Decimal
    after: Decimal
    instead_of: Decimal | None

    @property
    def changes(self) -> bool:
        return self.before != self.after


class PricesMoved(CatalogueError):
    message = _("Prices have changed since you looked: look at what would become of them now.")


class TooMany(CatalogueError):
    message = _("These are too many at once: choose fewer.")


def plan(*, variant_ids: Collection[int], currency: str, change: Change, at: datetime) -> dict[int, NewPrice]:
    """{variant: NewPrice} of those that have a price of their own in `currency` at `at`. One statement."""
    windows = PriceWindow.objects.filter(variant__in=variant_ids, currency=currency, valid__contains=at)
    return {window.variant_id: _become(window, change) for window in windows}


def _become(window: PriceWindow, change: Change) -> NewPrice:
    after = change.of(window.amount, window.currency)
    former = window.compare_at or window.amount
    keeps = former if change.keeps_former else window.compare_at
    return NewPrice(window.amount, after, keeps if keeps is not None and keeps > after else None)


@transaction.atomic
def reprice(
    *,
    variant_ids: Collection[int],
    currency: str,
    change: Change,
    starts: datetime | None,
    ends: datetime | None,
    looked_at: Mapping[int, NewPrice],
    actor: str,
    now: datetime,
) -> int:
    """Set what `plan` says, from `starts` (now when None) until `ends` (None: for good); returns how many prices changed.

    `looked_at` is the plan that somebody agreed to: when another one would be carried out now, PricesMoved is raised and
    nothing is written. Raises TooMany, InvalidPrice and PriceInThePast too.
    """
    if len(variant_ids) > MOST:
        raise TooMany
    variants = lock_variants(variant_ids)
    planned = plan(variant_ids=list(variants), currency=currency, change=change, at=starts or now)
    if planned != dict(looked_at):
        raise PricesMoved
    changing = {pk: price for pk, price in planned.items() if price.changes}
    for pk, price in changing.items():
        catalogue.set_price(
            variant=variants[pk],
            currency=currency,
            amount=price.after,
            compare_at=price.instead_of,
            starts=starts,
            ends=ends,
            actor=actor,
            now=now,
        )
    said = {
        "prices": len(changing),
        "currency": currency,
        "percent": _text(change.percent),
        "amount": _text(change.amount),
    }
    outbox.record(actor=actor, action="price.bulk", subject="prices", before={}, after=said, now=now)
    return len(changing)


def _text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)
