"""How long things can be sent back is said in the admin, no longer in a template. Roles: see 0005."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0011_search_titles'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReturnPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('days', models.PositiveSmallIntegerField(default=30, help_text='How long a thing can be sent back, from the day it arrives. 0: not at all, beyond what law says.')),
                ('free', models.BooleanField(default=False, verbose_name='we pay the way back')),
            ],
            options={
                'verbose_name': 'returns',
            },
        ),
    ]
