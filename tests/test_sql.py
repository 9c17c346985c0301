"""Rows that are written by a statement that is planned once are the rows that Django would have written."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.forms.models import model_to_dict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shop.cart.models import Cart, CartLine
from shop.sql import columns, insert, instance, read
from tests.factories import make_product

pytestmark = pytest.mark.django_db


def line(variant) -> CartLine:
    cart = Cart.objects.create(currency="USD")
    return CartLine(cart=cart, variant=variant, quantity=2, seen_price=Decimal("24.50"), origin={"über": ["a'b", None]})


@pytest.fixture
def variants():
    return list(make_product(variants=[{"colour": "indigo"}, {"colour": "sand"}]).variants.order_by("pk"))


def stored(pk: int) -> dict:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(l) - 'id' - 'cart_id' - 'added_at' FROM shop_cartline l WHERE id = %s", [pk])
        return cursor.fetchone()[0]


def test_a_single_row_is_what_django_would_have_made_of_it(variants):
    [ours] = insert([line(variants[0])])
    [djangos] = CartLine.objects.bulk_create([line(variants[0])])
    assert stored(ours.pk) == stored(djangos.pk)
    assert (ours._state.adding, ours._state.db) == (djangos._state.adding, djangos._state.db)
    assert model_to_dict(ours) == model_to_dict(CartLine.objects.get(pk=ours.pk))


def test_what_the_table_makes_and_what_django_fills_in_is_there(variants):
    [ours] = insert([line(variants[0])])
    assert abs(timezone.now() - CartLine.objects.get(pk=ours.pk).added_at).total_seconds() < 60
    assert insert([Cart(currency="USD")])[0].token


def test_several_rows_are_one_statement_and_none_is_none(variants):
    with CaptureQueriesContext(connection) as few:
        assert insert([]) == []
    several = [line(variant) for variant in variants]
    with CaptureQueriesContext(connection) as asked:
        written = insert(several)
    assert (len(few), len(asked)) == (0, 1)
    assert [row.pk for row in written] == [row.pk for row in CartLine.objects.order_by("pk")]


def test_what_is_there_already_stays_when_conflicts_are_ignored(variants):
    first = insert([line(variants[0])])[0]
    insert([CartLine(cart=first.cart, variant=first.variant, quantity=7)], ignore_conflicts=True)
    assert CartLine.objects.get().quantity == 2
    insert([CartLine(cart=first.cart, variant=variants[1], quantity=7)], ignore_conflicts=True)
    assert CartLine.objects.get(variant=variants[1]).quantity == 7


def test_a_row_that_the_database_refuses_stays_new(variants):
    first = insert([line(variants[0])])[0]
    again = CartLine(cart=first.cart, variant=first.variant, quantity=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        insert([again])
    assert again.pk is None
    assert again._state.adding


def test_a_row_read_by_hand_is_the_row_that_the_orm_reads(variants):
    kept = CartLine.objects.get(pk=insert([line(variants[0])])[0].pk)
    [row] = read(f"SELECT {columns(CartLine, 'l')} FROM shop_cartline l WHERE l.id = %s", [kept.pk])
    by_hand = instance(CartLine, row)
    assert by_hand == kept
    assert model_to_dict(by_hand) == model_to_dict(kept)
    assert by_hand._state.adding is False
