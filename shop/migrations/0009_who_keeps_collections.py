"""Editors and merchandisers keep collections; see shop.customers.roles."""

from django.db import migrations

from shop.customers.roles import sync_roles_migration


class Migration(migrations.Migration):
    dependencies = [("shop", "0008_listings")]

    operations = [sync_roles_migration()]
