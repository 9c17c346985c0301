from typing import Any

from django.core.management.base import BaseCommand

from shop.customers.roles import ROLES, sync_roles


class Command(BaseCommand):
    help = "Give the five groups of shop.customers.roles exactly the permissions written there. Can be run again."

    def handle(self, *args: Any, **options: Any) -> None:
        changed = sync_roles()
        for name in ROLES:
            self.stdout.write(f"{name}: {'brought up to date' if name in changed else 'as it should be'}")
