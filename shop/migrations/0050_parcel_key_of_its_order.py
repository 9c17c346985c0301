"""The key of a parcel's form counts within its order: one that was sent for another order makes a parcel, and no error."""

from django.db import migrations, models


class Migration(migrations.Migration):
    accepts = {"AddConstraint": "an index over parcels is built in the blink of an eye"}

    dependencies = [
        ('shop', '0049_heartbeat_of_each_queue'),
    ]

    operations = [
        migrations.RemoveConstraint(model_name='fulfilment', name='fulfilment_key'),
        migrations.AddConstraint(
            model_name='fulfilment',
            constraint=models.UniqueConstraint(fields=('order', 'key'), name='fulfilment_key'),
        ),
    ]
