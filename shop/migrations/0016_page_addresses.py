"""Pages are found by their whole address; Wagtail brings no index for it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0015_listing_addresses"), ("wagtailcore", "0098_apitoken")]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX shop_page_address ON wagtailcore_page USING hash (url_path);",
            "DROP INDEX shop_page_address;",
        ),
    ]
