"""What people wish for, and what they want to be told of: sold out things that are back, lower prices."""

import django.db.models.deletion
import django.db.models.functions.text
import shop.money
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0028_mails_in_words'),
    ]

    operations = [
        migrations.CreateModel(
            name='Wishlist',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.UUIDField(blank=True, default=uuid.uuid4, null=True, unique=True)),
                ('share_key', models.CharField(blank=True, max_length=40, null=True, unique=True)),
                ('shared_as', models.CharField(blank=True, help_text='The name on the shared page; empty: none.', max_length=80)),
                ('created_at', models.DateTimeField()),
                ('owner', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'wishlist',
            },
        ),
        migrations.CreateModel(
            name='PriceLetter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(help_text="In the shop's time zone.")),
                ('drops', models.JSONField(help_text='[{variant, before, now, currency}], amounts as text.')),
                ('wishlist', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='price_letters', to='shop.wishlist')),
            ],
        ),
        migrations.CreateModel(
            name='WishlistItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('saved_at', models.DateTimeField()),
                ('currency', shop.money.CurrencyField(max_length=3)),
                ('saved_price', shop.money.AmountField(decimal_places=2, help_text='What it cost when it was saved, in `currency`.', max_digits=14)),
                ('told_price', shop.money.AmountField(blank=True, decimal_places=2, help_text='The lowest price that its owner got a mail about.', max_digits=14, null=True)),
                ('missed_at', models.DateTimeField(blank=True, help_text='When it was last known to be sold out, if it has been.', null=True)),
                ('back_at', models.DateTimeField(blank=True, help_text='When it came back after that.', null=True)),
                ('variant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='shop.variant')),
                ('wishlist', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='shop.wishlist')),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='StockAsk',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(max_length=254, verbose_name='e-mail')),
                ('language', models.CharField(max_length=10)),
                ('asked_at', models.DateTimeField(verbose_name='asked')),
                ('confirmed_at', models.DateTimeField(blank=True, null=True, verbose_name='confirmed')),
                ('told_at', models.DateTimeField(blank=True, null=True, verbose_name='told')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='stock_asks', to=settings.AUTH_USER_MODEL)),
                ('variant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stock_asks', to='shop.variant')),
            ],
            options={
                'verbose_name': 'ask for what is sold out',
                'ordering': ['pk'],
                'indexes': [models.Index(condition=models.Q(('confirmed_at__isnull', False), ('told_at__isnull', True)), fields=['variant', 'id'], name='stock_ask_waiting')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('told_at__isnull', True)), fields=('variant', 'email'), name='stock_ask_once'), models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='stock_ask_email_lower'), models.CheckConstraint(condition=models.Q(('told_at__isnull', True), ('confirmed_at__isnull', False), _connector='OR'), name='stock_ask_told_if_confirmed')],
            },
        ),
        migrations.AddConstraint(
            model_name='wishlist',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('owner__isnull', True), ('token__isnull', False)), models.Q(('owner__isnull', False), ('token__isnull', True)), _connector='OR'), name='wishlist_owner_xor_token'),
        ),
        migrations.AddConstraint(
            model_name='priceletter',
            constraint=models.UniqueConstraint(fields=('wishlist', 'day'), name='price_letter_once_a_day'),
        ),
        migrations.AddConstraint(
            model_name='wishlistitem',
            constraint=models.UniqueConstraint(fields=('wishlist', 'variant'), name='wishlist_item_unique'),
        ),
    ]
