"""Reports find what was paid, paid back and taken back in a time; and who may read them."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # built beside the writing

    dependencies = [
        ('shop', '0037_recommendations'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='order',
            options={'ordering': ['-pk'], 'permissions': [('ship_order', 'Can ship orders'), ('cancel_order', 'Can cancel orders'), ('refund_order', 'Can refund orders'), ('view_reports', 'Can view reports')]},
        ),
        AddIndexConcurrently(
            model_name='orderevent',
            index=models.Index(condition=models.Q(('kind', 'processing')), fields=['at'], name='order_sold'),
        ),
        AddIndexConcurrently(
            model_name='paymenttransition',
            index=models.Index(condition=models.Q(('new', 'reversed')), fields=['at'], name='payment_taken_back'),
        ),
        AddIndexConcurrently(
            model_name='refund',
            index=models.Index(condition=models.Q(('state', 'succeeded')), fields=['settled_at'], name='refund_through'),
        ),
    ]
