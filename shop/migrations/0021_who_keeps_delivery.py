"""Who says where parcels go and for how much: see shop.customers.roles."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0020_delivery_in_full")]

    operations = []  # roles follow by themselves, see shop.customers.roles
