"""manage.py seed_orders: believable orders of any number, to see how the desk does at scale."""

import sys
from argparse import ArgumentParser
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from shop.seed.orders import NothingForSale, seed_orders
from shop.seed.seeding import SEEDS


class Command(BaseCommand):
    help = (
        "Fills the shop with generated orders of what it sells. Adds those that are missing and touches nothing else."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--orders", type=int, required=True, metavar="N", help="how many there shall be")
        parser.add_argument("--seed", type=int, default=1, help="another number gives other orders (1)")

    def handle(self, *, orders: int, seed: int, **options: Any) -> None:
        if orders < 1:
            raise CommandError("--orders must be 1 or more.")
        if seed not in SEEDS:
            raise CommandError(f"--seed must be from {SEEDS[0]} to {SEEDS[-1]}.")
        started = monotonic()

        def progress(done: int, of: int) -> None:
            if sys.stdout.isatty() or done == of:
                self.stdout.write(f"\r{done} of {of} orders", ending="" if done < of else "\n")

        try:
            made = seed_orders(orders=orders, seed=seed, now=timezone.now(), progress=progress)
        except NothingForSale:
            raise CommandError("There is nothing for sale: load_demo or seed_catalogue first.") from None
        self.stdout.write(
            f"{made} orders are new, in {monotonic() - started:.0f} s. What sells best: manage.py reindex."
            if made
            else "All of them were there: nothing changed."
        )
