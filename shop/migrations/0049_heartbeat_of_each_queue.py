"""When the clock and a worker were last heard, for each queue. The row of before is of no use: it is written every minute."""

from django.db import migrations, models


class Migration(migrations.Migration):
    accepts = {"DeleteModel": "the old worker's heartbeat fails until it is restarted, and what it guards goes on"}

    dependencies = [
        ('shop', '0048_catalogue_files'),
    ]

    operations = [
        migrations.DeleteModel(name='Heartbeat'),
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('queue', models.CharField(max_length=20, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
            ],
            options={'default_permissions': ()},
        ),
    ]
