"""What people said yes or no to being written about, and who may see it."""

import django.db.models.functions.text
import uuid
from django.db import migrations, models

from shop.sql import only_emptied


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0023_reviews'),
    ]

    operations = [
        migrations.CreateModel(
            name='Consent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(blank=True, help_text='Lower case; empty once the person is forgotten.', max_length=254, verbose_name='e-mail')),
                ('kind', models.CharField(choices=[('newsletter', 'newsletter'), ('cart_reminder', 'reminder of a cart'), ('price_drops', 'price drops of saved things'), ('review_request', 'asking for a review')], max_length=20, verbose_name='kind')),
                ('given', models.BooleanField(help_text='Whether it was a yes; no: it was withdrawn or refused.', verbose_name='yes')),
                ('version', models.CharField(blank=True, help_text='Of the words, see customers.wording.', max_length=20, verbose_name='version')),
                ('words', models.TextField(blank=True, help_text='As they stood beside the box, in `language`.', verbose_name='words')),
                ('language', models.CharField(blank=True, max_length=10, verbose_name='language')),
                ('page', models.CharField(help_text='Path of the page, or what else it came by.', max_length=200, verbose_name='where')),
                ('at', models.DateTimeField(verbose_name='when')),
            ],
            options={
                'verbose_name': 'consent',
                'verbose_name_plural': 'consents',
                'ordering': ['-pk'],
                'default_permissions': ('view', 'export'),
                'indexes': [models.Index(fields=['email', 'kind', '-id'], name='consent_newest'), models.Index(fields=['kind', '-id'], name='consent_kind')],
                'constraints': [models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='consent_email_lower'), models.CheckConstraint(condition=models.Q(('given', False), models.Q(models.Q(('version', ''), _negated=True), models.Q(('words', ''), _negated=True)), _connector='OR'), name='consent_to_some_words')],
            },
        ),
        migrations.CreateModel(
            name='ConsentRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.UUIDField(default=uuid.uuid4, unique=True)),
                ('email', models.EmailField(max_length=254)),
                ('kind', models.CharField(choices=[('newsletter', 'newsletter'), ('cart_reminder', 'reminder of a cart'), ('price_drops', 'price drops of saved things'), ('review_request', 'asking for a review')], max_length=20)),
                ('version', models.CharField(max_length=20)),
                ('words', models.TextField()),
                ('language', models.CharField(max_length=10)),
                ('page', models.CharField(max_length=200)),
                ('asked_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(db_index=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='consent_request_email_lower'), models.UniqueConstraint(fields=('email', 'kind'), name='consent_request_once')],
            },
        ),
        only_emptied("shop_consent", "email"),
    ]
