"""What was typed, taken apart: no engine is asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.words import clean, fold, phrase, phrases, split, tsquery, wagtail_query


def test_words_are_kept_capped_and_clean():
    assert clean("  blue\0 mug \n") == "blue mug"
    assert len(clean("x" * 500)) == 100


def test_capitals_and_accents_fold():
    assert fold("KÓPI Crème") == "kopi creme"


def test_compounds_stay_together_and_marks_go():
    assert split("Tide-Mug, (blue) & 2.5 l!") == ["tide-mug", "blue", "2.5", "l"]
    assert split("'; -- % _ &|!():* \\") == []
    assert len(split("a " * 50)) == 10


def test_phrases_between_commas():
    assert phrases("Mug, side  table,, mug") == [("mug",), ("side", "table")]


def test_a_query_asks_for_all_terms_in_any_spelling():
    assert tsquery([(("blue",),), (("cup",), ("tea", "bowl"))]) == "(('blue')) & (('cup') | ('tea' & 'bowl'))"


def test_what_may_be_a_sku_is_also_looked_for_by_its_beginning():
    assert tsquery([(("tide", "mug", "250"),)]) == "(('tide' & 'mug' & '250') | 'tidemug250':*)"
    assert tsquery([(("ab1234",),)]) == "(('ab1234') | 'ab1234':*)"
    assert tsquery([(("12",),)]) == "(('12'))"


def test_only_the_last_word_may_be_unfinished():
    assert tsquery([(("blue",),), (("mu",),)], unfinished=True) == "(('blue')) & (('mu':*))"


def test_wagtails_query_says_the_same():
    said = repr(wagtail_query([(("blue",),), (("cup",), ("mug",))]))
    assert said.startswith("<And <PlainText 'blue' operator='and'")
    assert "<Or <PlainText 'cup'" in said


@pytest.mark.django_db
@given(st.text(max_size=60))
def test_whatever_is_typed_is_a_query_that_postgresql_understands(words):
    from django.db import connection

    terms = [(found,) for part in split(clean(words)) if (found := phrase(part))]
    for unfinished in (False, True):
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_tsquery('shop_en', %s)", [tsquery(terms, unfinished=unfinished)])
