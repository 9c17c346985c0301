"""Delivery by weight, by worth and to fetch; parts of countries; kept addresses; another address for the bill; short notes."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
import modelcluster.fields
import shop.money
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0019_refunds'),
    ]

    operations = [
        migrations.CreateModel(
            name='DayOff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(unique=True, verbose_name='day')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
            ],
            options={
                'verbose_name': 'day off',
                'verbose_name_plural': 'days off',
                'ordering': ['day'],
            },
        ),
        migrations.CreateModel(
            name='Place',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='full name')),
                ('line1', models.CharField(max_length=200, verbose_name='address')),
                ('line2', models.CharField(blank=True, max_length=200, verbose_name='flat, floor or building')),
                ('city', models.CharField(blank=True, max_length=120, verbose_name='town or city')),
                ('region', models.CharField(blank=True, max_length=120, verbose_name='state or province')),
                ('postcode', models.CharField(blank=True, max_length=20, verbose_name='postcode')),
                ('country', models.CharField(help_text='ISO 3166-1 alpha-2', max_length=2, verbose_name='country')),
                ('phone', models.CharField(blank=True, max_length=40, verbose_name='telephone')),
                ('hours', models.CharField(blank=True, help_text='Such as: Tuesday to Saturday, 10 to 18.', max_length=200, verbose_name='open')),
            ],
            options={
                'verbose_name': 'collection point',
                'verbose_name_plural': 'collection points',
                'ordering': ['name', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='SavedAddress',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='full name')),
                ('line1', models.CharField(max_length=200, verbose_name='address')),
                ('line2', models.CharField(blank=True, max_length=200, verbose_name='flat, floor or building')),
                ('city', models.CharField(blank=True, max_length=120, verbose_name='town or city')),
                ('region', models.CharField(blank=True, max_length=120, verbose_name='state or province')),
                ('postcode', models.CharField(blank=True, max_length=20, verbose_name='postcode')),
                ('country', models.CharField(help_text='ISO 3166-1 alpha-2', max_length=2, verbose_name='country')),
                ('phone', models.CharField(blank=True, max_length=40, verbose_name='telephone')),
                ('is_usual', models.BooleanField(default=False, verbose_name='usual')),
            ],
            options={
                'ordering': ['-is_usual', '-pk'],
            },
        ),
        migrations.AlterModelOptions(
            name='method',
            options={'ordering': ['position', 'pk'], 'verbose_name': 'delivery method', 'verbose_name_plural': 'delivery methods'},
        ),
        migrations.AlterModelOptions(
            name='methodprice',
            options={'ordering': ['currency', 'up_to']},
        ),
        migrations.AlterModelOptions(
            name='taxrate',
            options={'verbose_name': 'tax rate', 'verbose_name_plural': 'tax rates'},
        ),
        migrations.AlterModelOptions(
            name='zone',
            options={'ordering': ['position', 'pk'], 'verbose_name': 'zone', 'verbose_name_plural': 'zones'},
        ),
        migrations.RemoveConstraint(
            model_name='methodprice',
            name='delivery_price_unique',
        ),
        migrations.AddField(
            model_name='checkoutdraft',
            name='billing',
            field=models.JSONField(blank=True, default=dict, help_text='An address; empty while it is not known.'),
        ),
        migrations.AddField(
            model_name='checkoutdraft',
            name='collect',
            field=models.BooleanField(default=False, help_text='Fetched from us: of the address only the name counts.'),
        ),
        migrations.AddField(
            model_name='checkoutdraft',
            name='other_bill',
            field=models.BooleanField(default=False, help_text='The bill goes to `billing`, not where the parcel goes.'),
        ),
        migrations.AddField(
            model_name='method',
            name='kind',
            field=models.CharField(choices=[('flat', 'sent, one price'), ('weight', 'sent, by weight'), ('subtotal', 'sent, by what the goods cost'), ('pickup', 'collected from us')], default='flat', max_length=10, verbose_name='kind'),
        ),
        migrations.AddField(
            model_name='methodprice',
            name='up_to',
            field=models.DecimalField(blank=True, decimal_places=2, help_text='By weight: grams. By what the goods cost: an amount. Empty: without a limit.', max_digits=14, null=True, verbose_name='up to'),
        ),
        migrations.AddField(
            model_name='order',
            name='collected',
            field=models.BooleanField(default=False, help_text="Fetched from us: its address is ours, with the buyer's name."),
        ),
        migrations.AddField(
            model_name='order',
            name='opening_hours',
            field=models.CharField(blank=True, help_text='Of the place where it is collected.', max_length=200),
        ),
        migrations.AddField(
            model_name='zone',
            name='regions',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), blank=True, default=list, help_text='As addresses keep them, after their country: US-HI, ID-Papua.', size=None, verbose_name='parts of countries'),
        ),
        migrations.AlterField(
            model_name='checkoutdraft',
            name='note',
            field=models.TextField(blank=True, help_text='To the shop.'),
        ),
        migrations.AlterField(
            model_name='method',
            name='active',
            field=models.BooleanField(default=True, verbose_name='offered'),
        ),
        migrations.AlterField(
            model_name='method',
            name='code',
            field=models.SlugField(help_text='Kept on the order; does not change.', verbose_name='code'),
        ),
        migrations.AlterField(
            model_name='method',
            name='days_max',
            field=models.PositiveSmallIntegerField(default=5, verbose_name='working days, at most'),
        ),
        migrations.AlterField(
            model_name='method',
            name='days_min',
            field=models.PositiveSmallIntegerField(default=2, verbose_name='working days, at least'),
        ),
        migrations.AlterField(
            model_name='method',
            name='name',
            field=models.CharField(max_length=100, verbose_name='name'),
        ),
        migrations.AlterField(
            model_name='method',
            name='position',
            field=models.PositiveSmallIntegerField(default=0, help_text='The first one is suggested.', verbose_name='position'),
        ),
        migrations.AlterField(
            model_name='method',
            name='zone',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='methods', to='shop.zone', verbose_name='zone'),
        ),
        migrations.AlterField(
            model_name='methodprice',
            name='amount',
            field=shop.money.AmountField(decimal_places=2, max_digits=14, verbose_name='costs'),
        ),
        migrations.AlterField(
            model_name='methodprice',
            name='currency',
            field=shop.money.CurrencyField(max_length=3, verbose_name='currency'),
        ),
        migrations.AlterField(
            model_name='methodprice',
            name='free_over',
            field=shop.money.AmountField(blank=True, decimal_places=2, help_text='When the goods cost more than this.', max_digits=14, null=True, verbose_name='free over'),
        ),
        migrations.AlterField(
            model_name='methodprice',
            name='method',
            field=modelcluster.fields.ParentalKey(on_delete=django.db.models.deletion.CASCADE, related_name='prices', to='shop.method'),
        ),
        migrations.AlterField(
            model_name='taxrate',
            name='name',
            field=models.CharField(default='Tax', help_text='As shoppers read it: Tax, VAT, PPN.', max_length=50, verbose_name='name'),
        ),
        migrations.AlterField(
            model_name='taxrate',
            name='rate',
            field=models.DecimalField(decimal_places=4, help_text='As a share: 0.1 is 10 %.', max_digits=6, verbose_name='rate'),
        ),
        migrations.AlterField(
            model_name='zone',
            name='countries',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=2), blank=True, default=list, help_text='ISO 3166-1', size=None, verbose_name='countries'),
        ),
        migrations.AlterField(
            model_name='zone',
            name='name',
            field=models.CharField(max_length=100, verbose_name='name'),
        ),
        migrations.AlterField(
            model_name='zone',
            name='position',
            field=models.PositiveSmallIntegerField(default=0, help_text='Of zones that hold the same place the first one counts.', verbose_name='position'),
        ),
        migrations.AddConstraint(
            model_name='methodprice',
            constraint=models.UniqueConstraint(fields=('method', 'currency', 'up_to'), name='delivery_tier_unique', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='methodprice',
            constraint=models.CheckConstraint(condition=models.Q(('up_to__isnull', True), ('up_to__gt', 0), _connector='OR'), name='delivery_tier_holds_something', violation_error_message='A tier reaches up to more than nothing.'),
        ),
        migrations.AddConstraint(
            model_name='methodprice',
            constraint=models.CheckConstraint(condition=models.Q(('free_over__isnull', True), ('free_over__gte', 0), _connector='OR'), name='delivery_free_over_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length('customer_note'), 500), name='order_note_is_short'),
        ),
        migrations.AddConstraint(
            model_name='zone',
            constraint=models.CheckConstraint(condition=models.Q(('countries', []), ('regions', []), _negated=True), name='delivery_zone_of_something'),
        ),
        migrations.AlterConstraint(
            model_name='taxrate',
            name='tax_rate_unique',
            constraint=models.UniqueConstraint(fields=('zone', 'tax_class'), name='tax_rate_unique', violation_error_message='This zone has a rate for this tax class already.'),
        ),
        migrations.AlterConstraint(
            model_name='taxrate',
            name='tax_rate_is_share',
            constraint=models.CheckConstraint(condition=models.Q(('rate__gte', 0), ('rate__lt', 1)), name='tax_rate_is_share', violation_error_message='A rate is a share from 0 to less than 1: write ten per cent as 0.1.'),
        ),
        migrations.AddField(
            model_name='method',
            name='place',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='methods', to='shop.place', verbose_name='collection point'),
        ),
        migrations.AddConstraint(
            model_name='method',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'pickup')), fields=('code',), name='delivery_pickup_unique'),
        ),
        migrations.AddConstraint(
            model_name='method',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'pickup'), ('place__isnull', False)), models.Q(models.Q(('kind', 'pickup'), _negated=True), ('place__isnull', True)), _connector='OR'), name='delivery_pickup_has_place', violation_error_message='What is collected needs a collection point, and nothing else has one.'),
        ),
        migrations.AlterConstraint(
            model_name='method',
            name='delivery_days_ordered',
            constraint=models.CheckConstraint(condition=models.Q(('days_max__gte', models.F('days_min'))), name='delivery_days_ordered', violation_error_message='It takes at most as long as, or longer than, it takes at least.'),
        ),
        migrations.AddField(
            model_name='savedaddress',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='saved_addresses', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='savedaddress',
            constraint=models.UniqueConstraint(condition=models.Q(('is_usual', True)), fields=('user',), name='one_usual_address'),
        ),
    ]
