"""{% remembered %}: what is rendered once, and what never is."""

import pytest
from django.http import HttpRequest
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory
from django.utils import translation

from shop.storefront import edition
from shop.storefront.edition import Memory
from tests.factories import make_product, make_product_page

pytestmark = pytest.mark.django_db


def visit(**facts: str) -> HttpRequest:
    return RequestFactory().get("/", **facts)


def render(request: HttpRequest | None, made: object, page: object = "", fact: object = "") -> str:
    return PIECE.render(Context({"request": request, "made": made, "page": page, "fact": fact}))


PIECE = Template("{% load remembering %}{% remembered page fact %}{{ made }}{% endremembered %}")


def test_it_is_rendered_once_until_editors_change_something():
    assert [render(visit(), n) for n in (1, 2)] == ["1", "1"]
    edition.turn()
    assert render(visit(), 3) == "3"


def test_other_facts_are_another_piece():
    assert [render(visit(), n, fact=fact) for n, fact in enumerate(["a", "b", "a", ("a", 1)])] == ["0", "1", "0", "3"]


def test_languages_and_addresses_never_mix(settings):
    settings.ALLOWED_HOSTS = ["*"]
    assert render(visit(), 1) == "1"
    assert render(visit(SERVER_NAME="elsewhere.example"), 2) == "2"
    assert render(RequestFactory().get("/", secure=True), 3) == "3"
    with translation.override("id"):
        assert render(visit(), 4) == "4"


def test_a_draft_is_neither_remembered_nor_answered_from_memory():
    page = make_product_page(make_product("mug"))
    page.edition = 1  # as routing lends it
    assert render(visit(), "public", page=page) == "public"
    del page.edition
    assert render(visit(), "draft", page=page) == "draft"
    page.edition = 1
    request = visit()
    request.is_preview = True
    assert render(request, "preview", page=page) == "preview"
    assert render(visit(), "another", page=page) == "public"


def test_without_a_visit_nothing_is_remembered():
    assert [render(None, n) for n in (1, 2)] == ["1", "2"]


def test_a_picture_that_could_not_be_made_is_tried_again():
    assert render(visit(), "/media/not-found") == "/media/not-found"
    assert render(visit(), "/media/mug.jpg") == "/media/mug.jpg"


def test_it_holds_no_block_that_other_templates_fill():
    with pytest.raises(TemplateSyntaxError, match="block"):
        Template("{% load remembering %}{% remembered %}{% block main %}{% endblock %}{% endremembered %}")


def test_what_is_weighed_has_room_for_so_much():
    memory = Memory(room=5, weigh=len)
    for word in ("ab", "cde", "fg"):
        memory.get(1, word, lambda word=word: word)
    assert memory.get(1, "cde", lambda: "again") == "cde"
    assert memory.get(1, "ab", lambda: "ab again") == "ab again"
