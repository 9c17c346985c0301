"""Prices are history, photographs have words, shelves know when more comes."""

from django.db import migrations, models

from shop.sql import only_its_end_moves


class Migration(migrations.Migration):
    dependencies = [("shop", "0005_doors_and_roles")]

    operations = [
        migrations.AlterModelOptions(
            name="stockitem",
            options={"ordering": ["name"], "verbose_name": "stock item", "verbose_name_plural": "stock"},
        ),
        migrations.AddField(
            model_name="stockitem",
            name="lead_days",
            field=models.PositiveSmallIntegerField(
                blank=True, help_text="Days until a unit that is still to come can be sent.", null=True
            ),
        ),
        migrations.AddField(
            model_name="stockitem",
            name="restock_on",
            field=models.DateField(blank=True, help_text="When more is expected, if that is known.", null=True),
        ),
        migrations.AlterField(
            model_name="productphoto",
            name="alt",
            field=models.CharField(
                help_text="What is to be seen, for those who cannot.",
                max_length=300,
                verbose_name="alternative text",
            ),
        ),
        only_its_end_moves("shop_pricewindow", "valid"),
    ]
