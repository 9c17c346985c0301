"""Synonyms: what they add to a search, in which direction, and who keeps them."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from search.models import Synonym
from search.synonyms import terms_of
from tests.factories import make_staff

pytestmark = pytest.mark.django_db


def synonym(words, leads_to="", *, language="en"):
    made = Synonym(words=words, leads_to=leads_to, language=language)
    made.full_clean()
    made.save()
    return made


def test_without_synonyms_each_word_is_itself():
    assert terms_of("blue side-table", "en") == [(("blue",),), (("side", "table"),)]


def test_words_that_mean_the_same_find_each_other_in_any_number():
    synonym("mug, cup, beaker")
    assert terms_of("blue Cups", "en") == [(("blue",),), (("cups",), ("mug",), ("cup",), ("beaker",))]
    assert ("cup",) in terms_of("mugs", "en")[0]


def test_one_direction_is_one_direction():
    synonym("crockery", leads_to="mug, plate")
    assert terms_of("crockery", "en") == [(("crockery",), ("mug",), ("plate",))]
    assert terms_of("plate", "en") == [(("plate",),)]


def test_phrases_count_as_one_and_the_longest_wins():
    synonym("side table, teapoy")
    synonym("table, desk")
    assert terms_of("oak side tables", "en")[1:] == [(("side", "tables"), ("side", "table"), ("teapoy",))]
    assert terms_of("oak table", "en")[1] == (("table",), ("desk",))


def test_each_language_has_its_own():
    synonym("cangkir, mug", language="id")
    assert terms_of("mug", "en") == [(("mug",),)]
    assert ("cangkir",) in terms_of("mug", "id")[0]


@pytest.mark.parametrize(
    ("words", "leads_to", "field"),
    [
        ("mug", "", "words"),
        ("mug, Mug", "", "words"),
        (",,", "mug", "words"),
        ("mug", "&&", "leads_to"),
        ("one two three four, mug", "", "words"),
        (", ".join(f"w{n}" for n in range(21)), "", "words"),
    ],
)
def test_what_says_nothing_is_refused(words, leads_to, field):
    with pytest.raises(ValidationError) as refused:
        synonym(words, leads_to)
    assert set(refused.value.error_dict) == {field}
    assert not Synonym.objects.exists()


def test_a_desk_for_editors_and_what_they_change_counts_at_once(client):
    client.force_login(make_staff("Editor"))
    assert terms_of("cup", "en") == [(("cup",),)]
    response = client.post(reverse("synonym:add"), {"language": "en", "words": "mug, cup", "leads_to": ""})
    assert response.status_code == 302, response.context["form"].errors
    made = Synonym.objects.get()
    assert len(terms_of("cup", "en")[0]) == 2
    client.post(reverse("synonym:edit", args=[made.pk]), {"language": "id", "words": "mug, cup", "leads_to": ""})
    assert len(terms_of("cup", "en")[0]) == 1
    assert len(terms_of("cup", "id")[0]) == 2
    client.post(reverse("synonym:delete", args=[made.pk]))
    assert len(terms_of("cup", "id")[0]) == 1


def test_a_mistake_is_shown_beside_its_field(client):
    client.force_login(make_staff("Merchandiser"))
    response = client.post(reverse("synonym:add"), {"language": "en", "words": "mug", "leads_to": ""})
    assert "words" in response.context["form"].errors
    assert not Synonym.objects.exists()


def test_not_for_those_who_pack(client):
    client.force_login(make_staff("Fulfilment"))
    assert client.get(reverse("synonym:index")).status_code == 302
    assert client.post(reverse("synonym:add"), {"language": "en", "words": "a, b"}).status_code == 302
    assert not Synonym.objects.exists()
