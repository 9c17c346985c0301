"""What the tables must promise beyond constraints: history that stays, and order numbers without a race."""

from django.db import migrations

from shop.sql import APPEND_ONLY_FUNCTION, append_only


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_the_shop")]

    operations = [
        APPEND_ONLY_FUNCTION,
        *[
            append_only(table)
            for table in ("shop_auditentry", "shop_stockmovement", "shop_orderevent", "shop_paymenttransition")
        ],
        migrations.RunSQL(
            "CREATE SEQUENCE shop_order_number START 10001;", "DROP SEQUENCE shop_order_number;"
        ),
    ]
