"""An index over the titles and skus of search documents alone, so that suggestions look at little."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0010_places_in_collections'),
        migrations.swappable_dependency(settings.WAGTAIL_PAGE_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='searchdocument',
            index=django.contrib.postgres.indexes.GinIndex(models.Func('document', models.Value('{a}'), function='ts_filter', output_field=django.contrib.postgres.search.SearchVectorField()), name='search_document_title'),
        ),
    ]
