import django.db.models.deletion
import wagtail.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0013_story_blocks_in_full'),
        ('wagtailcore', '0098_apitoken'),
    ]

    operations = [
        migrations.CreateModel(
            name='CollectionIndexPage',
            fields=[
                ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                ('intro', models.TextField(blank=True)),
            ],
            options={
                'verbose_name': 'page of all collections',
            },
            bases=('wagtailcore.page',),
        ),
        migrations.CreateModel(
            name='CollectionPage',
            fields=[
                ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                ('language', models.CharField(editable=False, help_text="Copy of the locale's code, for the constraint.", max_length=10)),
                ('intro', models.TextField(blank=True)),
                ('story', wagtail.fields.StreamField([('paragraph', 0), ('heading', 1), ('quote', 4), ('picture', 6), ('gallery', 9), ('video', 17), ('columns', 26), ('questions', 31), ('call', 38), ('product', 23), ('shelf', 42), ('look', 48), ('recipe', 60)], blank=True, block_lookup={0: ('wagtail.blocks.RichTextBlock', (), {'features': ['bold', 'italic', 'link', 'ol', 'ul'], 'template': 'shop/storefront/blocks/_paragraph.html'}), 1: ('wagtail.blocks.CharBlock', (), {'icon': 'title', 'template': 'shop/storefront/blocks/_heading.html'}), 2: ('wagtail.blocks.TextBlock', (), {}), 3: ('wagtail.blocks.CharBlock', (), {'required': False}), 4: ('wagtail.blocks.StructBlock', [[('text', 2), ('source', 3)]], {}), 5: ('wagtail.images.blocks.ImageBlock', [], {}), 6: ('wagtail.blocks.StructBlock', [[('image', 5), ('caption', 3)]], {}), 7: ('wagtail.blocks.CharBlock', (), {'max_length': 80, 'required': False}), 8: ('wagtail.blocks.ListBlock', (6,), {'max_num': 12, 'min_num': 2}), 9: ('wagtail.blocks.StructBlock', [[('title', 7), ('pictures', 8)]], {}), 10: ('wagtail.blocks.CharBlock', (), {'help_text': 'What is to be seen.', 'max_length': 120}), 11: ('wagtail.images.blocks.ImageBlock', [], {'help_text': 'Stands in its place until it is played.'}), 12: ('wagtail.documents.blocks.DocumentChooserBlock', (), {'help_text': 'An MP4 or WebM file.', 'required': False}), 13: ('wagtail.documents.blocks.DocumentChooserBlock', (), {'help_text': 'What is said, as a WebVTT file.', 'required': False}), 14: ('wagtail.blocks.CharBlock', (), {'default': 'en', 'help_text': 'Of the captions, such as en or id.', 'max_length': 10}), 15: ('wagtail.blocks.URLBlock', (), {'help_text': 'Instead of a file: where the film is. Readers go there; nothing is embedded.', 'required': False}), 16: ('wagtail.blocks.RichTextBlock', (), {'features': ['bold', 'italic', 'link', 'ol', 'ul'], 'required': False}), 17: ('wagtail.blocks.StructBlock', [[('title', 10), ('poster', 11), ('file', 12), ('captions', 13), ('language', 14), ('link', 15), ('transcript', 16)]], {}), 18: ('shop.storefront.blocks.ProductChooserBlock', (), {}), 19: ('shop.storefront.blocks.SkuBlock', (), {}), 20: ('wagtail.blocks.CharBlock', (), {'help_text': "A line of your own instead of the product's summary.", 'required': False}), 21: ('wagtail.blocks.ChoiceBlock', [], {'choices': [('hide', 'Leave it out'), ('stand_in', 'Show another thing instead'), ('keep', 'Keep it and say so')], 'label': 'When it is sold out or gone'}), 22: ('shop.storefront.blocks.ProductChooserBlock', (), {'help_text': 'The other thing; empty: one from the same shelf that can be had.', 'required': False}), 23: ('wagtail.blocks.StructBlock', [[('product', 18), ('sku', 19), ('words', 20), ('policy', 21), ('stand_in', 22)]], {}), 24: ('wagtail.blocks.StreamBlock', [[('heading', 1), ('paragraph', 0), ('quote', 4), ('picture', 6), ('product', 23)]], {}), 25: ('wagtail.blocks.ListBlock', (24,), {'max_num': 3, 'min_num': 2}), 26: ('wagtail.blocks.StructBlock', [[('columns', 25)]], {}), 27: ('wagtail.blocks.CharBlock', (), {}), 28: ('wagtail.blocks.RichTextBlock', (), {'features': ['bold', 'italic', 'link', 'ol', 'ul']}), 29: ('wagtail.blocks.StructBlock', [[('question', 27), ('answer', 28)]], {}), 30: ('wagtail.blocks.ListBlock', (29,), {'max_num': 20, 'min_num': 1}), 31: ('wagtail.blocks.StructBlock', [[('title', 7), ('questions', 30)]], {}), 32: ('wagtail.blocks.CharBlock', (), {'max_length': 80}), 33: ('wagtail.blocks.TextBlock', (), {'required': False}), 34: ('wagtail.blocks.CharBlock', (), {'max_length': 60, 'required': False}), 35: ('wagtail.blocks.PageChooserBlock', (), {'required': False}), 36: ('wagtail.blocks.CharBlock', (), {'help_text': 'For what is not a page: /orders/lookup/ or https://...', 'max_length': 300, 'required': False}), 37: ('wagtail.blocks.StructBlock', [[('text', 34), ('page', 35), ('address', 36)]], {}), 38: ('wagtail.blocks.StructBlock', [[('title', 32), ('text', 33), ('link', 37)]], {}), 39: ('wagtail.blocks.ListBlock', (18,), {'default': [], 'max_num': 12}), 40: ('shop.storefront.blocks.CollectionChooserBlock', (), {'help_text': 'Instead of products chosen one by one.', 'required': False}), 41: ('wagtail.blocks.IntegerBlock', (), {'default': 4, 'help_text': 'How many of the collection are shown.', 'max_value': 12, 'min_value': 1}), 42: ('wagtail.blocks.StructBlock', [[('title', 3), ('products', 39), ('collection', 40), ('count', 41), ('policy', 21)]], {}), 43: ('wagtail.blocks.CharBlock', (), {'help_text': 'A few words below the name, such as a colour.', 'max_length': 60, 'required': False}), 44: ('wagtail.blocks.IntegerBlock', (), {'help_text': 'Per cent from the left.', 'max_value': 100, 'min_value': 0}), 45: ('wagtail.blocks.IntegerBlock', (), {'help_text': 'Per cent from the top.', 'max_value': 100, 'min_value': 0}), 46: ('wagtail.blocks.StructBlock', [[('product', 18), ('sku', 19), ('note', 43), ('x', 44), ('y', 45), ('stand_in', 22)]], {}), 47: ('wagtail.blocks.ListBlock', (46,), {'max_num': 8}), 48: ('wagtail.blocks.StructBlock', [[('title', 3), ('image', 5), ('marks', 47), ('policy', 21)]], {}), 49: ('wagtail.blocks.ChoiceBlock', [], {'choices': [('recipe', 'Recipe'), ('howto', 'How to')]}), 50: ('wagtail.blocks.CharBlock', (), {'max_length': 120}), 51: ('wagtail.blocks.CharBlock', (), {'help_text': 'What comes of it: two glasses.', 'max_length': 60, 'required': False}), 52: ('wagtail.blocks.IntegerBlock', (), {'help_text': 'From start to end.', 'max_value': 2880, 'min_value': 1, 'required': False}), 53: ('wagtail.blocks.CharBlock', (), {'help_text': 'As it is read: 250 g of palm sugar.', 'max_length': 120}), 54: ('shop.storefront.blocks.ProductChooserBlock', (), {'help_text': 'Where it can be had from us.', 'required': False}), 55: ('shop.storefront.blocks.ProductChooserBlock', (), {'help_text': 'What serves as well when it is sold out or gone.', 'required': False}), 56: ('wagtail.blocks.StructBlock', [[('words', 53), ('product', 54), ('sku', 19), ('stand_in', 55)]], {}), 57: ('wagtail.blocks.ListBlock', (56,), {'max_num': 30, 'min_num': 1}), 58: ('wagtail.blocks.TextBlock', (), {'rows': 2}), 59: ('wagtail.blocks.ListBlock', (58,), {'max_num': 30, 'min_num': 1}), 60: ('wagtail.blocks.StructBlock', [[('kind', 49), ('title', 50), ('intro', 33), ('image', 5), ('serves', 51), ('minutes', 52), ('ingredients', 57), ('steps', 59), ('policy', 21)]], {})})),
                ('collection', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='pages', to='shop.collection')),
            ],
            options={
                'verbose_name': 'collection page',
                'constraints': [models.UniqueConstraint(fields=('collection', 'language'), name='collection_page_per_language')],
            },
            bases=('wagtailcore.page',),
        ),
    ]
