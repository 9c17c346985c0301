"""Net revenue: what came in and went back, to the cent, on the shop's days."""

import random
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from unittest.mock import patch

import pytest
from django.db import connection

from shop.checkout import refunding, settlement
from shop.checkout.refunding import Wish
from shop.orders.models import Order
from shop.payments import operations as payments
from shop.payments.models import Payment, Refund
from shop.reports import figures, goods, sales
from shop.reports.admin import REPORTS
from shop.reports.columns import Question
from shop.reports.periods import Period
from tests.checkout.world import NOW, fill_cart, place, sell
from tests.orders.helpers import LATER, paid_order, pay, placed_order, refund
from tests.payments.helpers import says
from tests.returns.world import willing_bank

pytestmark = pytest.mark.django_db

ALL = Period(date(2026, 11, 1), date(2026, 12, 31))


def net(period: Period = ALL, currency: str = "USD") -> Decimal:
    return sum((row["net"] for row in figures.by_day(period=period, currency=currency)), Decimal(0))


def moves(period: Period = ALL) -> list[dict]:
    return figures.read("SELECT * FROM move ORDER BY order_id, at, line_id", period=period)


def give_back(order: Order, wish: Wish) -> Refund:
    payment = order.payments.get(state="captured")
    asked = refunding.refund_order(payment_id=payment.pk, wish=wish, actor="finance", now=LATER)
    with willing_bank():
        settlement.submit_refund(refund_id=asked.pk, now=LATER)
    return asked


def test_an_order_counts_when_it_is_paid_without_tax_and_delivery():
    order = placed_order()
    assert net() == 0
    pay(order)
    assert order.total == Decimal("57.80")  # 48.00, 4.80 of tax, 5.00 of delivery
    assert net() == Decimal("48.00")


def test_where_prices_contain_the_tax_it_is_taken_out():
    order = pay(place(fill_cart(sell("CUP"), currency="IDR")))
    line = order.lines.get()
    assert order.tax_included
    assert line.tax > 0
    assert net(currency="IDR") == line.subtotal - line.tax
    assert net(currency="USD") == 0


def test_a_refund_of_units_takes_their_net_back_and_of_the_delivery_nothing():
    order = paid_order()
    line = order.lines.get()
    give_back(order, Wish(uuid.uuid4(), "broken", units={line.pk: 1}, delivery=True))
    assert net() == Decimal("24.00")
    assert sum(move["delivery"] for move in moves()) == 0


def test_an_amount_for_good_will_is_borne_by_goods_tax_and_delivery():
    order = paid_order()
    refund(order, "5.78")  # a tenth
    assert net() == Decimal("43.20")
    assert sum(move["tax"] for move in moves()) == Decimal("4.32")
    assert sum(move["delivery"] for move in moves()) == Decimal("4.50")


@pytest.mark.parametrize("parts", [["57.80"], ["0.01", "57.79"], ["19.27", "19.27", "19.26"]])
def test_all_the_money_back_leaves_nothing_however_it_went(parts):
    order = paid_order()
    for part in parts:
        refund(order, part)
    assert net() == 0
    assert {sum(move[name] for move in moves()) for name in ("tax", "delivery")} == {0}


def test_a_refund_that_is_not_through_counts_nothing():
    refund(paid_order(), "10.00", state="pending")
    assert net() == Decimal("48.00")


def test_money_that_a_bank_took_back_is_gone():
    order = paid_order()
    refund(order, "5.78")
    payment = order.payments.get()
    with patch.object(payments, "fetch", return_value=says(payment, "reversed")):
        settlement.settle(payment_id=payment.pk, source="webhook", now=LATER)
    assert net() == 0


def test_money_that_came_by_mistake_is_no_revenue_and_its_way_back_no_loss():
    order = paid_order()
    first = order.payments.get()
    second = Payment.objects.create(
        order=order, attempt=2, provider="stripe", kind="card", currency="USD", amount=order.total, created_at=NOW,
        reference="ET-again", provider_ref="pi_again", state="pending", expires_at=LATER,
    )  # fmt: skip
    with patch.object(payments, "fetch", return_value=says(second, "captured")):
        settlement.settle(payment_id=second.pk, source="webhook", now=LATER)
    sent_back = Refund.objects.get(payment=second)
    with willing_bank():
        settlement.submit_refund(refund_id=sent_back.pk, now=LATER)
    sent_back.refresh_from_db()
    assert (sent_back.state, first.refunds.count()) == ("succeeded", 0)
    assert net() == Decimal("48.00")


def test_a_day_ends_at_midnight_in_the_shops_time_zone():
    late = datetime(2026, 11, 22, 16, 59, tzinfo=UTC)  # 23:59 in Jakarta
    pay(placed_order("MUG"), now=NOW)
    pay(placed_order("CUP", now=late), now=late + timedelta(minutes=1))
    days = [(row["day"], row["orders"]) for row in figures.by_day(period=ALL)]
    assert days == [(date(2026, 11, 22), 1), (date(2026, 11, 23), 1)]
    assert net(Period(date(2026, 11, 22), date(2026, 11, 22))) == Decimal("48.00")
    assert Period.ending(datetime(2026, 11, 22, 17, 0, tzinfo=UTC), 1).first == date(2026, 11, 23)


def test_a_refund_counts_on_its_own_day():
    refund(paid_order(), "57.80", now=LATER + timedelta(days=3))
    assert net(Period(date(2026, 11, 22), date(2026, 11, 23))) == Decimal("48.00")
    assert net(Period(date(2026, 11, 24), date(2026, 11, 30))) == Decimal("-48.00")


# --- the ledger ----------------------------------------------------------------------------------

# Computed anew, from the other side: what payments took in and gave back.
LEDGER = """
    SELECT o.id, o.total - coalesce((SELECT sum(r.amount) FROM shop_refund r JOIN shop_payment p ON p.id = r.payment_id
                                      WHERE p.order_id = o.id AND r.state = 'succeeded'), 0)
      FROM shop_order o WHERE o.payment_status IN ('paid', 'partly_refunded', 'refunded')
"""


def busy_shop(seed: int) -> None:
    """Orders in two currencies, with refunds of every sort, whole and in pieces."""
    dice = random.Random(seed)
    goods_for_sale = [sell(f"MUG{n}", price=price, stock=500) for n, price in enumerate(("24.00", "7.99", "103.33"))]
    for _ in range(12):
        chosen = dice.sample(goods_for_sale, dice.randint(1, 3))
        cart = fill_cart(*chosen, quantity=dice.randint(1, 4), currency=dice.choice(["USD", "IDR"]))
        order = pay(place(cart))
        for _ in range(dice.randint(0, 3)):
            here = refunding.standing(order)
            if not here.refundable:
                break
            line = dice.choice(here.lines)
            cent = Decimal(1) if order.currency == "IDR" else Decimal("0.01")
            part = (here.refundable.amount / dice.randint(2, 9)).quantize(cent)
            wishes = [{"amount": part}, {}, {"units": {line.line.pk: 1}} if line.left else {"amount": part}]
            give_back(order, Wish(uuid.uuid4(), "dice", as_far_as_it_goes=True, **dice.choice(wishes)))


@pytest.mark.parametrize("seed", [1, 2])
def test_the_sums_agree_with_the_ledger_to_the_cent_in_every_report(seed):
    busy_shop(seed)
    with connection.cursor() as cursor:
        cursor.execute(LEDGER)
        ledger = dict(cursor.fetchall())
    ours: dict[int, Decimal] = dict.fromkeys(ledger, Decimal(0))
    for move in moves():
        ours[move["order_id"]] += move["net"] + move["tax"] + move["delivery"]
    assert ours == ledger
    for code in ("USD", "IDR"):
        question = Question(ALL, code)
        whole = sales.totals(question)
        assert whole["net"] == net(currency=code)
        for slug in ("sales-by-day", "sales-by-product", "sales-by-category", "sales-by-country", "customers", "taxes"):
            report = REPORTS[slug]
            rows = report.rows(question)
            assert sum(row["net"] for row in rows) == whole["net"], slug
            foot = report.totals(question, rows)
            assert foot.items() >= whole.items() or slug == "taxes", slug
        back = sum(row["amount"] for row in goods.refunds(question))
        assert back == sum(Refund.objects.filter(payment__currency=code).values_list("amount", flat=True))


def test_no_line_is_paid_back_more_than_it_brought():
    busy_shop(3)
    left = figures.read("SELECT line_id, sum(net) AS net, sum(tax) AS tax FROM move GROUP BY 1", period=ALL)
    assert left
    assert all(row["net"] >= 0 and row["tax"] >= 0 for row in left)
