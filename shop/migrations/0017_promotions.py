"""Promotions, codes and their uses; the coupon of a cart; what came off an order, by name; who keeps promotions."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import modelcluster.fields
import shop.money
import shop.promotions.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0016_page_addresses'),
    ]

    operations = [
        migrations.CreateModel(
            name='Coupon',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, validators=[django.core.validators.RegexValidator('^[A-Za-z0-9-]{3,40}$', 'Three letters or more: A to Z, digits and hyphens.')])),
                ('limit', models.PositiveIntegerField(blank=True, help_text='Empty: no limit.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='uses of this code')),
                ('active', models.BooleanField(default=True, verbose_name='switched on')),
                ('batch', models.CharField(blank=True, help_text='What it was made for, such as Letter of November.', max_length=60)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'verbose_name': 'coupon',
                'verbose_name_plural': 'coupons',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='OrderDiscount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(help_text='The order in which they were taken off.')),
                ('name', models.CharField(max_length=100)),
                ('code', models.CharField(blank=True, max_length=40)),
                ('amount', shop.money.AmountField(decimal_places=2, max_digits=14)),
            ],
            options={
                'ordering': ['position', 'line'],
            },
        ),
        migrations.CreateModel(
            name='Promotion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='Shoppers read it beside the amount, such as Autumn sale.', max_length=100)),
                ('kind', models.CharField(choices=[('catalogue', 'Reduced prices: on each thing, for everybody, wherever it is shown'), ('cart', 'Automatic: in the cart, by itself'), ('coupon', 'Coupon: in the cart, with a code')], default='cart', max_length=10, verbose_name='how it starts')),
                ('effect', models.CharField(choices=[('percentage', 'Percentage off'), ('fixed', 'Amount off'), ('free_delivery', 'Free delivery'), ('buy_x_get_y', 'Buy some, get some'), ('tiered', 'The more, the more off')], default='percentage', max_length=15)),
                ('percent', shop.promotions.models.PercentField(blank=True, decimal_places=2, help_text='Off what it is for; of buy some, get some: off each thing got (100 is free).', max_digits=5, null=True, validators=[django.core.validators.MinValueValidator(0.01), django.core.validators.MaxValueValidator(100)])),
                ('buy_quantity', models.PositiveSmallIntegerField(blank=True, help_text='Of buy some, get some.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='buy')),
                ('get_quantity', models.PositiveSmallIntegerField(blank=True, help_text='The cheapest of each group.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='get')),
                ('scope', models.CharField(choices=[('all', 'Everything'), ('products', 'These products'), ('categories', 'These categories, and those below them'), ('collections', 'These collections')], default='all', max_length=12, verbose_name='on what')),
                ('limit_total', models.PositiveIntegerField(blank=True, help_text='Empty: no limit.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='uses in all')),
                ('limit_per_customer', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='uses for each customer')),
                ('first_order_only', models.BooleanField(default=False, help_text='For whoever has not ordered before; once.')),
                ('active', models.BooleanField(default=True, verbose_name='switched on')),
                ('starts_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='starts')),
                ('ends_at', models.DateTimeField(blank=True, help_text='Empty: until you switch it off.', null=True, verbose_name='ends')),
                ('priority', models.PositiveSmallIntegerField(default=100, help_text='What stands together is taken off in this order, the lowest number first.')),
                ('exclusive', models.BooleanField(default=False, help_text='Stands alone: no other promotion counts beside it. The shopper gets what saves more.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'verbose_name': 'promotion',
                'verbose_name_plural': 'promotions',
                'ordering': ['priority', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='PromotionTerms',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('currency', shop.money.CurrencyField(max_length=3)),
                ('amount_off', shop.money.AmountField(blank=True, decimal_places=2, help_text='Of amount off: for a reduced price, off each thing.', max_digits=14, null=True)),
                ('minimum', shop.money.AmountField(blank=True, decimal_places=2, help_text='What the things it is for must come to.', max_digits=14, null=True)),
                ('cap', shop.money.AmountField(blank=True, decimal_places=2, help_text='The most that one order gets.', max_digits=14, null=True, verbose_name='at most')),
                ('budget', shop.money.AmountField(blank=True, decimal_places=2, help_text='The most that all orders together get.', max_digits=14, null=True)),
            ],
            options={
                'verbose_name': 'amounts in a currency',
            },
        ),
        migrations.CreateModel(
            name='Redemption',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('order_number', models.CharField(db_index=True, max_length=30)),
                ('email_hash', models.CharField(editable=False, max_length=64)),
                ('currency', shop.money.CurrencyField(max_length=3)),
                ('amount', shop.money.AmountField(decimal_places=2, max_digits=14)),
                ('state', models.CharField(choices=[('reserved', 'reserved'), ('confirmed', 'used'), ('released', 'given back')], default='reserved', max_length=10)),
                ('reserved_at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(blank=True, help_text='When it was confirmed or given back.', null=True)),
            ],
            options={
                'verbose_name': 'redemption',
                'verbose_name_plural': 'redemptions',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Tier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('currency', shop.money.CurrencyField(max_length=3)),
                ('minimum', shop.money.AmountField(decimal_places=2, max_digits=14, verbose_name='from')),
                ('percent', shop.promotions.models.PercentField(decimal_places=2, max_digits=5, validators=[django.core.validators.MinValueValidator(0.01), django.core.validators.MaxValueValidator(100)])),
            ],
            options={
                'ordering': ['currency', 'minimum'],
            },
        ),
        migrations.AddField(
            model_name='cart',
            name='coupon_code',
            field=models.CharField(blank=True, help_text='As it was accepted; it may have ended since.', max_length=40),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(django.db.models.functions.text.Lower('email'), name='order_email_lower'),
        ),
        migrations.AddField(
            model_name='orderdiscount',
            name='line',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='discounts', to='shop.orderline'),
        ),
        migrations.AddField(
            model_name='orderdiscount',
            name='order',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='discounts', to='shop.order'),
        ),
        migrations.AddField(
            model_name='promotion',
            name='categories',
            field=models.ManyToManyField(blank=True, related_name='+', to='shop.category'),
        ),
        migrations.AddField(
            model_name='promotion',
            name='collections',
            field=models.ManyToManyField(blank=True, related_name='+', to='shop.collection'),
        ),
        migrations.AddField(
            model_name='promotion',
            name='products',
            field=models.ManyToManyField(blank=True, related_name='+', to='shop.product'),
        ),
        migrations.AddField(
            model_name='orderdiscount',
            name='promotion',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='shop.promotion'),
        ),
        migrations.AddField(
            model_name='coupon',
            name='promotion',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='coupons', to='shop.promotion'),
        ),
        migrations.AddField(
            model_name='promotionterms',
            name='promotion',
            field=modelcluster.fields.ParentalKey(on_delete=django.db.models.deletion.CASCADE, related_name='terms', to='shop.promotion'),
        ),
        migrations.AddField(
            model_name='redemption',
            name='coupon',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='redemptions', to='shop.coupon'),
        ),
        migrations.AddField(
            model_name='redemption',
            name='promotion',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='redemptions', to='shop.promotion'),
        ),
        migrations.AddField(
            model_name='redemption',
            name='user',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='tier',
            name='promotion',
            field=modelcluster.fields.ParentalKey(on_delete=django.db.models.deletion.CASCADE, related_name='tiers', to='shop.promotion'),
        ),
        migrations.AddConstraint(
            model_name='promotion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('effect__in', ['percentage', 'buy_x_get_y']), ('percent__gt', 0), ('percent__isnull', False), ('percent__lte', 100)), models.Q(('effect__in', ['fixed', 'free_delivery', 'tiered']), ('percent__isnull', True)), _connector='OR'), name='promotion_percent'),
        ),
        migrations.AddConstraint(
            model_name='promotion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('buy_quantity__gte', 1), ('buy_quantity__isnull', False), ('effect', 'buy_x_get_y'), ('get_quantity__gte', 1), ('get_quantity__isnull', False)), models.Q(models.Q(('effect', 'buy_x_get_y'), _negated=True), ('buy_quantity__isnull', True), ('get_quantity__isnull', True)), _connector='OR'), name='promotion_buy_and_get'),
        ),
        migrations.AddConstraint(
            model_name='promotion',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__isnull', True), ('ends_at__gt', models.F('starts_at')), _connector='OR'), name='promotion_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='promotion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('limit_total__isnull', True), ('limit_total__gt', 0), _connector='OR'), models.Q(('limit_per_customer__isnull', True), ('limit_per_customer__gt', 0), _connector='OR')), name='promotion_limits_positive'),
        ),
        migrations.AddConstraint(
            model_name='promotion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'catalogue'), _negated=True), models.Q(('effect__in', ['percentage', 'fixed']), ('first_order_only', False), ('limit_per_customer__isnull', True), ('limit_total__isnull', True), models.Q(('percent__isnull', True), ('percent__lt', 100), _connector='OR')), _connector='OR'), name='promotion_catalogue_is_for_everybody'),
        ),
        migrations.AddConstraint(
            model_name='orderdiscount',
            constraint=models.UniqueConstraint(fields=('order', 'promotion', 'line'), name='order_discount_unique', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='orderdiscount',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='order_discount_of_something'),
        ),
        migrations.AddConstraint(
            model_name='coupon',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Upper('code'), name='coupon_code_unique'),
        ),
        migrations.AddConstraint(
            model_name='coupon',
            constraint=models.CheckConstraint(condition=models.Q(('code__regex', '^[A-Z0-9-]{3,40}$')), name='coupon_code_capitals'),
        ),
        migrations.AddConstraint(
            model_name='coupon',
            constraint=models.CheckConstraint(condition=models.Q(('limit__isnull', True), ('limit__gt', 0), _connector='OR'), name='coupon_limit_positive'),
        ),
        migrations.AddConstraint(
            model_name='promotionterms',
            constraint=models.UniqueConstraint(fields=('promotion', 'currency'), name='promotion_terms_unique'),
        ),
        migrations.AddConstraint(
            model_name='promotionterms',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount_off__isnull', True), ('amount_off__gt', 0), _connector='OR'), models.Q(('minimum__isnull', True), ('minimum__gt', 0), _connector='OR'), models.Q(('cap__isnull', True), ('cap__gt', 0), _connector='OR'), models.Q(('budget__isnull', True), ('budget__gt', 0), _connector='OR')), name='promotion_terms_positive'),
        ),
        migrations.AddIndex(
            model_name='redemption',
            index=models.Index(condition=models.Q(('state', 'released'), _negated=True), fields=['promotion', 'currency'], include=('amount',), name='redemption_live'),
        ),
        migrations.AddIndex(
            model_name='redemption',
            index=models.Index(condition=models.Q(('state', 'released'), _negated=True), fields=['promotion', 'email_hash'], name='redemption_customer'),
        ),
        migrations.AddConstraint(
            model_name='redemption',
            constraint=models.UniqueConstraint(fields=('promotion', 'order_number'), name='redemption_once_per_order'),
        ),
        migrations.AddConstraint(
            model_name='redemption',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='redemption_of_something'),
        ),
        migrations.AddConstraint(
            model_name='redemption',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('settled_at__isnull', True), ('state', 'reserved')), models.Q(models.Q(('state', 'reserved'), _negated=True), ('settled_at__isnull', False)), _connector='OR'), name='redemption_settled_at'),
        ),
        migrations.AddConstraint(
            model_name='tier',
            constraint=models.UniqueConstraint(fields=('promotion', 'currency', 'minimum'), name='tier_unique'),
        ),
        migrations.AddConstraint(
            model_name='tier',
            constraint=models.CheckConstraint(condition=models.Q(('minimum__gt', 0), ('percent__gt', 0), ('percent__lte', 100)), name='tier_in_range'),
        ),
    ]
