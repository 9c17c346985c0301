"""Finance may have a provider's message worked on again."""

from django.db import migrations

from shop.customers.roles import sync_roles_migration


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0032_forgetting'),
    ]

    operations = [
        sync_roles_migration(),
    ]
