"""Which promotions there are at an instant, read for the pure functions of `pricing`, and prices as they reduce them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.utils.crypto import salted_hmac

from shop.catalogue.pricing import Price, prices_at
from shop.money import Money
from shop.promotions import reads
from shop.promotions.models import Promotion
from shop.promotions.pricing import Amounts, Offer, Reason, Step, WhyNot, reduce_price
from shop.promotions.reads import Asker, Facts

CATALOGUE, CART = Promotion.Kind.CATALOGUE, Promotion.Kind.CART


@dataclass(frozen=True)
class Customer:
    """Whoever buys: known by account, by e-mail address, by both, or (in the cart of a guest) not yet."""

    user_id: int | None = None
    email: str = ""

    @property
    def email_hash(self) -> str:
        """Keyed, so that a table of uses is no table of addresses; empty without an address."""
        return salted_hmac("shop.promotions.customer", normal(self.email)).hexdigest() if self.email else ""

    @property
    def asker(self) -> Asker:
        """As the statement wants it: an order has the address as it was written."""
        written = (self.email.strip().lower(), normal(self.email)) if self.email else ()
        return Asker(self.user_id, self.email_hash, written)


NOBODY = Customer()


def normal(email: str) -> str:
    """One person's address, however it is written: "Alice+shop@Example.com" is alice@example.com."""
    name, _, host = email.strip().casefold().rpartition("@")
    return f"{name.partition('+')[0]}@{host}" if name else host


def normal_code(text: str) -> str:
    """A code as it is kept: " welcome10 " is WELCOME10. What no code can be becomes empty."""
    code = text.strip().upper()
    return code if len(code) <= 40 and code.isascii() and code.replace("-", "").isalnum() else ""


def catalogue_prices(
    prices: Mapping[int, Price], product_of: Mapping[int, int], *, currency: str, at: datetime
) -> dict[int, Price]:
    """`prices` ({variant id: Price} at `at`) as the catalogue promotions reduce them; `was` keeps the higher price.

    `product_of`: {variant id: product id}. One query.
    """
    if not prices:
        return {}
    return reduce_prices(prices, product_of, offers_at([CATALOGUE], set(product_of.values()), currency=currency, at=at))


def charged_prices(product_of: Mapping[int, int], currency: str, at: datetime) -> dict[int, Price]:
    """{variant id: Price} that a shopper pays at `at`, reduced where something reduces it."""
    return catalogue_prices(prices_at(list(product_of), currency, at), product_of, currency=currency, at=at)


def reduce_prices(
    prices: Mapping[int, Price], product_of: Mapping[int, int], offers: Sequence[Offer]
) -> dict[int, Price]:
    """As catalogue_prices, by `offers` that are known already; those of other kinds among them do not count."""
    reducing = [offer for offer in offers if offer.kind == CATALOGUE]
    return {pk: _reduce(price, product_of[pk], reducing) for pk, price in prices.items()}


def _reduce(price: Price, product_id: int, offers: Sequence[Offer]) -> Price:
    now = reduce_price(price.now, product_id, offers)
    return replace(price, now=now, was=price.was or price.now) if now < price.now else price


def offers_at(
    kinds: Collection[str],
    product_ids: Collection[int],
    *,
    currency: str,
    at: datetime,
    code: str = "",
    customer: Customer = NOBODY,
) -> list[Offer]:
    """The promotions of these kinds that run at `at`, with what they say about `product_ids`; and that of `code`, which may
    not count any more and then says why. One statement.
    """
    code = normal_code(code)
    rows = reads.running(kinds, product_ids, currency=currency, at=at, code=code, asker=customer.asker)
    return [offer_of(row, currency, at) for row in rows]


def offer_of(row: Facts, currency: str, at: datetime) -> Offer:
    """A row of `reads` for the pure functions; with the coupon that opens it, if one does."""
    if row.kind != Promotion.Kind.COUPON:  # it had codes once
        row = row._replace(coupon_id=None, code=None, coupon_active=None, coupon_limit=None)
    offer = Offer(
        promotion_id=row.id,
        name=row.name,
        kind=row.kind,
        effect=row.effect,
        percent=row.percent or Decimal(0),
        buy=row.buy or 0,
        get=row.get or 0,
        amounts=_amounts(row, currency),
        steps=tuple(Step(Money(minimum, currency), percent) for minimum, percent in row.tiers),
        products=None if row.in_scope is None else frozenset(row.in_scope),
        priority=row.priority,
        exclusive=row.exclusive,
        code=row.code or "",
        coupon_id=row.coupon_id,
    )
    reason = _time(row, at) or _currency(offer, row) or _uses(row)
    starts = row.starts_at if reason == Reason.NOT_YET else None
    return replace(offer, obstacle=offer.why_not(reason, starts=starts)) if reason else offer


def _amounts(row: Facts, currency: str) -> Amounts:
    def money(amount: Decimal | None) -> Money | None:
        return None if amount is None else Money(amount, currency)

    left = None if row.budget is None else max(row.budget - row.spent, Decimal(0))
    return Amounts(money(row.amount_off), money(row.minimum), money(row.cap), budget_left=money(left))


def _time(row: Facts, at: datetime) -> Reason | None:
    if not row.active or row.coupon_active is False:
        return Reason.OFF
    if at < row.starts_at:
        return Reason.NOT_YET
    return Reason.OVER if row.ends_at and row.ends_at <= at else None


def _currency(offer: Offer, row: Facts) -> Reason | None:
    """With amounts in any currency it holds in those that have some; an amount off and tiers need their own."""
    lacking = (offer.effect == "fixed" and not offer.amounts.amount_off) or (
        offer.effect == "tiered" and not offer.steps
    )
    return Reason.OTHER_CURRENCY if lacking or (row.has_terms and not row.is_here) else None


def _uses(row: Facts) -> Reason | None:
    if row.limit_total is not None and row.uses >= row.limit_total:
        return Reason.USED_UP
    if row.coupon_limit is not None and row.coupon_uses >= row.coupon_limit:
        return Reason.USED_UP
    if row.ordered:
        return Reason.NOT_FIRST
    return Reason.USED_BY_YOU if row.each_customer is not None and row.uses_here >= row.each_customer else None


def unknown_code(code: str) -> WhyNot:
    return WhyNot(Reason.UNKNOWN, code=code)
