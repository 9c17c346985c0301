"""What buyers say about products, and who may decide what is shown."""

import django.db.models.deletion
import shop.reviews.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0022_aside_lines'),
    ]

    operations = [
        migrations.CreateModel(
            name='Review',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('verified', models.BooleanField(default=False, help_text='An order of this buyer shows it.', verbose_name='bought it')),
                ('options', models.CharField(blank=True, max_length=255, verbose_name='which one')),
                ('stars', models.PositiveSmallIntegerField(verbose_name='stars')),
                ('title', models.CharField(blank=True, max_length=120, verbose_name='title')),
                ('text', models.TextField(blank=True, verbose_name='text')),
                ('name', models.CharField(blank=True, help_text='As it is shown.', max_length=80, verbose_name='name')),
                ('language', models.CharField(max_length=10, verbose_name='language')),
                ('state', models.CharField(choices=[('waiting', 'to be read'), ('approved', 'shown'), ('rejected', 'not shown')], default='waiting', max_length=10, verbose_name='state')),
                ('why', models.CharField(blank=True, choices=[('', '-'), ('stranger', 'not known to have bought it'), ('link', 'has a link in it'), ('photo', 'has a picture with it')], max_length=10, verbose_name='why it waits')),
                ('helpful', models.PositiveIntegerField(default=0, help_text='How many HelpfulVotes it has.', verbose_name='found helpful')),
                ('reply', models.TextField(blank=True, verbose_name='reply')),
                ('replied_by', models.CharField(blank=True, max_length=80, verbose_name='replied by')),
                ('created_at', models.DateTimeField(verbose_name='written')),
                ('changed_at', models.DateTimeField(blank=True, null=True, verbose_name='changed')),
                ('order', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='reviews', to='shop.order')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='shop.product', verbose_name='product')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='reviews', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'review',
                'verbose_name_plural': 'reviews',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='HelpfulVote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('voter', models.CharField(max_length=64)),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='votes', to='shop.review')),
            ],
        ),
        migrations.CreateModel(
            name='ReviewPhoto',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file', models.ImageField(height_field='height', upload_to=shop.reviews.models.photo_path, width_field='width')),
                ('width', models.PositiveIntegerField()),
                ('height', models.PositiveIntegerField()),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='photos', to='shop.review')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.AddIndex(
            model_name='review',
            index=models.Index(condition=models.Q(('state', 'approved')), fields=['product', '-helpful', '-id'], name='review_shown'),
        ),
        migrations.AddIndex(
            model_name='review',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['-id'], name='review_waiting'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(('stars__gte', 1), ('stars__lte', 5)), name='review_stars_1_to_5'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.UniqueConstraint(condition=models.Q(('user__isnull', False)), fields=('product', 'user'), name='review_once_per_account'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.UniqueConstraint(condition=models.Q(('user__isnull', True)), fields=('product', 'order'), name='review_once_per_order'),
        ),
        migrations.AddConstraint(
            model_name='helpfulvote',
            constraint=models.UniqueConstraint(fields=('review', 'voter'), name='helpful_once'),
        ),
    ]
