"""manage.py seed_catalogue: a believable catalogue of any size, to see how the shop does at scale."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from shop.seed.seeding import MOST, SEEDS, seed_products
from shop.seed.shelves import lay_out, make_renditions
from shop.storefront.reindexing import reindex

TOLD_EVERY = 5  # seconds, where nobody watches


class Command(BaseCommand):
    help = "Fills the shop with generated products. Adds those that are missing and touches nothing else."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--products", type=int, required=True, metavar="N", help="how many there shall be")
        parser.add_argument("--seed", type=int, default=1, help="another number gives another catalogue (1)")
        parser.add_argument("--no-renditions", action="store_true", help="leave the sizes of pictures for later")
        parser.add_argument("--processes", type=int, default=os.cpu_count(), help="side by side (one for each core)")
        parser.add_argument("--no-index", action="store_true", help="leave listings and search to manage.py reindex")

    def handle(
        self, *, products: int, seed: int, no_renditions: bool, no_index: bool, processes: int, **options: Any
    ) -> None:
        if not 0 < products <= MOST:
            raise CommandError(f"--products must be from 1 to {MOST}.")
        if seed not in SEEDS:
            raise CommandError(f"--seed must be from {SEEDS[0]} to {SEEDS[-1]}.")
        self.started = self.told = monotonic()
        shop = lay_out()
        made = seed_products(
            shop, products=products, seed=seed, now=timezone.now(), progress=self._progress("Products")
        )
        if not no_renditions:
            make_renditions(shop.pictures, self._progress("Sizes of the photographs"))
        if made and not no_index:
            reindex(now=timezone.now(), progress=self._progress("In listings and search"), processes=processes)
        seconds = monotonic() - self.started
        self.stdout.write(
            f"{made} products are new, in {seconds:.0f} s." if made else "All of them were there: nothing changed."
        )

    def _progress(self, words: str) -> Callable[[int, int], None]:
        return lambda done, total: self._tell(f"{words}: {done} of {total}", last=done == total)

    def _tell(self, words: str, *, last: bool) -> None:
        """On a terminal one line that changes; elsewhere a line now and then."""
        line = f"  {words} ({monotonic() - self.started:.0f} s)"
        if sys.stdout.isatty():
            self.stdout.write(f"\r{line}", ending="\n" if last else "\r")
        elif last or monotonic() - self.told > TOLD_EVERY:
            self.told = monotonic()
            self.stdout.write(line)
