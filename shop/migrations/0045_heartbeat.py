"""When the clock and a worker were last heard."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0044_parcels_found'),
    ]

    operations = [
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('only', models.BooleanField(default=True, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.CheckConstraint(condition=models.Q(('only', True)), name='heartbeat_is_one')],
            },
        ),
    ]
