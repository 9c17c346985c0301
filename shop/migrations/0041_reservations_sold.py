"""How much of a shelf was sold lately, and so how long it lasts, is read from an index alone."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # built beside the writing

    dependencies = [
        ("shop", "0040_mails_under_way"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="reservation",
            index=models.Index(
                condition=models.Q(("state__in", ["firm", "shipped"])),
                fields=["stock_item", "created_at"],
                include=["quantity"],
                name="reservation_sold",
            ),
        ),
    ]
