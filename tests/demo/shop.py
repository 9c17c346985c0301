"""The demo shop for tests that look at it: loaded once per session, copied for each module that asks."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.test import override_settings
from django.utils import timezone
from wagtail.images.models import Filter

from config import testing
from shop.catalogue.models import Rendition
from shop.catalogue.pictures import PORTRAIT_SPECS, SCENE_SPECS, filters
from shop.demo import pictures
from shop.storefront import indexing

KEPT = "etalase_with_demo_shop"


@pytest.fixture(scope="session")
def demo_database(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, str]:
    """The name of a database that holds the demo shop, and the folder of its pictures: one for all workers of a session."""
    base = tmp_path_factory.getbasetemp()
    media = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "media-of-the-demo"
    source = testing.template()
    with testing.alone():
        if not media.exists():
            building = tmp_path_factory.mktemp("media")
            with (
                django_db_blocker.unblock(),
                override_settings(MEDIA_ROOT=str(building)),
            ):  # which also tells the storage
                load()
                connections.close_all()
            name = str(connection.settings_dict["NAME"])
            testing.renew_database(KEPT, name)
            testing.renew_database(name, source)
            building.rename(media)
    return KEPT, str(media)


def load() -> None:
    call_command("load_demo", quiet=True, no_renditions=True, no_orders=True)
    stand_in_for_sizes()
    indexing.refresh(now=timezone.now(), seconds=600)


def stand_in_for_sizes() -> None:
    """Rows for all sizes of all pictures that name the original files: no test waits for pictures to be resized."""
    sizes = [Filter(spec) for spec in filters(*PORTRAIT_SPECS, *SCENE_SPECS)]
    Rendition.objects.bulk_create(
        Rendition(
            image=picture,
            filter_spec=size.spec,
            focal_point_key=size.get_cache_key(picture),
            file=picture.file.name,
            width=picture.width,
            height=picture.height,
        )
        for picture in pictures.library().values()
        for size in sizes
    )


@pytest.fixture(scope="module")
def demo_shop_of_module(demo_database: tuple[str, str], django_db_blocker: Any) -> Iterator[str]:
    kept, media = demo_database
    with django_db_blocker.unblock():
        name = str(connection.settings_dict["NAME"])
        connections.close_all()
        testing.renew_database(name, kept)
    yield media
    with django_db_blocker.unblock():
        connections.close_all()
        testing.renew_database(name, testing.template())


@pytest.fixture
def demo_shop(demo_shop_of_module: str, settings: Any, db: None) -> None:
    """The whole demo shop, in this test's own transaction. For modules without transactional tests."""
    settings.MEDIA_ROOT = demo_shop_of_module
