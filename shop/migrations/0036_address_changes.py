"""Where an order went before its address was changed, apart from its timeline."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0035_finding_orders'),
    ]

    operations = [
        migrations.CreateModel(
            name='AddressChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('old', models.JSONField()),
                ('new', models.JSONField()),
                ('event', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='address_change', to='shop.orderevent')),
            ],
            options={
                'default_permissions': (),
            },
        ),
    ]
