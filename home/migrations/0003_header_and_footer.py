"""Header, footer and announcements are said per language; announcements, for a time."""

import django.core.validators
import django.db.models.deletion
import home.house
import uuid
import wagtail.fields
import wagtail.models.preview
from django.conf import settings
from django.db import migrations, models


def say_it_per_language(apps, schema_editor):
    """What was said of the whole site was said in its default language."""
    models = {name: apps.get_model("home", name) for name in ("SiteSettings", "Menu", "Announcement")}
    Page = apps.get_model("wagtailcore", "Page")
    for house in models["SiteSettings"].objects.select_related("site"):
        locale_id = Page.objects.values_list("locale_id", flat=True).get(pk=house.site.root_page_id)
        where = {"site": house.site, "locale_id": locale_id}
        if house.footer or house.tagline or house.notice:
            said = {"footer": house.footer, "tagline": house.tagline, "notice": house.notice}
            models["Menu"].objects.create(**where, header="[]", **said)
        if house.announcement:
            models["Announcement"].objects.create(**where, text=house.announcement)


class Migration(migrations.Migration):

    dependencies = [
        ('home', '0002_front_page'),
        ('shop', '0005_doors_and_roles'),
        ('wagtailcore', '0098_apitoken'),
        migrations.swappable_dependency(settings.WAGTAIL_PAGE_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='sitesettings',
            name='phone',
            field=models.CharField(blank=True, help_text='As one dials it from abroad, such as +62 274 555 0130.', max_length=40),
        ),
        migrations.CreateModel(
            name='Announcement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('translation_key', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('text', models.CharField(max_length=160)),
                ('address', models.CharField(blank=True, help_text='Instead of a page: /shop/?on_sale=1 or https://...', max_length=300, validators=[django.core.validators.RegexValidator('^(/(?!/)|https?://|mailto:|tel:)', 'Begin with / for our own pages, or with https://.')])),
                ('starts_at', models.DateTimeField(blank=True, help_text='Empty: at once.', null=True)),
                ('ends_at', models.DateTimeField(blank=True, help_text='Empty: until somebody ends it.', null=True)),
                ('locale', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wagtailcore.locale', verbose_name='locale')),
                ('page', models.ForeignKey(blank=True, help_text='Where it leads.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.WAGTAIL_PAGE_MODEL)),
                ('site', models.ForeignKey(default=home.house.default_site, on_delete=django.db.models.deletion.CASCADE, related_name='announcements', to='wagtailcore.site')),
            ],
            options={
                'verbose_name': 'announcement',
                'verbose_name_plural': 'announcements',
                'ordering': ['-starts_at', '-pk'],
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('starts_at__isnull', True), ('ends_at__isnull', True), ('ends_at__gt', models.F('starts_at')), _connector='OR'), name='announcement_ends_after_it_starts', violation_error_message='It must end after it starts.')],
                'unique_together': {('translation_key', 'locale')},
            },
            bases=(wagtail.models.preview.PreviewableMixin, models.Model),
        ),
        migrations.CreateModel(
            name='Menu',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('translation_key', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('header', wagtail.fields.StreamField([('link', 4)], blank=True, block_lookup={0: ('wagtail.blocks.CharBlock', (), {'max_length': 60, 'required': False}), 1: ('wagtail.blocks.PageChooserBlock', (), {'required': False}), 2: ('wagtail.blocks.CharBlock', (), {'help_text': 'For what is not a page: /orders/lookup/ or https://...', 'max_length': 300, 'required': False}), 3: ('wagtail.blocks.BooleanBlock', (), {'label': 'Stands apart, at the end', 'required': False}), 4: ('wagtail.blocks.StructBlock', [[('text', 0), ('page', 1), ('address', 2), ('at_end', 3)]], {})}, help_text='Empty: the shop, its categories and whatever else the tree of pages shows in menus.')),
                ('footer', wagtail.fields.StreamField([('column', 6)], blank=True, block_lookup={0: ('wagtail.blocks.CharBlock', (), {'max_length': 40}), 1: ('wagtail.blocks.CharBlock', (), {'max_length': 60, 'required': False}), 2: ('wagtail.blocks.PageChooserBlock', (), {'required': False}), 3: ('wagtail.blocks.CharBlock', (), {'help_text': 'For what is not a page: /orders/lookup/ or https://...', 'max_length': 300, 'required': False}), 4: ('wagtail.blocks.StructBlock', [[('text', 1), ('page', 2), ('address', 3)]], {}), 5: ('wagtail.blocks.ListBlock', (4,), {'max_num': 12}), 6: ('wagtail.blocks.StructBlock', [[('title', 0), ('links', 5)]], {})})),
                ('tagline', models.CharField(blank=True, help_text='Beside the columns of the footer.', max_length=120)),
                ('notice', models.CharField(blank=True, help_text='One line at the very end of every page.', max_length=200)),
                ('locale', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wagtailcore.locale', verbose_name='locale')),
                ('site', models.ForeignKey(default=home.house.default_site, on_delete=django.db.models.deletion.CASCADE, related_name='menus', to='wagtailcore.site')),
            ],
            options={
                'verbose_name': 'header and footer',
                'verbose_name_plural': 'headers and footers',
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('site', 'locale'), name='menu_per_language')],
                'unique_together': {('translation_key', 'locale')},
            },
        ),
        migrations.RunPython(say_it_per_language, migrations.RunPython.noop),
    ]
