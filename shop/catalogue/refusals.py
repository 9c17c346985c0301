"""What the catalogue refuses, in words that a form can show."""

from typing import Any


class CatalogueError(Exception):
    """Base of the refusals. `field` is the form field it belongs beside (None: the whole form); `message` says why."""

    field: str | None = None
    message: Any = ""

    def __str__(self) -> str:
        return str(self.message)
