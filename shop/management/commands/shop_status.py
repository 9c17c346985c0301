import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from django.utils import timezone

from shop.management.status import Line, status


class Command(BaseCommand):
    help = "Says what waits, for how long, and whether clock, disk and migrations are well; exits 1 if one is not."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs: every value with its limit")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        try:
            lines = status(now=now)
        except OperationalError as error:
            raise CommandError(
                f"The database does not answer: {str(error).partition(chr(10))[0]}", returncode=2
            ) from None
        well = all(line.is_well for line in lines)
        if options["json"]:
            report = {"at": now.isoformat(), "well": well, "checks": [asdict(line) for line in lines]}
            self.stdout.write(json.dumps(report, indent=1, ensure_ascii=False))
        else:
            for line in lines:
                self._print(line)
        if not well:
            raise SystemExit(1)

    def _print(self, line: Line) -> None:
        mark = self.style.SUCCESS("ok   ") if line.is_well else self.style.ERROR("LOOK ")
        self.stdout.write(f"{mark}{line.name:<16} {line.said}")
