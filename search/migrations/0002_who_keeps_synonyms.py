"""Editors and merchandisers keep synonyms and see what was looked for."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("shop_search", "0001_synonyms_words_and_searches"),
        ("shop", "0011_search_titles"),
        ("home", "0002_front_page"),
        ("wagtailsearchpromotions", "0008_query_verbose_name"),
    ]

    operations = []  # roles follow by themselves, see shop.customers.roles
