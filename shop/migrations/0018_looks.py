"""A card shows the colour that is asked for."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0017_promotions")]

    operations = [
        migrations.AddField(
            model_name="listingrow",
            name="looks",
            field=models.JSONField(
                default=dict,
                help_text="{id of a colour: [sku, photograph]}: what the card shows where that colour is asked for.",
            ),
        ),
    ]
