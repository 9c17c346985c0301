"""What promotions take off: each effect by an example, the rules of combination, and properties in four currencies."""

from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shop.cart.pricing import Item, Totals, price_cart
from shop.delivery.pricing import DeliveryTerms, Rate, TaxTerms
from shop.money import Money, quantum, total_of, zero
from shop.promotions.pricing import Amounts, Offer, Reason, Step, Verdict, WhyNot, judge, reduce_price

EXAMPLES = settings(max_examples=200)
CURRENCIES = st.sampled_from(["USD", "EUR", "JPY", "IDR"])


def usd(amount) -> Money:
    return Money(amount, "USD")


def item(amount, quantity: int = 1, product: int = 1, currency: str = "USD") -> Item:
    return Item(product, quantity, Money(amount, currency), 1, product)


def offer(effect: str = "percentage", pk: int = 1, percent="10", **fields) -> Offer:
    return Offer(pk, f"Offer {pk}", effect, percent=Decimal(percent), **fields)


def delivery(currency: str = "USD", price="5", free_over="50") -> DeliveryTerms:
    return DeliveryTerms("standard", "Standard", (Rate(Money(price, currency), Money(free_over, currency)),), 4, 8)


def taken(items, *offers, **terms) -> list[Decimal]:
    return [discount.amount.amount for discount in verdict(items, *offers, **terms).discounts]


def verdict(items, *offers, **terms) -> Verdict:
    return judge(items, offers, **{"currency": "USD", "delivery": delivery(), **terms})


def reasons(items, *offers) -> list[Reason]:
    return [why.reason for why in verdict(items, *offers).why_nots]


# --- each effect ---------------------------------------------------------------------------------


def test_a_percentage_is_rounded_half_up_once():
    assert taken([item("0.05"), item("0.10")], offer(percent="10")) == [Decimal("0.02")]


def test_an_amount_is_never_more_than_what_it_is_for():
    fixed = offer("fixed", percent="0", amounts=Amounts(amount_off=usd(30)), products=frozenset({1}))
    assert taken([item(20), item(50, product=2)], fixed) == [Decimal(20)]


def test_a_cap_caps():
    assert taken([item(200)], offer(percent="50", amounts=Amounts(cap=usd(15)))) == [Decimal(15)]


def test_free_delivery_is_what_delivery_costs_then():
    free = offer("free_delivery", percent="0")
    assert taken([item(20)], free) == [Decimal(5)]
    assert reasons([item(60)], free) == [Reason.DELIVERY_FREE]


def test_buy_two_get_one_gives_the_cheapest_of_each_group():
    three_for_two = offer("buy_x_get_y", percent="100", buy=2, get=1)
    assert taken([item(30, 2), item(20, 2), item(10, 2)], three_for_two) == [Decimal(30)]
    assert taken([item(30, 7)], three_for_two) == [Decimal(60)]


def test_buy_one_get_one_for_half():
    assert taken([item("9.99", 2)], offer("buy_x_get_y", percent="50", buy=1, get=1)) == [Decimal("5.00")]


@pytest.mark.parametrize(("worth", "off"), [("99.99", "5.00"), ("100", "10"), ("250", "50")])
def test_the_highest_tier_reached_counts(worth, off):
    steps = (Step(usd(50), Decimal(5)), Step(usd(100), Decimal(10)), Step(usd(200), Decimal(20)))
    assert taken([item(worth)], offer("tiered", percent="0", steps=steps)) == [Decimal(off)]


def test_a_minimum_says_what_is_missing_of_what_it_is_for():
    needy = offer(amounts=Amounts(minimum=usd(40)), products=frozenset({1}), code="WELCOME10")
    why = verdict([item(36), item(100, product=2)], needy).why_nots[0]
    assert (why.reason, why.missing, why.code) == (Reason.MINIMUM, usd(4), "WELCOME10")
    assert taken([item(40)], needy) == [Decimal(4)]


def test_a_budget_gives_all_or_nothing():
    assert taken([item(50)], offer(amounts=Amounts(budget_left=usd(5)))) == [Decimal(5)]
    assert reasons([item("50.10")], offer(amounts=Amounts(budget_left=usd(5)))) == [Reason.USED_UP]


def test_buying_too_few_says_how_many_more():
    assert verdict([item(9)], offer("buy_x_get_y", percent="100", buy=2, get=1)).why_nots[0].more == 2


def test_nothing_that_it_is_for():
    assert reasons([item(9)], offer(products=frozenset())) == [Reason.NOT_FOR_THESE]


# --- together or alone ---------------------------------------------------------------------------


def test_what_stands_together_is_taken_off_what_the_former_left():
    first, second = offer(pk=2, priority=1), offer("fixed", 1, "0", amounts=Amounts(amount_off=usd(5)))
    assert taken([item(50)], first, second) == [Decimal(5), Decimal(5)]
    assert taken([item(50)], replace(first, priority=200), second) == [Decimal(5), Decimal("4.50")]


def test_the_shopper_gets_the_exclusive_one_when_it_saves_more():
    small, big = offer(pk=1), offer(pk=2, percent="30", exclusive=True)
    found = verdict([item(50)], small, big)
    assert [discount.promotion_id for discount in found.discounts] == [2]
    assert [(why.reason, why.other) for why in found.why_nots] == [(Reason.OTHER_SAVES_MORE, "Offer 2")]


def test_the_exclusive_one_waits_when_the_others_save_more_together():
    found = verdict([item(50)], offer(pk=1), offer(pk=2), offer(pk=3, percent="15", exclusive=True))
    assert [discount.promotion_id for discount in found.discounts] == [1, 2]


def test_delivery_counts_when_savings_are_compared():
    free, percent = offer("free_delivery", 1, "0", exclusive=True), offer(pk=2, exclusive=True)
    assert [d.promotion_id for d in verdict([item(40)], free, percent).discounts] == [1]
    assert [d.promotion_id for d in verdict([item(60)], free, percent).discounts] == [2]


def test_of_equals_the_first_by_priority_and_age():
    twins = [offer(pk=3, exclusive=True, priority=2), offer(pk=2, exclusive=True), offer(pk=1, exclusive=True)]
    assert [d.promotion_id for d in verdict([item(40)], *twins).discounts] == [3]
    assert [d.promotion_id for d in verdict([item(40)], *twins[1:]).discounts] == [1]


def test_an_obstacle_is_said_and_the_offer_left_out():
    ended = offer(obstacle=WhyNot(Reason.OVER, "Offer 1"))
    assert (taken([item(9)], ended), reasons([item(9)], ended)) == ([], [Reason.OVER])


# --- reduced prices ------------------------------------------------------------------------------


def test_of_several_reductions_the_lowest_price_counts():
    offers = [offer(percent="15"), offer("fixed", 2, "0", amounts=Amounts(amount_off=usd(5)))]
    assert reduce_price(usd(24), 1, offers) == usd(19)
    assert reduce_price(usd(100), 1, offers) == usd(85)


def test_a_reduced_price_is_a_coin_at_least():
    assert reduce_price(usd(3), 1, [offer("fixed", amounts=Amounts(amount_off=usd(5)))]) == usd("0.01")


# --- properties ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    currency: str
    items: list[Item]
    offers: list[Offer]
    included: bool

    def totals(self, items: list[Item] | None = None) -> Totals:
        items = self.items if items is None else items
        terms = delivery(self.currency, 500 * quantum(self.currency), 5000 * quantum(self.currency))
        found = judge(items, self.offers, currency=self.currency, delivery=terms)
        tax = TaxTerms(self.included, {1: Decimal("0.11")}, "Tax")
        return price_cart(items, currency=self.currency, delivery=terms, tax=tax, discounts=found.discounts)


@st.composite
def offers_in(draw, currency: str, pk: int) -> Offer:
    coins = st.integers(1, 20_000).map(lambda n: Money(n * quantum(currency), currency))
    maybe = st.one_of(st.none(), coins)
    effect = draw(st.sampled_from(["percentage", "fixed", "free_delivery", "buy_x_get_y", "tiered"]))
    steps = ()
    if effect == "tiered":
        steps = tuple(sorted(draw(st.lists(st.builds(Step, coins, PERCENT), min_size=1, max_size=3)), key=by_minimum))
    return Offer(
        promotion_id=pk,
        name=f"Offer {pk}",
        effect=effect,
        percent=draw(PERCENT) if effect in ("percentage", "buy_x_get_y") else Decimal(0),
        buy=draw(st.integers(1, 3)) if effect == "buy_x_get_y" else 0,
        get=draw(st.integers(1, 2)) if effect == "buy_x_get_y" else 0,
        amounts=Amounts(draw(coins) if effect == "fixed" else None, draw(maybe), draw(maybe), draw(maybe)),
        steps=steps,
        products=draw(st.one_of(st.none(), st.frozensets(st.integers(1, 6)))),
        priority=draw(st.integers(1, 3)),
        exclusive=draw(st.booleans()),
    )


PERCENT = st.integers(1, 10_000).map(lambda n: Decimal(n) / 100)


def by_minimum(step: Step) -> Decimal:
    return step.minimum.amount


@st.composite
def items_in(draw, currency: str, most: int = 6) -> list[Item]:
    lines = draw(st.lists(st.tuples(st.integers(1, 10_000), st.integers(1, 20)), max_size=most))
    return [item(n * quantum(currency), q, product, currency) for product, (n, q) in enumerate(lines, start=1)]


@st.composite
def worlds(draw) -> World:
    currency = draw(CURRENCIES)
    offers = [draw(offers_in(currency, pk)) for pk in range(1, draw(st.integers(0, 4)) + 1)]
    return World(currency, draw(items_in(currency)), offers, draw(st.booleans()))


@EXAMPLES
@given(worlds())
def test_the_parts_add_up(world):
    totals = world.totals()
    on_top = zero(world.currency) if totals.tax_included else totals.tax
    assert totals.total == totals.subtotal - totals.discount + totals.delivery_to_pay + on_top
    for name in ("subtotal", "discount", "tax"):
        assert total_of([getattr(line, name) for line in totals.lines], world.currency) == getattr(totals, name)
    given_ = total_of([off.amount for off in totals.discounts], world.currency)
    assert given_ == totals.discount + totals.shipping_discount


@EXAMPLES
@given(worlds())
def test_what_is_promised_is_what_is_given(world):
    totals = world.totals()
    for off in totals.discounts:
        assert off.amount == off.discount.amount
        assert off.discount.on_delivery or total_of(off.shares, world.currency) == off.amount


@EXAMPLES
@given(worlds())
def test_nothing_is_negative_and_everything_can_be_paid(world):
    totals = world.totals()
    amounts = [totals.subtotal, totals.discount, totals.shipping, totals.shipping_discount, totals.delivery_to_pay]
    amounts += [totals.tax, totals.total, *(line.total for line in totals.lines)]
    amounts += [share for off in totals.discounts for share in off.shares]
    assert all(money.amount >= 0 and money.amount % quantum(world.currency) == 0 for money in amounts)


@EXAMPLES
@given(worlds())
def test_the_order_in_which_promotions_come_does_not_matter(world):
    terms = {"currency": world.currency, "delivery": delivery(world.currency)}
    expected = judge(world.items, world.offers, **terms)
    for shuffled in list(permutations(world.offers))[:6]:
        assert judge(world.items, shuffled, **terms) == expected


@EXAMPLES
@given(worlds())
def test_caps_budgets_and_scopes_are_kept(world):
    by_pk = {offer.promotion_id: offer for offer in world.offers}
    for off in world.totals().discounts:
        offer = by_pk[off.discount.promotion_id]
        assert not offer.amounts.cap or off.amount <= offer.amounts.cap
        assert not offer.amounts.budget_left or off.amount <= offer.amounts.budget_left
        assert all(not share for i, share in enumerate(off.shares) if not offer.is_for(world.items[i].product_id))


@EXAMPLES
@given(worlds())
def test_each_offer_counts_or_says_why_not(world):
    found = judge(world.items, world.offers, currency=world.currency, delivery=delivery(world.currency))
    told = [discount.name for discount in found.discounts] + [why.name for why in found.why_nots]
    assert sorted(told) == sorted(offer.name for offer in world.offers)


@EXAMPLES
@given(worlds())
def test_an_exclusive_one_stands_alone(world):
    alone = {offer.promotion_id for offer in world.offers if offer.exclusive}
    counted = [off.discount.promotion_id for off in world.totals().discounts]
    assert len(counted) <= 1 or not alone & set(counted)


@EXAMPLES
@given(worlds(), st.integers(1, 10_000))
def test_one_thing_more_never_lowers_the_subtotal(world, units):
    more = [*world.items, item(units * quantum(world.currency), 1, 7, world.currency)]
    assert world.totals(more).subtotal > world.totals().subtotal


@EXAMPLES
@given(CURRENCIES.flatmap(lambda c: st.tuples(items_in(c), items_in(c, 1), st.just(c))), st.integers(1, 3), PERCENT)
def test_one_thing_more_never_makes_buy_some_get_some_less(cart, buy, percent):
    items, more, currency = cart
    some = offer("buy_x_get_y", percent=str(percent), buy=buy, get=1)
    terms = {"currency": currency, "delivery": None}
    less = sum((d.amount.amount for d in judge(items, [some], **terms).discounts), Decimal(0))
    assert sum((d.amount.amount for d in judge(items + more, [some], **terms).discounts), Decimal(0)) >= less


@EXAMPLES
@given(CURRENCIES.flatmap(lambda c: st.tuples(st.just(c), st.integers(1, 10**6), offers_in(c, 1), offers_in(c, 2))))
def test_a_reduced_price_lies_between_a_coin_and_the_price(drawn):
    currency, units, one, two = drawn
    price = Money(units * quantum(currency), currency)
    reduced = reduce_price(price, 1, [one, two])
    assert Money(quantum(currency), currency) <= reduced <= price
    assert reduced.amount % quantum(currency) == 0
    assert reduced == reduce_price(price, 1, [two, one])
