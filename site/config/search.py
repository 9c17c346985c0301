"""Wagtail's search in PostgreSQL, told to fold accents in what it completes, too."""

from typing import Any

from modelsearch.backends.database.postgres.postgres import PostgresSearchBackend


class SearchBackend(PostgresSearchBackend):
    """`AUTOCOMPLETE_SEARCH_CONFIG`: the text search configuration for beginnings of words. One that keeps endings."""

    def __init__(self, params: dict[str, Any]) -> None:
        super().__init__(params)
        self.autocomplete_config = params.get("AUTOCOMPLETE_SEARCH_CONFIG", self.autocomplete_config)
