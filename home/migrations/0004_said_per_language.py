"""The old places of what is now said per language."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('home', '0003_header_and_footer'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='sitesettings',
            name='announcement',
        ),
        migrations.RemoveField(
            model_name='sitesettings',
            name='footer',
        ),
        migrations.RemoveField(
            model_name='sitesettings',
            name='notice',
        ),
        migrations.RemoveField(
            model_name='sitesettings',
            name='tagline',
        ),
    ]
