"""Everybody who has an account or has ordered, by e-mail, for the customers desk."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


# Each of the three finds one address by an index of its own.
CUSTOMERS = migrations.RunSQL(
    """
    CREATE VIEW shop_customer AS
    SELECT CASE WHEN max(user_id) IS NULL THEN 'g' || min(order_id) ELSE 'a' || max(user_id) END AS id,
           email, max(user_id) AS user_id, coalesce(max(name), '') AS name, count(order_id) AS order_count,
           max(order_id) AS newest_id, max(placed_at) AS last_order, min(since) AS since
      FROM (
        SELECT email, id AS user_id, name, NULL::bigint AS order_id, NULL::timestamptz AS placed_at,
               date_joined AS since
          FROM shop_user WHERE NOT is_staff
         UNION ALL
        SELECT u.email, u.id, u.name, o.id, o.placed_at, o.placed_at
          FROM shop_order o JOIN shop_user u ON u.id = o.user_id
         UNION ALL
        SELECT lower(email), NULL, NULL, id, placed_at, placed_at
          FROM shop_order WHERE user_id IS NULL AND email <> ''
      ) known
     GROUP BY email
    """,
    "DROP VIEW shop_customer",
)


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0046_page_views'),
    ]

    operations = [
        migrations.CreateModel(
            name='Customer',
            fields=[
                ('id', models.CharField(max_length=21, primary_key=True, serialize=False)),
                ('email', models.EmailField(max_length=254, verbose_name='e-mail')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('name', models.CharField(help_text='That of the account.', max_length=200, verbose_name='name')),
                ('order_count', models.PositiveIntegerField(verbose_name='orders')),
                ('newest', models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='shop.order')),
                ('last_order', models.DateTimeField(null=True, verbose_name='last order')),
                ('since', models.DateTimeField(verbose_name='since')),
            ],
            options={
                'verbose_name': 'customer',
                'verbose_name_plural': 'customers',
                'db_table': 'shop_customer',
                'permissions': [('erase_customer', 'Can ask for a customer to be forgotten')],
                'managed': False,
                'default_permissions': ('view', 'export'),
            },
        ),
        CUSTOMERS,
    ]
