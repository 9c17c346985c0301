"""How often pages are read, by day."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0045_heartbeat'),
    ]

    operations = [
        migrations.CreateModel(
            name='PageViews',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('page_id', models.BigIntegerField()),
                ('views', models.PositiveIntegerField()),
            ],
            options={
                'verbose_name': 'page views',
                'verbose_name_plural': 'page views',
                'constraints': [models.UniqueConstraint(fields=('day', 'page_id'), name='page_views_unique')],
                'indexes': [models.Index(fields=['page_id', 'day'], name='page_views_of_page')],
            },
        ),
    ]
