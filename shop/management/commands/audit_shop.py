import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from shop.audit import Finding, audit

SHOWN = 20


class Command(BaseCommand):
    help = "Computes anew what must hold in the shop's tables; prints each breach and exits 1 if there is one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="for programs: all breaches, and how long each check took"
        )

        everything = "compare the listings of all products, a millisecond a row; else those of 500, each hour others"
        parser.add_argument("--whole", action="store_true", help=everything)

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        findings = audit(now=now, whole=options["whole"])
        count = sum(len(finding.breaches) for finding in findings)
        if options["json"]:
            report = {"at": now.isoformat(), "breaches": count, "checks": [asdict(finding) for finding in findings]}
            self.stdout.write(json.dumps(report, indent=1, ensure_ascii=False))
        else:
            for finding in findings:
                self._print(finding)
            self.stdout.write(f"{len(findings)} checks, {count} breaches")
        if count:
            raise SystemExit(1)

    def _print(self, finding: Finding) -> None:
        if not finding.breaches:
            self.stdout.write(self.style.SUCCESS("ok      ") + f"{finding.name}: {finding.rule}")
            return
        found = f"{len(finding.breaches):<7} "
        self.stdout.write(self.style.ERROR(found) + f"{finding.name}: {finding.rule}")
        for breach in finding.breaches[:SHOWN]:
            self.stdout.write(f"          {breach}")
        if len(finding.breaches) > SHOWN:
            self.stdout.write(f"          and {len(finding.breaches) - SHOWN} more")
