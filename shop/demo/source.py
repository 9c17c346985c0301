"""The demo shop's words, numbers and photographs as they stand in the files beside this one."""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

FOLDER = Path(__file__).parent
PICTURES = FOLDER / "pictures"
ACTOR = "load_demo"


@cache
def read(name: str) -> Any:
    """The contents of `name`.json. What is returned is shared: do not change it."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def block(kind: str, value: Any) -> dict[str, Any]:
    """One block of a stream, as StreamField stores it."""
    return {"type": kind, "value": value, "id": str(uuid4())}


def items(values: Iterable[Any]) -> list[dict[str, Any]]:
    """The value of a ListBlock, as StreamField stores it."""
    return [block("item", value) for value in values]


def stream(blocks: Iterable[dict[str, Any]]) -> str:
    """The value of a StreamField made of `blocks`."""
    return json.dumps(list(blocks))
