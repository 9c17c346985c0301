"""The demo shop is found by its words. Apart, since a module that asks for the demo shop has it in all its tests."""

import pytest

from tests.search.test_search import search, titles


@pytest.mark.slow
def test_the_demo_shop_is_found(demo_shop, client):
    assert titles(client, "mug")[0] == "Tide Mug"
    assert titles(client, "mugs")[0] == "Tide Mug"
    assert "Tide Mug" in titles(client, "indigo")  # a colour that no text of the page says
    assert "Teras Side Table" in titles(client, "oak")
    assert titles(client, "indigo teapot") == []
    assert titles(client, "tide-mug-sand-250")[0] == "Tide Mug"
    assert "The line where the glaze stops" in [
        story.title for story in search(client, "glaze").context["found"].stories
    ]
