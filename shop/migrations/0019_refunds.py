"""Money on its way back, the providers' names of their parts, and who may send it back."""

import django.db.models.deletion
import shop.money
from django.db import migrations, models

from shop.sql import REFUNDS_WITHIN_CAPTURED, append_only

class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0018_looks'),
    ]

    operations = [
        migrations.CreateModel(
            name='ProviderObject',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(max_length=20)),
                ('ref', models.CharField(max_length=100)),
                ('kind', models.CharField(choices=[('charge', 'charge'), ('refund', 'refund'), ('dispute', 'dispute')], max_length=10)),
            ],
        ),
        migrations.CreateModel(
            name='Refund',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.UUIDField(help_text='One refund per form, however often it is sent.', unique=True)),
                ('amount', shop.money.AmountField(decimal_places=2, max_digits=14)),
                ('shipping', shop.money.AmountField(decimal_places=2, default=0, help_text='How much of it is for the delivery.', max_digits=14)),
                ('state', models.CharField(choices=[('created', 'to be sent'), ('submitted', 'being sent'), ('pending', 'on its way'), ('succeeded', 'refunded'), ('failed', 'failed'), ('cancelled', 'withdrawn')], default='created', max_length=12)),
                ('reason', models.CharField(max_length=200)),
                ('provider_ref', models.CharField(blank=True, max_length=100)),
                ('external', models.BooleanField(default=False, help_text='Made at the provider, not here.')),
                ('manual', models.BooleanField(default=False, help_text='Paid out by a person, not by the provider.')),
                ('requested_by', models.CharField(max_length=254)),
                ('error', models.CharField(blank=True, help_text='Why it failed, or is not through yet.', max_length=200)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('next_try_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='RefundLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField()),
                ('amount', shop.money.AmountField(decimal_places=2, help_text='With its share of discount and tax.', max_digits=14)),
                ('tax', shop.money.AmountField(decimal_places=2, default=0, help_text='The tax in it.', max_digits=14)),
                ('restock', models.BooleanField(default=False, help_text='Back on the shelf; before it has left: not sent at all.')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='RefundTransition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('old', models.CharField(max_length=12)),
                ('new', models.CharField(max_length=12)),
                ('source', models.CharField(help_text='webhook, sweep, submit ... or the person who did it by hand', max_length=254)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.AlterModelOptions(
            name='order',
            options={'ordering': ['-pk'], 'permissions': [('ship_order', 'Can ship orders'), ('cancel_order', 'Can cancel orders'), ('refund_order', 'Can refund orders')]},
        ),
        migrations.AddField(
            model_name='orderline',
            name='dropped',
            field=models.PositiveIntegerField(default=0, help_text='Units of it that were paid back instead of sent.'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('dropped__lte', models.F('quantity'))), name='order_line_dropped_bounded'),
        ),
        migrations.AddField(
            model_name='providerobject',
            name='payment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='provider_objects', to='shop.payment'),
        ),
        migrations.AddField(
            model_name='refund',
            name='payment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='shop.payment'),
        ),
        migrations.AddField(
            model_name='refundline',
            name='line',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refund_lines', to='shop.orderline'),
        ),
        migrations.AddField(
            model_name='refundline',
            name='refund',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='shop.refund'),
        ),
        migrations.AddField(
            model_name='refundtransition',
            name='refund',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transitions', to='shop.refund'),
        ),
        migrations.AddConstraint(
            model_name='providerobject',
            constraint=models.UniqueConstraint(fields=('provider', 'ref'), name='provider_object_once'),
        ),
        migrations.AddIndex(
            model_name='refund',
            index=models.Index(condition=models.Q(('next_try_at__isnull', False)), fields=['next_try_at'], name='refund_to_try'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0), ('shipping__gte', 0), ('shipping__lte', models.F('amount'))), name='refund_amounts_sane'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.UniqueConstraint(condition=models.Q(('provider_ref', ''), _negated=True), fields=('payment', 'provider_ref'), name='refund_ref_unique'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('external', True), ('manual', True), _negated=True), name='refund_of_one_kind'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('settled_at__isnull', False), ('state__in', ['succeeded', 'failed', 'cancelled'])), models.Q(('settled_at__isnull', True), ('state__in', ['created', 'submitted', 'pending'])), _connector='OR'), name='refund_settled_once'),
        ),
        migrations.AddConstraint(
            model_name='refundline',
            constraint=models.UniqueConstraint(fields=('refund', 'line'), name='refund_line_unique'),
        ),
        migrations.AddConstraint(
            model_name='refundline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='refund_line_of_something'),
        ),
        migrations.AddConstraint(
            model_name='refundline',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', 0), ('tax__gte', 0)), name='refund_line_not_negative'),
        ),
        REFUNDS_WITHIN_CAPTURED,
        append_only("shop_refundline"),
        append_only("shop_refundtransition"),
    ]
