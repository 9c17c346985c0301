"""A shop without demo data has a front page too: Wagtail's welcome page becomes an empty one, and Indonesian a locale."""

from django.db import migrations


def make_front_page(apps, schema_editor):
    """Turn the default site's plain page into a HomePage in place; leave a site that has its own root alone."""
    HomePage = apps.get_model("home", "HomePage")
    ContentType = apps.get_model("contenttypes", "ContentType")
    Site = apps.get_model("wagtailcore", "Site")
    site = Site.objects.filter(is_default_site=True).select_related("root_page__content_type").first()
    if site is None or site.root_page.content_type.model != "page":
        return
    page = site.root_page
    content_type, _created = ContentType.objects.get_or_create(app_label="home", model="homepage")
    page.title = page.draft_title = "Etalase"
    page.content_type = content_type
    page.save()
    home = HomePage(page_ptr=page, window="[]", body="[]")
    for field in page._meta.concrete_fields:
        setattr(home, field.attname, getattr(page, field.attname))
    home.save_base(raw=True)
    site.site_name = "Etalase"
    site.save()


def add_indonesian(apps, schema_editor):
    apps.get_model("wagtailcore", "Locale").objects.get_or_create(language_code="id")


class Migration(migrations.Migration):
    dependencies = [
        ("home", "0001_initial"),
        ("wagtailcore", "0098_apitoken"),
    ]

    operations = [
        migrations.RunPython(make_front_page, migrations.RunPython.noop),
        migrations.RunPython(add_indonesian, migrations.RunPython.noop),
    ]
