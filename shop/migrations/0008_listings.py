"""What listings and search are read from; collections; the list of what is out of date; searching without accents."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import shop.money
from django.conf import settings
from django.db import migrations, models


def search_configuration(language, stemmer):
    """`shop_en` and the like: accents fold, then words lose their endings as in the language."""
    name = f"shop_{language}"
    return migrations.RunSQL(
        f"""
        CREATE TEXT SEARCH CONFIGURATION {name} (COPY = {stemmer});
        ALTER TEXT SEARCH CONFIGURATION {name}
            ALTER MAPPING FOR hword, hword_part, word WITH unaccent, {stemmer}_stem;
        """,
        f"DROP TEXT SEARCH CONFIGURATION {name};",
    )


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0007_wagtails_own_groups'),
        ('wagtailcore', '0098_apitoken'),
        migrations.swappable_dependency(settings.WAGTAIL_PAGE_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='attribute',
            name='filterable',
            field=models.BooleanField(default=True, help_text='Offered as a filter in listings and search.'),
        ),
        migrations.CreateModel(
            name='Assortment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('everything', 'Everything'), ('category', 'Category'), ('collection', 'Collection')], max_length=10)),
                ('ref', models.BigIntegerField(default=0, help_text='Id of the category or collection.')),
                ('language', models.CharField(max_length=10)),
                ('currency', shop.money.CurrencyField(max_length=3)),
                ('count', models.PositiveIntegerField(default=0)),
                ('facets', models.JSONField(default=dict, help_text='What can be chosen, and how often it is there: see facets.Counts.')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('kind', 'ref', 'language', 'currency'), name='assortment_unique')],
            },
        ),
        migrations.CreateModel(
            name='Collection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(unique=True)),
                ('name', models.CharField(max_length=100)),
                ('active', models.BooleanField(default=True)),
                ('price_min', shop.money.AmountField(blank=True, decimal_places=2, help_text='In the base currency.', max_digits=14, null=True)),
                ('price_max', shop.money.AmountField(blank=True, decimal_places=2, help_text='In the base currency.', max_digits=14, null=True)),
                ('new_days', models.PositiveSmallIntegerField(blank=True, help_text='In the shop for at most this many days.', null=True)),
                ('on_sale', models.BooleanField(default=False, help_text='Reduced now.')),
                ('in_stock', models.BooleanField(default=False, help_text='Can be sent now.')),
                ('best_selling', models.PositiveSmallIntegerField(blank=True, help_text='Among this many that sold most, of those for which the other rules hold.', null=True)),
                ('categories', models.ManyToManyField(blank=True, help_text='In one of these, or below it.', related_name='+', to='shop.category')),
                ('picture', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='shop.picture')),
                ('values', models.ManyToManyField(blank=True, help_text='Made of, coloured, sized like this.', related_name='+', to='shop.attributevalue')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='CollectionChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('never', models.BooleanField(default=False)),
                ('position', models.PositiveIntegerField(default=0)),
                ('collection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='choices', to='shop.collection')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='shop.product')),
            ],
            options={
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='CollectionMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pinned', models.BooleanField(default=False)),
                ('position', models.PositiveIntegerField(default=0)),
                ('collection', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='members', to='shop.collection')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='shop.product')),
            ],
        ),
        migrations.CreateModel(
            name='Edition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.BigIntegerField(default=1)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='one_edition')],
            },
        ),
        migrations.CreateModel(
            name='ListingRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(max_length=10)),
                ('currency', shop.money.CurrencyField(max_length=3)),
                ('title', models.CharField(max_length=255)),
                ('price', shop.money.AmountField(decimal_places=2, help_text='The lowest that can be paid for a variant, of those in stock first.', max_digits=14)),
                ('compare_at', shop.money.AmountField(decimal_places=2, max_digits=14, null=True)),
                ('sold_out', models.BooleanField()),
                ('on_sale', models.BooleanField()),
                ('created_at', models.DateTimeField()),
                ('rating', models.DecimalField(decimal_places=2, default=0, help_text='Mean stars; 0 without reviews.', max_digits=3)),
                ('rating_count', models.PositiveIntegerField(default=0)),
                ('popularity', models.PositiveIntegerField(default=0, help_text='Units sold lately.')),
                ('facets', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), help_text='Ids of attribute values; of the brand, negative.', size=None)),
                ('card', models.JSONField(help_text='What cards of any kind show: see cards.Card.')),
                ('html', models.TextField(help_text='The card of a listing, ready to be sent.')),
                ('made_with', models.CharField(help_text='Which templates and code made it.', max_length=12)),
                ('page', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.WAGTAIL_PAGE_MODEL)),
                ('product', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='shop.product')),
            ],
        ),
        migrations.CreateModel(
            name='AssortmentEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rank', models.BigIntegerField(help_text="Our order: the editors' placement, pins first.")),
                ('sold_out', models.BooleanField()),
                ('on_sale', models.BooleanField()),
                ('price', shop.money.AmountField(decimal_places=2, max_digits=14)),
                ('created_at', models.DateTimeField()),
                ('name_key', models.CharField(db_collation='C', help_text='The title without capitals and accents.', max_length=255)),
                ('rating', models.DecimalField(decimal_places=2, max_digits=3)),
                ('popularity', models.PositiveIntegerField()),
                ('facets', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
                ('assortment', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='shop.assortment')),
                ('row', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='shop.listingrow')),
            ],
        ),
        migrations.CreateModel(
            name='SearchDocument',
            fields=[
                ('page', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                ('language', models.CharField(max_length=10)),
                ('title', models.CharField(max_length=255)),
                ('document', django.contrib.postgres.search.SearchVectorField()),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='shop.product')),
            ],
        ),
        migrations.CreateModel(
            name='Stale',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=20)),
                ('ref', models.BigIntegerField(default=0)),
                ('due_at', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'stale',
                'indexes': [models.Index(fields=['due_at', 'id'], name='stale_due')],
            },
        ),
        migrations.AddConstraint(
            model_name='collection',
            constraint=models.CheckConstraint(condition=models.Q(('price_min__isnull', True), ('price_max__isnull', True), ('price_max__gte', models.F('price_min')), _connector='OR'), name='collection_prices_in_order'),
        ),
        migrations.AddConstraint(
            model_name='collectionchoice',
            constraint=models.UniqueConstraint(fields=('collection', 'product'), name='collection_choice_unique'),
        ),
        migrations.AddConstraint(
            model_name='collectionmember',
            constraint=models.UniqueConstraint(fields=('collection', 'product'), name='collection_member_unique'),
        ),
        migrations.AddConstraint(
            model_name='listingrow',
            constraint=models.UniqueConstraint(fields=('product', 'language', 'currency'), name='listing_row_unique'),
        ),
        migrations.AddConstraint(
            model_name='listingrow',
            constraint=models.CheckConstraint(condition=models.Q(('price__gt', 0)), name='listing_row_has_a_price'),
        ),
        migrations.AddIndex(
            model_name='assortmententry',
            index=models.Index(models.F('assortment'), models.F('sold_out'), models.F('rank'), models.F('row'), name='entry_our_order'),
        ),
        migrations.AddIndex(
            model_name='assortmententry',
            index=models.Index(models.F('assortment'), models.F('price'), models.F('row'), name='entry_price'),
        ),
        migrations.AddIndex(
            model_name='assortmententry',
            index=models.Index(models.F('assortment'), models.OrderBy(models.F('created_at'), descending=True), models.F('row'), name='entry_newest'),
        ),
        migrations.AddIndex(
            model_name='assortmententry',
            index=models.Index(models.F('assortment'), models.F('name_key'), models.F('row'), name='entry_name'),
        ),
        migrations.AddIndex(
            model_name='assortmententry',
            index=models.Index(models.F('assortment'), models.OrderBy(models.F('rating'), descending=True), models.F('row'), name='entry_rating'),
        ),
        migrations.AddIndex(
            model_name='assortmententry',
            index=models.Index(models.F('assortment'), models.OrderBy(models.F('popularity'), descending=True), models.F('row'), name='entry_popular'),
        ),
        migrations.AddIndex(
            model_name='assortmententry',
            index=django.contrib.postgres.indexes.GinIndex(fields=['facets'], name='entry_facets'),
        ),
        migrations.AddConstraint(
            model_name='assortmententry',
            constraint=models.UniqueConstraint(fields=('assortment', 'row'), name='assortment_entry_unique'),
        ),
        migrations.AddIndex(
            model_name='searchdocument',
            index=django.contrib.postgres.indexes.GinIndex(fields=['document'], name='search_document'),
        ),
        migrations.RunSQL("INSERT INTO shop_edition (id, number) VALUES (1, 1);", migrations.RunSQL.noop),
        search_configuration("en", "english"),
        search_configuration("id", "indonesian"),
        # unaccent() itself may change with its dictionary and cannot be indexed; ours never changes.
        migrations.RunSQL(
            """
            CREATE FUNCTION shop_plain(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
            AS $$ SELECT lower(unaccent('unaccent', $1)) $$;
            """,
            "DROP FUNCTION shop_plain(text);",
        ),
    ]
