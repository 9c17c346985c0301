"""Which promotions there are at an instant, read for the pure functions of `pricing`, and prices as they reduce them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    CharField,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce, JSONObject, Lower
from django.utils.crypto import salted_hmac

from shop.catalogue.pricing import Price, prices_at
from shop.money import Money
from shop.promotions.models import Coupon, Promotion, PromotionTerms, Redemption, Tier
from shop.promotions.pricing import Amounts, Offer, Reason, Step, WhyNot, reduce_price

CATALOGUE, CART = Promotion.Kind.CATALOGUE, Promotion.Kind.CART
LIVE = Redemption.objects.filter(state__in=Redemption.LIVE)


@dataclass(frozen=True)
class Customer:
    """Whoever buys: known by account, by e-mail address, by both, or (in the cart of a guest) not yet."""

    user_id: int | None = None
    email: str = ""

    @property
    def email_hash(self) -> str:
        """Keyed, so that a table of uses is no table of addresses; empty without an address."""
        return salted_hmac("shop.promotions.customer", normal(self.email)).hexdigest() if self.email else ""

    def uses(self) -> Q:
        """The redemptions of this customer, by account or by address."""
        mine = Q(pk__in=[])
        if self.user_id:
            mine |= Q(user_id=self.user_id)
        return mine | Q(email_hash=self.email_hash) if self.email else mine


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
    not count any more and then says why. One query, one more with a code.
    """
    coupon = find_coupon(code) if code else None
    running = Q(active=True, starts_at__lte=at) & (Q(ends_at__isnull=True) | Q(ends_at__gt=at))
    wanted = running & Q(kind__in=kinds)
    if coupon:
        wanted |= Q(pk=coupon.promotion_id)
    rows = facts(Promotion.objects.filter(wanted), product_ids, currency, customer)
    return [offer_of(row, currency, at, coupon if row.kind == Promotion.Kind.COUPON else None) for row in rows]


def find_coupon(code: str) -> Any:
    """The coupon with that code, with `.uses`; None when there is none."""
    uses = LIVE.filter(coupon=OuterRef("pk")).order_by().values("coupon").annotate(n=Count("pk")).values("n")
    return Coupon.objects.filter(code=normal_code(code)).annotate(uses=Coalesce(Subquery(uses), 0)).first()


# Ids of those of the given products that the promotion of the row is for; nothing for one that is for everything.
IN_SCOPE = """
    CASE shop_promotion.scope
    WHEN 'products' THEN ARRAY(
        SELECT s.product_id FROM shop_promotion_products s
         WHERE s.promotion_id = shop_promotion.id AND s.product_id = ANY(%s))
    WHEN 'collections' THEN ARRAY(
        SELECT m.product_id FROM shop_promotion_collections s
          JOIN shop_collectionmember m ON m.collection_id = s.collection_id
         WHERE s.promotion_id = shop_promotion.id AND m.product_id = ANY(%s))
    WHEN 'categories' THEN ARRAY(
        WITH RECURSIVE below(id) AS (
            SELECT s.category_id FROM shop_promotion_categories s WHERE s.promotion_id = shop_promotion.id
            UNION SELECT c.id FROM shop_category c JOIN below b ON c.parent_id = b.id)
        SELECT p.product_id FROM shop_placement p JOIN below b ON b.id = p.category_id WHERE p.product_id = ANY(%s))
    END
"""


def facts(
    promotions: QuerySet[Promotion], product_ids: Collection[int], currency: str, customer: Customer
) -> QuerySet[Promotion]:
    """`promotions` with all that `offer_of` asks for, in one statement. Uses are counted only where there is a limit."""
    ids = list(product_ids)
    live = LIVE.filter(promotion=OuterRef("pk")).order_by().values("promotion")
    terms, tiers = (
        PromotionTerms.objects.filter(promotion=OuterRef("pk")),
        Tier.objects.filter(promotion=OuterRef("pk")),
    )
    names = ("amount_off", "minimum", "cap", "budget")
    spent = live.filter(currency=currency).annotate(sum=Sum("amount")).values("sum")
    return promotions.annotate(
        in_scope=RawSQL(IN_SCOPE, [ids, ids, ids], output_field=ArrayField(BigIntegerField())),  # noqa: S611 - a constant
        has_terms=Exists(terms),
        here=ArraySubquery(terms.filter(currency=currency).values(o=JSONObject(**{n: _text(n) for n in names}))),
        ladder=ArraySubquery(
            tiers.filter(currency=currency)
            .order_by("minimum")
            .values(o=JSONObject(minimum=_text("minimum"), percent=_text("percent")))
        ),
        uses=_if(Q(limit_total__isnull=False), live.annotate(n=Count("pk")).values("n")),
        uses_here=_if(
            Q(limit_per_customer__isnull=False) | Q(first_order_only=True),
            live.filter(customer.uses()).annotate(n=Count("pk")).values("n"),
        ),
        spent=Subquery(spent) if currency else Value(Decimal(0)),
        ordered=Case(
            When(first_order_only=True, then=_has_ordered(customer)), default=Value(False), output_field=BooleanField()
        ),
    )


def _text(name: str) -> Cast:
    """Amounts travel as text: a JSON number would come back as a float."""
    return Cast(F(name), CharField())


def _if(condition: Q, count: Any) -> Case:
    return Case(When(condition, then=Coalesce(Subquery(count), 0)), default=Value(0), output_field=IntegerField())


def _has_ordered(customer: Customer) -> Exists:
    """Whether the customer has an order that was not cancelled. By name: orders stand above this room."""
    orders = apps.get_model("shop.Order").objects.exclude(state="cancelled")
    mine = Q(pk__in=[])
    if customer.user_id:
        mine |= Q(user_id=customer.user_id)
    if customer.email:
        written = {customer.email.strip().lower(), normal(customer.email)}
        mine |= Q(address__in=written)
    return Exists(orders.annotate(address=Lower("email")).filter(mine))


def offer_of(row: Any, currency: str, at: datetime, coupon: Any = None) -> Offer:
    """A row of `facts` for the pure functions; with the coupon that opens it, if one does."""
    terms = {name: Decimal(value) for name, value in (row.here[0] if row.here else {}).items() if value is not None}
    money = {name: Money(amount, currency) for name, amount in terms.items()}
    budget = money.pop("budget", None)
    spent = Money(row.spent or 0, currency)
    amounts = Amounts(**money, budget_left=budget and max(budget - spent, budget - budget))
    offer = Offer(
        promotion_id=row.pk,
        name=row.name,
        kind=row.kind,
        effect=row.effect,
        percent=row.percent or Decimal(0),
        buy=row.buy_quantity or 0,
        get=row.get_quantity or 0,
        amounts=amounts,
        steps=tuple(Step(Money(Decimal(s["minimum"]), currency), Decimal(s["percent"])) for s in row.ladder),
        products=None if row.scope == Promotion.Scope.ALL else frozenset(row.in_scope or ()),
        priority=row.priority,
        exclusive=row.exclusive,
        code=coupon.code if coupon else "",
        coupon_id=coupon.pk if coupon else None,
    )
    reason = _time(row, at, coupon) or _currency(offer, row) or _uses(row, coupon)
    starts = row.starts_at if reason == Reason.NOT_YET else None
    return replace(offer, obstacle=offer.why_not(reason, starts=starts)) if reason else offer


def _time(row: Any, at: datetime, coupon: Any) -> Reason | None:
    if not row.active or (coupon and not coupon.active):
        return Reason.OFF
    if at < row.starts_at:
        return Reason.NOT_YET
    return Reason.OVER if row.ends_at and row.ends_at <= at else None


def _currency(offer: Offer, row: Any) -> Reason | None:
    """With amounts in any currency it holds in those that have some; an amount off and tiers need their own."""
    lacking = (offer.effect == "fixed" and not offer.amounts.amount_off) or (
        offer.effect == "tiered" and not offer.steps
    )
    return Reason.OTHER_CURRENCY if lacking or (row.has_terms and not row.here) else None


def _uses(row: Any, coupon: Any) -> Reason | None:
    if row.limit_total is not None and row.uses >= row.limit_total:
        return Reason.USED_UP
    if coupon and coupon.limit is not None and coupon.uses >= coupon.limit:
        return Reason.USED_UP
    if row.ordered:
        return Reason.NOT_FIRST
    return Reason.USED_BY_YOU if row.each_customer is not None and row.uses_here >= row.each_customer else None


def unknown_code(code: str) -> WhyNot:
    return WhyNot(Reason.UNKNOWN, code=code)
