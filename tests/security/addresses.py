"""Every address of a URL configuration, for tests that walk them all."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace

from django.urls import URLPattern, get_resolver
from django.urls.resolvers import URLResolver

from config.middleware import undeclared


def walk(patterns: list | None = None, route: str = "") -> Iterator[tuple[str, Callable]]:
    """(route, view) of each pattern below `patterns`; all of the site's without an argument."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        here = route + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from walk(entry.url_patterns, here)
        elif isinstance(entry, URLPattern):
            yield here, entry.callback


def complaints(patterns: list | None = None) -> list[str]:
    """What AccessRequired would say, for each view that does not declare its access."""
    found = ((route, undeclared(view, SimpleNamespace(route=route))) for route, view in walk(patterns))
    return [f"{route}: {complaint}" for route, complaint in found if complaint]
