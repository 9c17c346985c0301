"""What generated products are, from their number alone. No database."""

from collections import Counter
from pathlib import Path

from shop.demo.source import PICTURES
from shop.seed.articles import MOST_VARIANTS, PER_SEED, WORD, article, shelves, words
from tests.demo.test_catalogue import ean13_is_valid

SOME = [article(3, index) for index in range(1000)]


def test_the_same_number_gives_the_same_article():
    assert article(3, 7) == SOME[7]
    assert article(4, 7).title != SOME[7].title


def test_codes_skus_and_barcodes_are_unique_also_across_seeds():
    both = [*SOME, *(article(4, index) for index in range(1000))]
    offers = [offer for it in both for offer in it.offers]
    for kind in ([it.code for it in both], [o.sku for o in offers], [o.barcode for o in offers]):
        assert len(set(kind)) == len(kind)
    assert max(len(it.code) for it in both) <= 100
    assert all(ean13_is_valid(offer.barcode) for offer in offers)


def test_variants_are_distinct_combinations_of_the_same_options():
    for it in SOME:
        assert 1 <= len(it.offers) <= MOST_VARIANTS
        assert len({offer.values for offer in it.offers}) == len(it.offers)
        assert all([value.attribute for value in offer.values] == it.options for offer in it.offers)
        assert not set(it.options) & {fact.attribute for fact in it.facts}


def test_every_value_and_picture_that_is_used_is_there():
    known = {(one["code"], slug) for one in words()["attributes"] for slug, _name in one["values"]}
    used = {tuple(value) for it in SOME for value in (*it.facts, *(v for o in it.offers for v in o.values))}
    assert used <= known
    assert all((PICTURES / name).is_file() for shelf in shelves() for name in shelf.facts["pictures"])


def test_the_word_is_in_two_per_cent_of_the_titles_and_in_no_other_text():
    assert sum(WORD in it.title for it in SOME) == len(SOME) // 50
    assert Path(words.__wrapped__.__code__.co_filename).with_name("words.json").read_text().count(WORD) == 1


def test_shares_are_those_of_a_shop():
    offers = [offer for it in SOME for offer in it.offers]
    sold_out = Counter(all(o.policy == "track" and not o.on_hand for o in it.offers) for it in SOME)[True]
    assert 40 < sold_out < 160
    assert 80 < sum(it.offers[0].was is not None for it in SOME) < 160
    assert 0.6 < sum(offer.everywhere for offer in offers) / len(offers) < 0.8
    assert all(offer.was is None or offer.was > offer.amount for offer in offers)
    assert all(PER_SEED * 3 <= it.number < PER_SEED * 4 for it in SOME)
    assert {it.shelf for it in SOME} == {shelf.slug for shelf in shelves()}
