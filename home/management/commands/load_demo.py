"""manage.py load_demo: the demo shop, ready to be bought from."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from datetime import timedelta
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone
from wagtail.models import Page, ReferenceIndex
from wagtail.signal_handlers import disable_reference_index_auto_update

from home import demo
from shop.demo import catalogue, collections, delivery, orders, pages, people, pictures, promotions, reviews, wishes
from shop.storefront import indexing

FOR_SALE_SINCE = timedelta(days=60)  # so that somebody can have bought a thing before today
PAGES: dict[str, Callable[[Page], int]] = {
    "Category pages": pages.load_shop,
    "Product pages": pages.load_product_pages,
    "Pages of collections": collections.load_collection_pages,
    "Stories": demo.load_stories,
    "Help pages": demo.load_help,
    "Front page": demo.load_front_page,
    "Header and footer": demo.load_settings,
}


class Command(BaseCommand):
    help = "Loads the demo shop. Creates what is missing and touches nothing else, so it can be run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--quiet", action="store_true", help="say nothing but errors")
        parser.add_argument("--password", help="for the demo people; without it only a development shop gets them")
        parser.add_argument(
            "--no-renditions",
            action="store_true",
            help="leave sizes of pictures, and listings that show them, for later",
        )

        parser.add_argument("--no-orders", action="store_true", help="leave out what a customer has bought")

    def handle(
        self, *, quiet: bool, password: str | None, no_renditions: bool, no_orders: bool, **options: Any
    ) -> None:
        self.quiet = quiet
        started, made = monotonic(), 0
        with disable_reference_index_auto_update():  # each page is saved several times: once at the end is enough
            for words, load in self._steps(password, no_renditions, no_orders):
                made += self._run(words, load)
        if made:
            self._run("Where things are used", _write_down_what_is_used)
        seconds = monotonic() - started
        self._say(
            f"The demo shop is ready, in {seconds:.0f} s."
            if made
            else "The demo shop was there already: nothing changed."
        )
        self._say_who(password)

    def _steps(
        self, password: str | None, no_renditions: bool, no_orders: bool
    ) -> Iterator[tuple[str, Callable[[], int]]]:
        now = timezone.now()
        yield "Photographs", pictures.load_pictures
        yield "Currencies, brands, attributes, categories", catalogue.load_shelves
        yield "Zones, delivery and tax", delivery.load_delivery
        yield "Products with variants, prices and stock", lambda: catalogue.load_products(now - FOR_SALE_SINCE)
        yield "Promotions and codes", lambda: promotions.load_promotions(now)
        yield "Reviews", lambda: reviews.load_reviews(now)
        yield "Collections", lambda: collections.load_collections(now)
        for language, name in settings.LANGUAGES:
            for words, load in self._pages(language):
                yield f"{words}, {name}", load
        if secret := password or development_password():
            yield "People", lambda: people.load_people(secret)
            if not no_orders:
                yield "An order and its return", lambda: orders.load_orders(now)
            yield "A wishlist", lambda: wishes.load_wishes(now)
        if not no_renditions:
            yield "Sizes of the photographs", lambda: pictures.make_renditions(self._progress)
            yield "Listings", lambda: indexing.refresh(now=timezone.now(), seconds=600)

    def _pages(self, language: str) -> Iterator[tuple[str, Callable[[], int]]]:
        for words, load in PAGES.items():
            yield words, lambda load=load: load(demo.front_page(language))  # type: ignore[misc]

    def _run(self, words: str, load: Callable[[], int]) -> int:
        started = monotonic()
        made = load()
        result = f"{made} new" if made else "nothing new"
        self._say(f"  {words}: {result} ({monotonic() - started:.1f} s)")
        return made

    def _progress(self, done: int, total: int) -> None:
        if not self.quiet and sys.stdout.isatty():
            self.stdout.write(f"\r  Sizes of the photographs: {done} of {total}", ending="\r")

    def _say(self, words: str) -> None:
        if not self.quiet:
            self.stdout.write(words)

    def _say_who(self, password: str | None) -> None:
        secret = password or development_password()
        if not secret:
            self._say("No people were made: this is no development shop. Give them a --password if you want them.")
            return
        self._say(f"Log in with the password {secret} as:")
        for facts in people.people():
            self._say(f"  {facts['email']:<24}{facts['role'] or 'Customer'}: {facts['about']}")


def _write_down_what_is_used() -> int:
    call_command("rebuild_references_index", verbosity=0)
    return ReferenceIndex.objects.count()


def development_password() -> str | None:
    """The password that everybody knows, where it may be used; None on a shop that is not somebody's desk."""
    return settings.DEMO_PASSWORD if settings.DEBUG or getattr(settings, "DEV_TOOLS", False) else None
