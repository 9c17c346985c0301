"""Bring the database of a desk up to date: `python -m config.prepare` migrates, and fills an empty shop."""

import os
import sys


def main() -> int:
    """Migrate, and load the demo shop unless there is a product. Repeating it changes nothing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    import django
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    django.setup()
    executor = MigrationExecutor(connection)
    if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        print(f"Preparing the database: {len(plan)} migrations", flush=True)
        call_command("migrate", verbosity=0)
    from shop.catalogue.models import Product

    if not Product.objects.exists():
        print("Filling the shop with its demo", flush=True)
        call_command("load_demo")
    return 0


if __name__ == "__main__":
    sys.exit(main())
