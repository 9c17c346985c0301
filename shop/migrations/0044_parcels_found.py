"""What is packed and still here is found without reading what has left. Built beside the writing."""

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("shop", "0043_parcels"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="fulfilment",
            index=models.Index(fields=["order"], name="fulfilment_here", condition=models.Q(shipped_at__isnull=True)),
        ),
        ValidateConstraint(model_name="fulfilment", name="fulfilment_leaves_with_carrier"),
    ]
