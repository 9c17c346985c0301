import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """Orders of ids and synonyms are kept for a minute; each test has words of its own."""
    cache.clear()
