"""Metrics look at the last day of three long tables."""

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False  # built beside the writing

    dependencies = [
        ('shop', '0033_who_replays_webhooks'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='payment',
            index=django.contrib.postgres.indexes.BrinIndex(fields=['created_at'], name='payment_lately'),
        ),
        AddIndexConcurrently(
            model_name='paymenttransition',
            index=django.contrib.postgres.indexes.BrinIndex(fields=['at'], name='payment_moved_lately'),
        ),
        AddIndexConcurrently(
            model_name='webhookevent',
            index=django.contrib.postgres.indexes.BrinIndex(fields=['received_at'], name='webhook_lately'),
        ),
    ]
