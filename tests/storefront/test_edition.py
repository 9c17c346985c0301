"""What a process remembers ends with the change that ends it."""

import pytest
from django.test import Client
from wagtail.models import PageViewRestriction

from shop.catalogue.models import AttributeValue
from shop.storefront import edition
from shop.storefront.edition import Memory
from tests.factories import make_category_page, make_product, make_product_page

pytestmark = pytest.mark.django_db


def heading(client: Client, address: str) -> str:
    return client.get(address).content.decode().partition("<h1>")[2].partition("</h1>")[0]


def test_it_remembers_under_one_edition_at_a_time():
    memory, made = Memory(room=2), []

    def make() -> int:
        made.append(1)
        return len(made)

    assert [memory.get(1, "a", make), memory.get(1, "a", make), memory.get(2, "a", make)] == [1, 1, 2]
    assert [memory.get(2, key, make) for key in ("b", "c", "a")] == [3, 4, 5]  # room for two


def test_a_page_is_remembered_until_it_is_published_anew(client, django_assert_max_num_queries):
    page = make_category_page()
    client.get("/shop/ceramics/")
    with django_assert_max_num_queries(4):
        assert heading(client, "/shop/ceramics/") == "Ceramics"
    page.title = "Pottery"
    page.save_revision()
    assert heading(client, "/shop/ceramics/") == "Ceramics"
    page.save_revision().publish()
    assert heading(client, "/shop/ceramics/") == "Pottery"


def test_a_draft_alone_forgets_nothing():
    page = make_category_page()
    before = edition.number()
    page.title = "Pottery"
    page.save_revision()
    assert edition.number() == before


@pytest.mark.parametrize("change", ["unpublish", "restrict", "move", "delete"])
def test_a_page_that_goes_is_gone_at_once(client, change):
    page = make_category_page()
    assert client.get("/shop/ceramics/").status_code == 200
    if change == "unpublish":
        page.unpublish()
    elif change == "restrict":
        PageViewRestriction.objects.create(page=page.get_parent(), restriction_type="login")
    elif change == "move":
        page.slug = "pottery"
        page.save()
    else:
        page.delete()
    assert client.get("/shop/ceramics/").status_code in (301, 302, 404)


def test_each_visit_gets_a_page_of_its_own(client):
    make_product_page(make_product("mug"))
    first, second = (client.get(f"/shop/ceramics/mug/?visit={n}").context["page"] for n in range(2))
    assert first == second
    assert first is not second


def test_a_new_name_of_a_colour_is_offered_as_soon_as_it_is_noted(client):
    from django.db import transaction
    from django.utils import timezone

    from shop.outbox import operations as outbox

    make_product_page(make_product("mug", variants=[{"colour": "indigo"}, {"colour": "sand"}]))
    assert "Indigo" in client.get("/shop/").content.decode()
    value = AttributeValue.objects.get(slug="indigo")
    value.name = "Deep blue"
    value.save()
    with transaction.atomic():
        outbox.stale("value", value.pk, now=timezone.now())
    assert "Deep blue" in client.get("/shop/").content.decode()
