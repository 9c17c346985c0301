"""Synonyms, the words that exist, what was looked for; and a way to index words as they stand, without accents."""

import django.contrib.postgres.indexes
import search.models
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('shop', '0008_listings'),  # unaccent and pg_trgm, and what the words come from
    ]

    operations = [
        migrations.RunSQL(
            """
            CREATE TEXT SEARCH CONFIGURATION shop_plain_words (COPY = simple);
            ALTER TEXT SEARCH CONFIGURATION shop_plain_words
                ALTER MAPPING FOR hword, hword_part, word WITH unaccent, simple;
            """,
            "DROP TEXT SEARCH CONFIGURATION shop_plain_words;",
        ),
        migrations.CreateModel(
            name='Synonym',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(choices=search.models.languages, default=search.models.main_language, max_length=10, verbose_name='language')),
                ('words', models.CharField(help_text='Words or short phrases, with commas between them. Each finds what the others find: mug, cup, beaker.', max_length=500, verbose_name='words')),
                ('leads_to', models.CharField(blank=True, help_text='Only for one direction: the words above find these as well, these do not find the words above.', max_length=500, verbose_name='leads to')),
            ],
            options={
                'verbose_name': 'synonym',
                'verbose_name_plural': 'synonyms',
                'ordering': ['language', 'words'],
            },
        ),
        migrations.CreateModel(
            name='SearchDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('words', models.CharField(max_length=100, verbose_name='words')),
                ('language', models.CharField(max_length=10, verbose_name='language')),
                ('day', models.DateField(verbose_name='day')),
                ('searches', models.PositiveIntegerField(default=1, verbose_name='searches')),
                ('found', models.PositiveIntegerField(help_text='How many things and stories there were, the last time.', verbose_name='found')),
            ],
            options={
                'verbose_name': 'search of a day',
                'verbose_name_plural': 'searches by day',
                'default_permissions': ('view',),
                'constraints': [models.UniqueConstraint(fields=('day', 'language', 'words'), name='search_day_unique'), models.CheckConstraint(condition=models.Q(('searches__gt', 0)), name='search_day_happened')],
            },
        ),
        migrations.CreateModel(
            name='Word',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(max_length=10)),
                ('word', models.CharField(max_length=40)),
                ('uses', models.PositiveIntegerField()),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['word'], name='word_trigrams', opclasses=['gin_trgm_ops'])],
                'constraints': [models.UniqueConstraint(fields=('language', 'word'), name='word_unique')],
            },
        ),
    ]
