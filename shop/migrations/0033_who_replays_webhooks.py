"""Finance may have a provider's message worked on again."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0032_forgetting'),
    ]

    operations = [
    ]
