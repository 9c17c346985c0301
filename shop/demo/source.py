"""The demo shop's words, numbers and photographs as they stand in the files beside this one."""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings

from shop import wording

FOLDER = Path(__file__).parent
PICTURES = FOLDER / "pictures"
ACTOR = "load_demo"


CODES = {  # a word, or a list of words, under these names is no text
    *(
        "code",
        "slug",
        "sku",
        "category",
        "categories",
        "product",
        "products",
        "related",
        "picture",
        "story",
        "page",
        "privacy_page",
        "url",
    ),
    *(
        "kind",
        "type",
        "brand",
        "tax_class",
        "options",
        "facets",
        "author",
        "scope",
        "effect",
        "time_zone",
        "email",
        "phone",
    ),
}


@cache
def read(name: str, language: str = settings.LANGUAGE_CODE) -> Any:
    """The contents of `name`.json, its texts in `language`. What is returned is shared: do not change it."""
    found = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found if language == settings.LANGUAGE_CODE else _translated(found, translations(language))


@cache
def translations(language: str) -> dict[str, str]:
    """{text as the files have it: the same in `language`}."""
    return json.loads((FOLDER / f"words.{language}.json").read_text(encoding="utf-8"))


def names(text: str) -> dict[str, str]:
    """The further names of a row called `text`: {"id": "Merah"}."""
    return {code: translations(code)[text] for code in wording.others() if text in translations(code)}


def _is_code(key: str, value: Any) -> bool:
    listed = value if isinstance(value, list) else [value]
    return key in CODES and all(isinstance(one, str) for one in listed)


def _translated(found: Any, words: dict[str, str]) -> Any:
    if isinstance(found, dict):
        return {key: value if _is_code(key, value) else _translated(value, words) for key, value in found.items()}
    if isinstance(found, list):
        return [_translated(value, words) for value in found]
    return words.get(found, found) if isinstance(found, str) else found


def block(kind: str, value: Any) -> dict[str, Any]:
    """One block of a stream, as StreamField stores it."""
    return {"type": kind, "value": value, "id": str(uuid4())}


def items(values: Iterable[Any]) -> list[dict[str, Any]]:
    """The value of a ListBlock, as StreamField stores it."""
    return [block("item", value) for value in values]


def stream(blocks: Iterable[dict[str, Any]]) -> str:
    """The value of a StreamField made of `blocks`."""
    return json.dumps(list(blocks))
