from decimal import Decimal
from itertools import permutations, product

import pytest

from shop.payments.models import Payment, PaymentTransition, Refund
from shop.payments.status import ENDED, FINAL, RANK, REFUND_RANK, SAYS, is_news, order_status
from tests.payments.helpers import book, make_open, says

State = Payment.State
NEWS = [State.PENDING, State.PROCESSING, State.CANCELLED, State.CAPTURED, State.PENDING]


def test_every_state_has_its_rank_and_its_word():
    assert set(RANK) == set(SAYS) == set(State.values)
    assert set(REFUND_RANK) == set(Refund.State.values)
    assert ENDED < FINAL


@pytest.mark.parametrize(("old", "new"), list(product(State.values, repeat=2)))
def test_only_a_higher_rank_is_news(old, new):
    assert is_news(old, new) == (RANK[new] > RANK[old])
    assert not (is_news(old, new) and is_news(new, old))


def test_late_money_beats_a_cancel_but_no_cancel_beats_money():
    assert all(is_news(ended, State.CAPTURED) and not is_news(State.CAPTURED, ended) for ended in ENDED)


@pytest.mark.parametrize(
    ("payments", "status"),
    [
        ([], "pending"),
        ([("created", 0)], "pending"),
        ([("pending", 0)], "pending"),
        ([("processing", 0)], "pending"),
        ([("review", 0)], "pending"),
        ([("authorized", 0)], "authorized"),
        ([("captured", 24)], "paid"),
        ([("captured", 30)], "paid"),
        ([("captured", 23)], "pending"),
        ([("captured", 14), ("captured", 10)], "paid"),
        ([("expired", 0)], "expired"),
        ([("cancelled", 0)], "expired"),
        ([("failed", 0)], "failed"),
        ([("reversed", 0)], "failed"),
        ([("failed", 0), ("created", 0)], "pending"),
        ([("pending", 0), ("failed", 0)], "pending"),
        ([("authorized", 0), ("failed", 0)], "authorized"),
        ([("failed", 0), ("expired", 0)], "expired"),
        ([("captured", 24), ("failed", 0)], "paid"),
        ([("reversed", 24), ("captured", 24)], "paid"),
    ],
    ids=str,
)
def test_the_orders_status_follows_from_its_payments(payments, status):
    rows = [(state, Decimal(captured)) for state, captured in payments]
    assert order_status(Decimal(24), rows) == status


@pytest.mark.parametrize(
    ("payments", "refunded", "status"),
    [
        ([("captured", 24)], 10, "partly_refunded"),
        ([("captured", 24)], 24, "refunded"),
        ([("captured", 24), ("captured", 24)], 24, "paid"),
        ([("captured", 24), ("captured", 24)], 30, "partly_refunded"),
        ([("captured", 1)], 1, "refunded"),
        ([("captured", 1), ("pending", 0)], 1, "pending"),
        ([("captured", 1), ("expired", 0)], 1, "refunded"),
        ([("captured", 30)], 6, "paid"),
    ],
    ids=str,
)
def test_what_went_back_counts(payments, refunded, status):
    rows = [(state, Decimal(captured)) for state, captured in payments]
    assert order_status(Decimal(24), rows, Decimal(refunded)) == status


@pytest.mark.django_db
@pytest.mark.parametrize("news", sorted(set(permutations(NEWS))), ids=lambda news: "-".join(news))
def test_news_in_any_order_comes_to_the_same_end(news):
    payment = make_open()
    changes = [book(payment, says(payment, state)) for state in news for _ in range(2)]
    payment.refresh_from_db()
    assert (payment.state, payment.captured) == (State.CAPTURED, payment.amount)
    assert payment.order.payment_status == "paid"
    assert sum(change.captured for change in changes) == 1
    ranks = [RANK[row.new] for row in PaymentTransition.objects.filter(payment=payment)]
    assert ranks == sorted(set(ranks))
