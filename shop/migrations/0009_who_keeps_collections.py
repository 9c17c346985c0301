"""Editors and merchandisers keep collections; see shop.customers.roles."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0008_listings")]

    operations = []  # roles follow by themselves, see shop.customers.roles
