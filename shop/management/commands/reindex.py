"""manage.py reindex: what listings and search read, computed anew."""

import os
import sys
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from shop.storefront.reindexing import reindex


class Command(BaseCommand):
    help = "Computes listings, collections and search documents anew and writes what differs. Can be run while selling."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--quiet", action="store_true", help="say nothing but errors")
        parser.add_argument("--processes", type=int, default=os.cpu_count(), help="side by side (one for each core)")

    def handle(self, *args: Any, quiet: bool, processes: int, **options: Any) -> None:
        started = monotonic()

        def progress(done: int, total: int) -> None:
            if not quiet and (sys.stdout.isatty() or done == total):
                self.stdout.write(f"\r{done} of {total} products", ending="" if done < total else "\n")

        count = reindex(now=timezone.now(), progress=progress, processes=processes)
        seconds = monotonic() - started
        if not quiet:
            self.stdout.write(f"{count} products in {seconds:.1f} s, {count / max(seconds, 0.001):.0f} a second")
