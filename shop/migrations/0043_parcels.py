"""An order may leave in several parcels, each packed first; together they hold no more than is to be sent."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

from shop.sql import PARCELS_WITHIN_ORDERED, RETURNED_WITHIN_LEFT, WHAT_HAS_LEFT_STAYS


class Migration(migrations.Migration):
    accepts = {"AddConstraint": "an index over parcels is built in the blink of an eye"}

    dependencies = [
        ('shop', '0042_exports_and_newsletter_block'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='fulfilment',
            options={'ordering': ['position']},
        ),
        migrations.AddField(
            model_name='fulfilment',
            name='key',
            field=models.UUIDField(editable=False, help_text='One parcel per form, however often it is sent.', null=True),
        ),
        migrations.AddField(
            model_name='fulfilment',
            name='packed_at',
            field=models.DateTimeField(help_text='Not known of what left before this was noted.', null=True),
        ),
        migrations.AddField(
            model_name='fulfilment',
            name='packed_by',
            field=models.CharField(blank=True, db_default='', default='', max_length=254),
        ),
        migrations.AddField(
            model_name='fulfilment',
            name='position',
            field=models.PositiveSmallIntegerField(db_default=1, default=1, help_text='Counts the parcels of its order.'),
        ),
        migrations.AlterField(
            model_name='fulfilment',
            name='actor',
            field=models.CharField(blank=True, help_text='Who handed it over.', max_length=254),
        ),
        migrations.AlterField(
            model_name='fulfilment',
            name='carrier',
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AlterField(
            model_name='fulfilment',
            name='shipped_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name='fulfilment',
            constraint=models.UniqueConstraint(fields=('order', 'position'), name='fulfilment_position'),
        ),
        migrations.AddConstraint(
            model_name='fulfilment',
            constraint=models.UniqueConstraint(fields=('key',), name='fulfilment_key'),
        ),
        AddConstraintNotValid(
            model_name='fulfilment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('actor', ''), ('carrier', ''), ('shipped_at__isnull', True), ('tracking_number', ''), ('tracking_url', '')), models.Q(('shipped_at__isnull', False), models.Q(('carrier', ''), _negated=True)), _connector='OR'), name='fulfilment_leaves_with_carrier'),
        ),
        PARCELS_WITHIN_ORDERED,
        WHAT_HAS_LEFT_STAYS,
        RETURNED_WITHIN_LEFT,
    ]
