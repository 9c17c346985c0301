"""Who says where parcels go and for how much: see shop.customers.roles."""

from django.db import migrations

from shop.customers.roles import sync_roles_migration


class Migration(migrations.Migration):
    dependencies = [("shop", "0020_delivery_in_full")]

    operations = [sync_roles_migration()]
