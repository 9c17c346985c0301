"""The dialogs in which a collection or a product is chosen."""

import pytest
from django.urls import reverse

from shop.catalogue.choosers import CollectionChooserBlock
from shop.catalogue.models import Collection
from tests.factories import make_product, make_staff

pytestmark = pytest.mark.django_db


def results(client, kind: str, words: str) -> list[str]:
    response = client.get(reverse(f"{kind}_chooser:choose_results"), {"q": words})
    return [str(row) for row in response.context["results"]]


@pytest.fixture
def editor(client):
    client.force_login(make_staff("Editor"))
    return client


def test_a_product_is_found_by_name_code_and_sku(editor):
    make_product("tide-mug", variants=[{"colour": "indigo"}, {"colour": "sand"}])
    make_product("bowl")
    for words in ("Tide", "tide-m", "MUG-INDIGO"):
        assert results(editor, "product", words) == ["Tide mug"]
    assert results(editor, "product", "") == ["Bowl", "Tide mug"]


def test_a_collection_is_found_and_chosen(editor):
    gifts = Collection.objects.create(name="Gifts under $30", slug="gifts")
    Collection.objects.create(name="For the table", slug="table")
    assert results(editor, "collection", "under") == ["Gifts under $30"]
    assert editor.get(reverse("collection_chooser:choose")).json()["step"] == "choose"
    chosen = editor.get(reverse("collection_chooser:chosen", args=[gifts.pk])).json()["result"]
    assert (chosen["id"], chosen["title"]) == (str(gifts.pk), "Gifts under $30")


@pytest.mark.parametrize("step", ["choose", "choose_results"])
def test_who_may_not_see_them_may_not_choose_them(client, step):
    client.force_login(make_staff("Fulfilment"))
    assert client.get(reverse(f"collection_chooser:{step}")).status_code in (302, 403)


def test_the_block_holds_a_collection_and_survives_its_end():
    block = CollectionChooserBlock()
    gifts = Collection.objects.create(name="Gifts", slug="gifts")
    assert block.to_python(block.get_prep_value(gifts)) == gifts
    assert list(block.extract_references(gifts)) == [(Collection, str(gifts.pk), "", "")]
    gifts.delete()
    assert block.to_python(1) is None
