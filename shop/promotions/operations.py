"""What happens to promotions: kept by people, redeemed by orders. A use is a row, taken under lock, given back by state."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Max, Sum
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from shop.outbox import operations as outbox
from shop.promotions import reads
from shop.promotions.listing import Customer, normal_code
from shop.promotions.locks import lock_coupons, lock_promotion, lock_promotions
from shop.promotions.models import Coupon, Promotion, Redemption
from shop.promotions.pricing import Discount
from shop.promotions.reads import Asker, Facts
from shop.sql import insert

State = Redemption.State
LEGIBLE = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # without what is misread: I L O 0 1
MOST_CODES = 10_000


class PromotionError(Exception):
    """Base of what the promotions refuse. `field` and `message` are for whoever fills in a form."""

    field: str | None = None
    message: Any = ""

    def __init__(self, message: Any = "", field: str | None = None) -> None:
        super().__init__(message or self.message)
        self.message, self.field = message or self.message, field or self.field


class UsedUp(PromotionError):
    """Somebody was quicker: a limit or a budget does not allow one more use. Nothing has been taken."""


class BelowUse(PromotionError):
    """A limit or budget below what has been used already would make the past wrong."""


class CodeTaken(PromotionError):
    field, message = "code", _("This code exists already.")


class NotByCode(PromotionError):
    field, message = "promotion", _("This promotion does not start with a code.")


class StillUsed(PromotionError):
    message = _("It has been used, so it stays for the books. Switch it off instead.")


# --- uses ----------------------------------------------------------------------------------------


def _insist_on_transaction() -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("promotions are redeemed in the transaction of what uses them")


def redeem(*, uses: Sequence[Discount], order_number: str, customer: Customer, now: datetime) -> list[Redemption]:
    """Reserve these discounts' promotions and codes for an order. `amount` of each is what came off in the end.

    The last lock of its transaction, held until that ends. Raises UsedUp; nothing is taken then.
    """
    _insist_on_transaction()
    rows = [
        Redemption(
            promotion_id=use.promotion_id or 0,  # a discount of no promotion breaks the key
            coupon_id=use.coupon_id,
            order_number=order_number,
            user_id=customer.user_id,
            email_hash=customer.email_hash,
            currency=use.amount.currency.code,
            amount=use.amount.amount,
            reserved_at=now,
        )
        for use in uses
    ]
    _refuse_beyond_limits(rows, customer.asker)
    return insert(rows)


def confirm(*, order_number: str, now: datetime) -> None:
    """The order is paid: its uses are final. Doing it again changes nothing."""
    rows = Redemption.objects.filter(order_number=order_number, state=State.RESERVED)
    rows.update(state=State.CONFIRMED, settled_at=now)


def release(*, order_number: str, now: datetime) -> None:
    """The order will not be: give its uses back."""
    rows = Redemption.objects.filter(order_number=order_number, state__in=Redemption.LIVE)
    rows.update(state=State.RELEASED, settled_at=now)


def take_back(*, order_number: str, now: datetime) -> None:
    """An order that was cancelled lives again, paid: use anew what it had given back. Raises UsedUp."""
    _insist_on_transaction()
    rows = list(Redemption.objects.filter(order_number=order_number, state=State.RELEASED))
    if rows:
        _refuse_beyond_limits(rows, Asker(rows[0].user_id, rows[0].email_hash))  # an order has one customer
    Redemption.objects.filter(pk__in=[row.pk for row in rows]).update(state=State.CONFIRMED, settled_at=now)


def _refuse_beyond_limits(rows: Sequence[Redemption], asker: Asker) -> None:
    """Lock what may run out, count anew under the lock, refuse what would exceed it. `asker`: whose uses they are.

    An order has one currency and at most one code, so one statement counts all of it.
    """
    by_promotion = {row.promotion_id: row for row in rows}
    coupons = lock_coupons(row.coupon_id for row in rows if row.coupon_id)
    scarce = {promotion.pk for promotion in lock_promotions(by_promotion)} | {code.promotion_id for code in coupons}
    if not scarce:
        return
    code = coupons[0].code if coupons else ""
    for facts in reads.named(scarce, [], currency=rows[0].currency, code=code, asker=asker):
        _refuse(facts, by_promotion[facts.id].amount)


def _refuse(facts: Facts, amount: Any) -> None:
    if facts.coupon_limit is not None and facts.coupon_uses >= facts.coupon_limit:
        raise UsedUp(facts.code)
    if facts.limit_total is not None and facts.uses >= facts.limit_total:
        raise UsedUp(facts.name)
    if facts.each_customer is not None and facts.uses_here >= facts.each_customer:
        raise UsedUp(facts.name)
    if facts.budget is not None and facts.spent + amount > facts.budget:
        raise UsedUp(facts.name)


def _live(**which: Any) -> Any:
    return Redemption.objects.filter(state__in=Redemption.LIVE, **which)


def _spent(live: Any, currency: str) -> Any:
    return live.filter(currency=currency).aggregate(sum=Sum("amount"))["sum"] or 0


# --- what people keep ----------------------------------------------------------------------------


@transaction.atomic
def keep_promotion(*, promotion: Promotion, scope: dict[str, Iterable[Any]], actor: str, now: datetime) -> Promotion:
    """Save a promotion with its amounts and tiers (set on it already), and what it is for.

    `scope` is {"products": ..., "categories": ..., "collections": ...}; what is not named stays.
    Prices that it reduces, or reduced before, are shown anew; also when it starts and when it ends.
    Raises BelowUse when a limit or budget is less than what has been used.
    """
    before = _words(lock_promotion(promotion.pk)) if promotion.pk else {}
    was = Promotion.objects.get(pk=promotion.pk) if promotion.pk else None
    if was:
        _refuse_below_use(promotion)
        _mark_stale(was, now)
    promotion.save()
    for name, chosen in scope.items():
        getattr(promotion, name).set(chosen)
    _mark_stale(promotion, now)
    _record(promotion, "promotion.keep", before, _words(promotion), actor, now)
    return promotion


def _refuse_below_use(promotion: Promotion) -> None:
    live = _live(promotion=promotion.pk)
    if promotion.limit_total is not None and live.count() > promotion.limit_total:
        raise BelowUse(_("It has been used %(n)d times already.") % {"n": live.count()}, "limit_total")
    if promotion.each_customer is not None and _most_by_one(live) > promotion.each_customer:
        raise BelowUse(_("Somebody has used it more often already."), "limit_per_customer")
    for terms in promotion.terms.all():
        if terms.budget is not None and _spent(live, terms.currency) > terms.budget:
            raise BelowUse(_("More than the budget in %(currency)s is spent.") % {"currency": terms.currency})


def _most_by_one(live: Any) -> int:
    def most(key: str, rows: Any) -> int:
        return rows.order_by().values(key).annotate(n=Count("pk")).aggregate(most=Max("n"))["most"] or 0

    return max(most("email_hash", live.exclude(email_hash="")), most("user_id", live.exclude(user=None)))


@transaction.atomic
def switch(*, promotion: Promotion, on: bool, actor: str, now: datetime) -> Promotion:
    """Switch a promotion on or off, at once."""
    promotion = lock_promotion(promotion.pk)
    if promotion.active != on:
        promotion.active = on
        promotion.save(update_fields=["active"])
        _mark_stale(promotion, now)
        _record(promotion, "promotion.switch", {"active": not on}, {"active": on}, actor, now)
    return promotion


@transaction.atomic
def delete_promotion(*, promotion: Promotion, actor: str, now: datetime) -> None:
    """Delete a promotion that nobody has used, with its codes. Raises StillUsed."""
    promotion = lock_promotion(promotion.pk)
    if promotion.redemptions.exists():
        raise StillUsed
    _mark_stale(promotion, now)
    _record(promotion, "promotion.delete", _words(promotion), {}, actor, now)
    promotion.delete()


def _mark_stale(promotion: Promotion, now: datetime) -> None:
    """Have what shows the prices of its things computed anew: now, when it starts and when it ends."""
    if promotion.kind != Promotion.Kind.CATALOGUE:
        return
    moments = [when for when in (promotion.starts_at, promotion.ends_at) if when and when > now]
    for due_at in [None, *moments]:
        if promotion.scope == Promotion.Scope.ALL:
            outbox.stale("everything", now=now, due_at=due_at)
            continue
        kind = {"products": "product", "categories": "category", "collections": "collection"}[promotion.scope]
        refs = list(getattr(promotion, promotion.scope).values_list("pk", flat=True))
        if refs:
            outbox.stale(kind, *refs, now=now, due_at=due_at)


# --- codes ---------------------------------------------------------------------------------------


@transaction.atomic
def add_coupon(
    *, promotion: Promotion, code: str, limit: int | None = None, batch: str = "", actor: str, now: datetime
) -> Coupon:
    """A code of your own choice for a promotion that starts with one. Raises CodeTaken and NotByCode."""
    _refuse_kind(promotion)
    code = normal_code(code)
    if len(code) < 3:
        raise PromotionError(_("Three letters or more: A to Z, digits and hyphens."), "code")
    if Coupon.objects.filter(code=code).exists():
        raise CodeTaken
    try:
        with transaction.atomic():
            coupon = Coupon.objects.create(promotion=promotion, code=code, limit=limit, batch=batch)
    except IntegrityError:
        raise CodeTaken
    _record(promotion, "coupon.add", {}, {"code": code, "limit": limit}, actor, now)
    return coupon


@transaction.atomic
def change_coupon(*, coupon: Coupon, limit: int | None, active: bool, batch: str, actor: str, now: datetime) -> Coupon:
    """Change how often a code may be used, and whether. The code itself stays. Raises BelowUse."""
    used = _live(coupon=coupon).count()
    if limit is not None and used > limit:
        raise BelowUse(_("It has been used %(n)d times already.") % {"n": used}, "limit")
    before = {"code": coupon.code, "limit": coupon.limit, "active": coupon.active, "batch": coupon.batch}
    coupon.limit, coupon.active, coupon.batch = limit, active, batch
    coupon.save(update_fields=["limit", "active", "batch"])
    after = {"code": coupon.code, "limit": limit, "active": active, "batch": batch}
    _record(coupon.promotion, "coupon.change", before, after, actor, now)
    return coupon


@transaction.atomic
def make_codes(
    *, promotion: Promotion, count: int, start: str = "", limit: int = 1, batch: str, actor: str, now: datetime
) -> int:
    """`count` codes that nobody guesses, such as LETTER-7KQM-XW3H-9P, each for `limit` uses. Returns how many.

    Raises NotByCode, and PromotionError for a start that is none or too many at once.
    """
    _refuse_kind(promotion)
    if not 1 <= count <= MOST_CODES:
        raise PromotionError(_("From 1 to %(most)d at once.") % {"most": MOST_CODES}, "count")
    prefix = normal_code(start)
    if (start.strip() and not prefix) or len(prefix) > 20:
        raise PromotionError(_("Up to twenty letters: A to Z, digits and hyphens."), "start")
    codes: set[str] = set()
    while len(codes) < count:
        codes |= {_unguessable(prefix) for _n in range(count - len(codes))}
        codes -= set(Coupon.objects.filter(code__in=codes).values_list("code", flat=True))
    rows = [Coupon(promotion=promotion, code=code, limit=limit, batch=batch) for code in sorted(codes)]
    Coupon.objects.bulk_create(rows, batch_size=1000)
    _record(promotion, "coupon.make", {}, {"count": count, "batch": batch, "limit": limit}, actor, now)
    return count


def _unguessable(prefix: str) -> str:
    """Ten letters of 31: 49 bits, behind a throttled door."""
    letters = get_random_string(10, LEGIBLE)
    return "-".join(filter(None, [prefix.strip("-"), letters[:4], letters[4:8], letters[8:]]))


def _refuse_kind(promotion: Promotion) -> None:
    if promotion.kind != Promotion.Kind.COUPON:
        raise NotByCode


def _words(promotion: Promotion) -> dict[str, Any]:
    """What the audit keeps of a promotion."""
    names = [field.name for field in Promotion._meta.concrete_fields if field.name not in ("id", "created_at")]
    words = {name: str(value) for name in names if (value := getattr(promotion, name)) not in (None, "", False)}
    return words | {
        f"terms.{row.currency}": {
            name: str(value)
            for name in ("amount_off", "minimum", "cap", "budget")
            if (value := getattr(row, name)) is not None
        }
        for row in promotion.terms.all()
    }


def _record(promotion: Promotion, action: str, before: dict, after: dict, actor: str, now: datetime) -> None:
    subject = f"promotion:{promotion.pk}"
    outbox.record(actor=actor, action=action, subject=subject, before=before, after=after, now=now)
