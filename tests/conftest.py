"""What every test stands on; the work is done in `config.testing`."""

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from hypothesis import HealthCheck, settings

from config import celery_app, testing
from search import log
from shop.catalogue import currency
from shop.outbox import operations as outbox
from shop.storefront import answers, edition, indexing, visits

pytest_plugins = ["tests.demo.shop"]

# Rooms whose tests look at what Wagtail writes down.
READERS = {"delivery", "demo", "home", "merchandising", "search", "seed"}
DATABASES = {"db", "transactional_db", "live_server", "demo_database"}
NO_LISTING = ("/cart/add/", "/checkout/", "/orders/", "/payments/")

# A busy machine is slow, and that is no fault of what is tested.
settings.register_profile("etalase", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("etalase")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what asks the database, however it says so: `make test-fast` is for what does not."""
    for item in items:
        if item.get_closest_marker("django_db") or DATABASES & set(getattr(item, "fixturenames", ())):
            item.add_marker("database")


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the garbage collector need not walk through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """Each worker's own database; transactional tests get it anew, with Wagtail's root page in it."""
    with django_db_blocker.unblock(), testing.test_database():
        yield


def pytest_sessionfinish() -> None:
    """What the last test has gathered is nobody's."""
    for gathered in (visits.gathered, log.gathered):
        gathered.clear()


@pytest.fixture(scope="session", autouse=True)
def celery_tasks() -> None:
    """The tasks of all rooms, as a worker knows them, for tests that run the outbox themselves."""
    celery_app.loader.import_default_modules()


@pytest.fixture(autouse=True)
def nothing_kept_of_another_test() -> None:
    """Currencies, ranks and counts are kept for a minute, visits gather, and each test has a shop of its own; a page that
    was visited leaves its language active.
    """
    translation.deactivate()
    cache.clear()
    for gathered in (visits.gathered, log.gathered):
        gathered.clear()
    currency.forget()
    edition.forget()
    answers.shelf.clear()
    outbox._comes_at.clear()
    outbox._broker_away_until = float("-inf")


class _NoTask:
    def enqueue(self, *args: Any) -> None:
        """Leave it."""


@pytest.fixture(autouse=True)
def wagtail_keeps_no_books(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """At each save Wagtail writes down where a thing is used and how its search finds it, which costs more than the save.

    Where tests only need something to sell, nobody looks at either.
    """
    room = request.path.relative_to(request.config.rootpath / "tests").parts[0]
    if room not in READERS and not request.node.get_closest_marker("browser"):
        monkeypatch.setattr("wagtail.signal_handlers.update_reference_index_task", _NoTask())
        monkeypatch.setattr("modelsearch.signal_handlers.insert_or_update_object_task", _NoTask())


@pytest.fixture(autouse=True)
def listings_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a visit, the notes of what is out of date are acted on, as a worker does after each commit.

    Not before a visit to the tills, which read what is true and no listing.
    """
    noted: list[bool] = []
    at_the_tills: list[bool] = []
    note, visit, count = outbox.stale, Client.request, CaptureQueriesContext.__enter__

    def stale(*args: Any, **kwargs: Any) -> None:
        note(*args, **kwargs)
        noted.append(True)

    def follow() -> None:
        if noted:
            noted.clear()
            indexing.refresh(now=timezone.now())

    def request(self: Client, **facts: Any) -> Any:
        at_the_tills[:] = [True] if str(facts["PATH_INFO"]).startswith(NO_LISTING) else []
        if not at_the_tills:
            follow()
        return visit(self, **facts)

    def counting(self: CaptureQueriesContext) -> Any:
        if not at_the_tills:
            follow()  # statements of a worker are no statements of a page
        return count(self)

    monkeypatch.setattr(outbox, "stale", stale)
    monkeypatch.setattr(CaptureQueriesContext, "__enter__", counting)
    monkeypatch.setattr(Client, "request", request)


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> Iterator[None]:
    """No test reaches another machine."""
    with testing.loopback_only():
        yield


@pytest.fixture(scope="session")
def base_url() -> None:
    """Tests name whole addresses. Stands in for pytest-playwright's own fixture, which pytest 9 warns of."""


@pytest.fixture(autouse=True)
def no_page_stays_open(request: pytest.FixtureRequest) -> Iterator[None]:
    """Pages that were left open would go on asking their servers, and cost every later test its time."""
    browser = request.getfixturevalue("browser") if request.node.get_closest_marker("browser") else None
    yield
    for context in browser.contexts if browser else ():
        context.close()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    """Launch the Chromium of this machine, kept off every network."""
    chromium = testing.find_chromium()
    if chromium is None:
        pytest.fail(f"The browser tests need Chromium. Type: {testing.INSTALL_CHROMIUM}")
    return {
        **browser_type_launch_args,
        "executable_path": chromium,
        "args": [*browser_type_launch_args.get("args", []), *testing.CHROMIUM_ARGUMENTS],
    }
