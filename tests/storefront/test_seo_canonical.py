"""Which addresses of a listing are kept by search engines. No database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.storefront.canonical import NOT_KEPT, Indexing, indexing

PATH = "/shop/ceramics/"


def rule(*chosen, **more):
    return indexing(PATH, chosen=chosen, allowed=("colour", "material"), **more)


@pytest.mark.parametrize(
    ("found", "canonical"),
    [
        (rule(), PATH),
        (rule(page=2), f"{PATH}?page=2"),
        (rule(("colour", "indigo")), f"{PATH}?colour=indigo"),
        (rule(("colour", "indigo"), page=3), f"{PATH}?colour=indigo&page=3"),
        (rule(("material", "stoneware & ash")), f"{PATH}?material=stoneware+%26+ash"),
        (rule(("colour", "indigo"), ("colour", "indigo")), f"{PATH}?colour=indigo"),
    ],
)
def test_these_are_kept(found, canonical):
    assert found == Indexing(canonical)


@pytest.mark.parametrize(
    ("found", "canonical"),
    [
        (rule(sort="price_low"), PATH),
        (rule(sort="price_low", page=2), f"{PATH}?page=2"),
        (rule(("colour", "indigo"), sort="name"), f"{PATH}?colour=indigo"),
        (rule(("colour", "indigo"), ("colour", "sand")), f"{PATH}?colour=indigo&colour=sand"),
        (rule(("material", "teak"), ("colour", "sand")), f"{PATH}?colour=sand&material=teak"),
        (rule(("size", "350-ml")), f"{PATH}?size=350-ml"),
        (rule(("max_price", "30")), f"{PATH}?max_price=30"),
        (rule(("in_stock", "1")), f"{PATH}?in_stock=1"),
        (rule(("colour", "indigo"), count=0), f"{PATH}?colour=indigo"),
    ],
)
def test_these_are_not(found, canonical):
    assert found == Indexing(canonical, NOT_KEPT)


PAIRS = st.lists(st.tuples(st.sampled_from(["colour", "size", "brand", "min_price"]), st.text(max_size=5)), max_size=4)


@given(PAIRS, st.randoms())
def test_the_order_of_the_facets_in_the_address_makes_no_difference(pairs, random):
    shuffled = list(pairs)
    random.shuffle(shuffled)
    assert rule(*pairs) == rule(*shuffled)


@given(PAIRS, st.sampled_from(["", "newest"]), st.integers(1, 99))
def test_at_most_one_chosen_value_is_ever_kept(pairs, sort, page):
    found = rule(*pairs, sort=sort, page=page)
    assert found.robots or (len(set(pairs)) <= 1 and not sort)
