"""Generated pages in Wagtail's own search, which the admin uses: what its indexer would write, many at a time."""

from django.contrib.contenttypes.models import ContentType
from django.db import connection
from modelsearch.backends.database.postgres.weights import get_weight
from wagtail.search.backends import get_search_backend
from wagtail.search.models import IndexEntry

from shop.seed.rows import Batch
from shop.storefront.pages import ProductPage

# Wagtail's title_norm: how long titles are on the average, to how long this one is.
INSERT = f"""
    WITH page AS (
        SELECT id, title, body, setweight(to_tsvector(%(config)s::regconfig, title), %(heavy)s) AS title_vector,
               setweight(to_tsvector('simple', title), 'D') AS autocomplete,
               setweight(to_tsvector(%(config)s::regconfig, summary), %(light)s)
               || setweight(to_tsvector(%(config)s::regconfig, story), %(light)s) AS body_vector
          FROM (SELECT id, title, summary, story, summary || ' ' || story AS body
                  FROM unnest(%(ids)s::int[], %(titles)s::text[], %(summaries)s::text[], %(stories)s::text[])
                       AS given(id, title, summary, story)) AS worded)
    INSERT INTO {IndexEntry._meta.db_table}
           (content_type_id, object_id, title_norm, title, autocomplete, body, title_text, body_text)
    SELECT %(kind)s, id, avg(length(title_vector)) OVER () / length(title_vector), title_vector, autocomplete,
           body_vector, title, body
      FROM page
"""  # noqa: S608 - the name of a table


def enter(work: Batch) -> None:
    articles = [good.article for good in work.goods]
    parameters = {
        "config": get_search_backend().config,
        "kind": ContentType.objects.get_for_model(ProductPage).pk,
        "heavy": get_weight(2),  # the boost of titles
        "light": get_weight(None),
        "ids": [good.page for good in work.goods],
        "titles": [it.title for it in articles],
        "summaries": [it.summary for it in articles],
        "stories": [", ".join([it.heading, *it.paragraphs]) for it in articles],
    }
    with connection.cursor() as cursor:
        cursor.execute(INSERT, parameters)
