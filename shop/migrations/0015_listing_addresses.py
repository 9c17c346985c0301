"""Listed products know their address, which search engines are told."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0014_collection_pages")]

    operations = [
        migrations.AddField(
            model_name="listingrow",
            name="url",
            field=models.CharField(default="", help_text="Path of its page.", max_length=1000),
            preserve_default=False,
        ),
    ]
