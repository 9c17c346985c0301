"""Which page tells what is kept about people."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("home", "0006_tax_number_on_invoices"),
        migrations.swappable_dependency(settings.WAGTAIL_PAGE_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='menu',
            name='privacy_page',
            field=models.ForeignKey(blank=True, help_text='What you keep about people and why: linked wherever somebody is asked for an e-mail address.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.WAGTAIL_PAGE_MODEL),
        ),
    ]
