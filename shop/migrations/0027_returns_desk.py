"""What customers send back, its desk, and who may decide. Roles: see 0005."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
import django.db.models.lookups
import shop.money
import shop.returns.models
from django.db import migrations, models

from shop.sql import RETURNED_WITHIN_SHIPPED


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0026_parts_of_payments'),
    ]

    operations = [
        migrations.CreateModel(
            name='Return',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(help_text='Stands on the parcel, such as RT-1001.', max_length=30, unique=True, verbose_name='number')),
                ('key', models.UUIDField(help_text='One return per form, however often it is sent.', unique=True)),
                ('state', models.CharField(choices=[('requested', 'to be decided'), ('approved', 'to be sent back'), ('declined', 'declined'), ('received', 'arrived'), ('refunded', 'refunded'), ('closed', 'closed without money'), ('withdrawn', 'withdrawn')], default='requested', max_length=10, verbose_name='state')),
                ('words', models.TextField(blank=True, verbose_name="customer's words")),
                ('answer', models.TextField(blank=True, help_text='The last one; the customer reads it.', verbose_name='our answer')),
                ('send_by', models.DateField(blank=True, null=True, verbose_name='to be sent by')),
                ('created_at', models.DateTimeField(verbose_name='asked for')),
                ('moved_at', models.DateTimeField(help_text='When it came into its state.', verbose_name='since')),
            ],
            options={
                'verbose_name': 'return',
                'verbose_name_plural': 'returns',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='ReturnLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField()),
                ('reason', models.CharField(choices=[('wrong', 'Wrong size or colour'), ('damaged', 'It is damaged'), ('not_as_described', 'Not as described'), ('changed_mind', 'I changed my mind'), ('other', 'Something else')], max_length=20)),
                ('value', shop.money.AmountField(decimal_places=2, help_text='What was paid for these units, with their share of discount and tax.', max_digits=14)),
                ('received', models.PositiveIntegerField(blank=True, null=True)),
                ('outcome', models.CharField(blank=True, choices=[('restock', 'back on the shelf'), ('write_off', 'written off')], max_length=10)),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='ReturnPhoto',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file', models.ImageField(height_field='height', upload_to=shop.returns.models.photo_path, width_field='width')),
                ('width', models.PositiveIntegerField()),
                ('height', models.PositiveIntegerField()),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.AddField(
            model_name='orderline',
            name='returned',
            field=models.PositiveIntegerField(db_default=0, default=0, help_text='Units of it that came back in a return.'),
        ),
        migrations.AddField(
            model_name='returnpolicy',
            name='address',
            field=models.TextField(blank=True, db_default='', help_text='As it is written on the parcel. Whoever may send it reads it.', verbose_name='address for returns'),
        ),
        migrations.AddField(
            model_name='returnpolicy',
            name='instructions',
            field=models.TextField(blank=True, db_default='', help_text='What else to do: which courier, what to put in, how to pack.', verbose_name='instructions'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('returned__lte', django.db.models.expressions.CombinedExpression(models.F('quantity'), '-', models.F('dropped')))), name='order_line_returned_bounded'),
        ),
        migrations.AddField(
            model_name='return',
            name='order',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='returns', to='shop.order', verbose_name='order'),
        ),
        migrations.AddField(
            model_name='return',
            name='refund',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='return_of_goods', to='shop.refund'),
        ),
        migrations.AddField(
            model_name='returnline',
            name='line',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='return_lines', to='shop.orderline'),
        ),
        migrations.AddField(
            model_name='returnline',
            name='rma',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='shop.return'),
        ),
        migrations.AddField(
            model_name='returnphoto',
            name='rma',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='photos', to='shop.return'),
        ),
        migrations.AddIndex(
            model_name='return',
            index=models.Index(fields=['state', 'moved_at'], name='return_state'),
        ),
        migrations.AddConstraint(
            model_name='return',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('refund__isnull', False), ('state', 'refunded')), models.Q(models.Q(('state', 'refunded'), _negated=True), ('refund__isnull', True)), _connector='OR'), name='return_refunded_has_refund'),
        ),
        migrations.AddConstraint(
            model_name='return',
            constraint=models.CheckConstraint(condition=models.Q(django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length('words'), 1000), django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length('answer'), 1000)), name='return_words_are_short'),
        ),
        migrations.AddConstraint(
            model_name='returnline',
            constraint=models.UniqueConstraint(fields=('rma', 'line'), name='return_line_unique'),
        ),
        migrations.AddConstraint(
            model_name='returnline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0), ('value__gte', 0)), name='return_line_of_something'),
        ),
        migrations.AddConstraint(
            model_name='returnline',
            constraint=models.CheckConstraint(condition=models.Q(('received__isnull', True), ('received__lte', models.F('quantity')), _connector='OR'), name='return_received_bounded'),
        ),
        migrations.AddConstraint(
            model_name='returnline',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome', ''), models.Q(('received__isnull', True), ('received', 0), _connector='OR')), models.Q(models.Q(('outcome', ''), _negated=True), ('received__gt', 0)), _connector='OR'), name='return_outcome_of_received'),
        ),
        RETURNED_WITHIN_SHIPPED,
        migrations.RunSQL(
            "CREATE SEQUENCE shop_return_number START 1001;", "DROP SEQUENCE shop_return_number;"
        ),
    ]
