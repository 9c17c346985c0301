"""Tables of the catalogue that somebody sent, and what becomes of each of their lines."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("shop", "0047_customers"),
    ]

    operations = [
        migrations.CreateModel(
            name="CatalogueFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("headings", models.JSONField()),
                ("columns", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("mapping", "columns to be named"),
                            ("checking", "being looked at"),
                            ("checked", "looked at"),
                            ("applying", "being applied"),
                            ("stopped", "stopped"),
                            ("done", "applied"),
                        ],
                        default="mapping",
                        max_length=10,
                    ),
                ),
                ("may_count", models.BooleanField(default=False)),
                ("language", models.CharField(max_length=10)),
                ("actor", models.CharField(max_length=254)),
                ("created_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
            ],
            options={"verbose_name": "catalogue file", "ordering": ["-pk"], "default_permissions": ()},
        ),
        migrations.CreateModel(
            name="CatalogueLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "number",
                    models.PositiveIntegerField(help_text="Its place in the file, where 1 is the row of headings."),
                ),
                ("cells", models.JSONField()),
                ("code", models.CharField(blank=True, max_length=100)),
                ("sku", models.CharField(blank=True, help_text="In small letters.", max_length=64)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("waiting", "not looked at yet"),
                            ("ready", "will be applied"),
                            ("same", "changes nothing"),
                            ("refused", "cannot be applied"),
                            ("applied", "applied"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("told", models.JSONField(default=list)),
                ("applied_at", models.DateTimeField(null=True)),
                (
                    "file",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="shop.cataloguefile",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["file", "outcome", "number"], name="catalogue_line_outcome"),
                    models.Index(fields=["file", "sku"], name="catalogue_line_sku"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("file", "number"), name="catalogue_line_unique"),
                    models.CheckConstraint(
                        condition=Q(outcome="applied", applied_at__isnull=False)
                        | ~Q(outcome="applied") & Q(applied_at__isnull=True),
                        name="catalogue_line_applied_once",
                    ),
                ],
            },
        ),
    ]
