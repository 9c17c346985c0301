"""manage.py expire_orders: cancel what was not paid in time, now instead of within the minute."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from shop.checkout.settlement import expire_orders


class Command(BaseCommand):
    help = (
        "Cancels pending orders past their deadline: at their provider first, then their stock is anybody's again. The clock"
        " does the same each minute. Can be run twice, and beside it."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{expire_orders(now=timezone.now())} orders expired")
