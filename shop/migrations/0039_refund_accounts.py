"""Where a refund is to go that a person sends: told by its customer, while it waits."""

import django.db.models.deletion
from django.db import migrations, models

from shop.sql import TOLD_WHILE_IT_WAITS


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0038_reports'),
    ]

    operations = [
        migrations.CreateModel(
            name='RefundAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('bank_name', models.CharField(max_length=80)),
                ('account_number', models.CharField(help_text='Capital letters and digits, without spaces.', max_length=34)),
                ('account_holder', models.CharField(max_length=120)),
                ('told_at', models.DateTimeField()),
                ('refund', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='account', to='shop.refund')),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.CheckConstraint(condition=models.Q(('account_number__regex', '^[0-9A-Z]{5,34}$')), name='refund_account_number_sane')],
            },
        ),
        TOLD_WHILE_IT_WAITS,
    ]
