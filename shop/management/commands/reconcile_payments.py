"""manage.py reconcile_payments: what the providers say of our payments against what we say."""

import sys
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from shop.checkout.reconciliation import RECENT, Report, ledger_report


class Command(BaseCommand):
    help = (
        "Asks the providers about every open and recent payment, books what they know better, and prints each difference."
        " Exits 1 when there was one, or no answer. Can be run at any time, and twice."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=RECENT.days, help="how far back (default: %(default)s)")
        parser.add_argument("--dry-run", action="store_true", help="only compare, book nothing")

    def handle(self, *args: Any, days: int, dry_run: bool, **options: Any) -> None:
        report = ledger_report(
            now=timezone.now(), recent=timedelta(days=days), book=not dry_run, progress=self._progress
        )
        self._print(report)
        if not report.is_clean:
            raise SystemExit(1)

    def _progress(self, done: int, of: int) -> None:
        if sys.stdout.isatty() or done == of:
            self.stdout.write(f"\r{done} of {of} payments", ending="" if done < of else "\n")

    def _print(self, report: Report) -> None:
        for difference in report.differences:
            self.stdout.write(self.style.ERROR("differs ") + str(difference))
        for words in report.unanswered:
            self.stdout.write(self.style.WARNING("silent  ") + words)
        for (provider, currency), sums in sorted(report.sums.items()):
            self.stdout.write(
                f"{provider} {currency}: captured {sums.captured:.2f} here, {sums.their_captured:.2f} there; "
                f"refunded {sums.refunded:.2f} here, {sums.their_refunded:.2f} there"
            )
        count = len(report.differences)
        self.stdout.write(
            f"{report.looked_at} payments, {count} differences, {len(report.unanswered)} without an answer"
        )
