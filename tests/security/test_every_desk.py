"""Every address of ours in the admin, and every role: what opens, what is refused, and what is not even shown.

The matrix names them all: a new address fails until it stands there. One shop with a little of everything serves all.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from unittest.mock import PropertyMock, patch

import pytest
from django.template.response import SimpleTemplateResponse
from django.test import Client
from django.urls import Resolver404, get_resolver, resolve, reverse
from django.urls.resolvers import URLPattern, URLResolver

from tests.security.matrix import DESKS
from tests.security.world import LETTERS, SETTINGS, a_bit_of_everything, address_of, staff

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

OURS = ("shop", "home", "search")
APPS = ("shop", "home", "shop_search")
READS = ("index", "list", "inspect", "history", "usage", "choose", "chosen")  # where nothing is posted
TWINS = ("_results", "chosen_multiple")  # the same view as another, asked for a part of its page
MATRIX = {
    f"{desk}{name}": letters
    for desk, rows in DESKS.items()
    for names, letters in rows.items()
    for name in names.split()
}
LINK = re.compile(r'(?:href="|"url": "|&quot;url&quot;: &quot;)(/admin/[^"&?#]*)')


class Found(NamedTuple):
    name: str
    address: str


def patterns() -> Iterator[tuple[str, URLPattern]]:
    """(name, pattern) of each address below /admin/."""

    def walk(entries: list, route: str, names: tuple[str, ...]) -> Iterator[tuple[str, URLPattern]]:
        for entry in entries:
            here = route + str(entry.pattern)
            if isinstance(entry, URLResolver):
                yield from walk(entry.url_patterns, here, (*names, *([entry.namespace] if entry.namespace else [])))
            elif isinstance(entry, URLPattern) and here.startswith("admin/"):
                yield ":".join([*names, str(entry.name)]), entry

    return walk(get_resolver().url_patterns, "", ())


def addresses() -> Iterator[Found]:
    """Each whose view or model is ours, about the first thing of its kind; and our settings."""
    every = list(patterns())
    models = {name.rpartition(":")[0]: model for name, entry in every if (model := _model_of(entry)) is not None}
    for name, entry in every:
        if name.endswith(TWINS):
            continue
        model = _model_of(entry) or models.get(name.rpartition(":")[0])
        if _is_ours(entry, name, model):
            yield Found(name, address_of(name, list(entry.pattern.regex.groupindex), model))
    for name, model in SETTINGS.items():
        first = model._default_manager.order_by("pk")[0]
        about = (model._meta.app_label, model._meta.model_name, getattr(first, "site_id", first.pk))
        yield Found(name, reverse("wagtailsettings:edit", args=about))


def _view_of(entry: URLPattern) -> Any:
    view: Any = entry.callback
    while not hasattr(view, "view_class") and hasattr(view, "__wrapped__"):
        view = view.__wrapped__
    return view


def _model_of(entry: URLPattern) -> Any:
    return getattr(_view_of(entry), "view_initkwargs", {}).get("model")


def _is_ours(entry: URLPattern, name: str, model: Any) -> bool:
    view = _view_of(entry)
    home = getattr(view, "view_class", view).__module__.partition(".")[0]
    meta = getattr(model, "_meta", None)
    if name.startswith("wagtailimages"):
        return False  # the library, see test_roles
    return "_modeladmin_" in name or home in OURS or (meta is not None and meta.app_label in APPS)


@pytest.fixture
def people() -> dict[str, Client]:
    signed_in = {}
    for letter, user in staff().items():
        signed_in[letter] = Client()
        signed_in[letter].force_login(user)
    return signed_in


def opens(client: Client, found: Found) -> bool:
    """Refused: sent home by the admin, or forbidden; then so is what is posted there."""
    response = client.get(found.address)
    if not is_refused(response):
        return True
    if not found.name.endswith(READS):
        posted = client.post(found.address)
        assert posted.status_code == 405 or is_refused(posted), found
    return False


def is_refused(response: Any) -> bool:
    assert response.status_code in (200, 302, 403, 404, 405), response.status_code
    return response.status_code == 403 or response.headers.get("Location") == "/admin/"


def test_what_opens_to_whom(people):
    a_bit_of_everything()
    opened = dict.fromkeys(MATRIX, "")
    # Whether a view lets somebody in is known before its template is; nothing is asked of that here.
    with patch.object(SimpleTemplateResponse, "rendered_content", PropertyMock(return_value="")):
        for found in list(addresses()):
            opened[found.name] = "".join(letter for letter, client in people.items() if opens(client, found))
    assert opened == MATRIX


# What is shown: the front of the admin with its menu, a desk of each kind, and the pages on which something can be done.
SHOWING = ["orders:index", "returns_desk:index", "product:index", "stock:index", "collection:index", "mails_log:index"]
ABOUT = [
    "orders:inspect",
    "returns_desk:inspect",
    "product:inspect",
    "stock:inspect",
    "collection:inspect",
    "mails_log:inspect",
]


def shown(client: Client, address: str) -> set[str]:
    """Names of our addresses that a page leads to, by its menu, links and buttons."""
    names = set()
    for link in LINK.findall(client.get(address).content.decode()):
        try:
            names.add(resolve(link).view_name)
        except Resolver404:
            raise AssertionError(f"{address} leads to {link}, which is nowhere") from None
    return names & MATRIX.keys()


def test_what_is_shown_opens_and_what_opens_to_the_owner_only_is_not_shown(people):
    """A role is shown exactly those of the owner's links that open to it."""
    a_bit_of_everything()
    where = {found.name: found.address for found in addresses()}
    pages = {"": "/admin/"} | {name: where[name] for name in (*SHOWING, *ABOUT)}
    for name, address in pages.items():
        owner = shown(people["O"], address)
        assert owner, f"{name} shows nothing"
        for letter, client in people.items():
            if name and letter not in MATRIX[name]:
                continue
            may = {link for link in owner if letter in MATRIX[link]}
            assert shown(client, address) == may, (name or "menu", LETTERS[letter])
