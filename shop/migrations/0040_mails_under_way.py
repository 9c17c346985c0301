"""Whether somebody is sending a mail at this moment."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0039_refund_accounts'),
    ]

    operations = [
        migrations.AddField(
            model_name='mail',
            name='busy_until',
            field=models.DateTimeField(blank=True, help_text='Somebody sends it, until then at most.', null=True),
        ),
    ]
