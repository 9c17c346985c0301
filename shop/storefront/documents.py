"""The words that products are found by: a document for each public page of a product, weighed by where a word stands.

A document says nothing about prices and stock: what may be sold is a ListingRow. Both are made by `indexing`.
"""

import json
from collections.abc import Collection
from typing import Any

from django.db import connection

CONFIGURATIONS = {"en": "shop_en", "id": "shop_id"}  # made by migration 0008; other languages keep words as they are
MANY = 5_000  # products in one statement
LONGEST = 100_000  # characters of a story; PostgreSQL refuses documents of a megabyte


def configuration(language: str) -> str:
    """The text search configuration that folds and stems words of `language`."""
    return CONFIGURATIONS.get(language, "simple")


def refresh(product_ids: Collection[int]) -> int:
    """Write the documents of the products' live public pages, and forget those of their other pages.

    Returns how many documents were new or differed. A statement for each MANY products.
    """
    ids, names, changed = sorted(set(product_ids)), json.dumps(CONFIGURATIONS), 0
    with connection.cursor() as cursor:
        for start in range(0, len(ids), MANY):
            some: dict[str, Any] = {"products": ids[start : start + MANY], "longest": LONGEST, "configurations": names}
            cursor.execute(_REFRESH, some)
            changed += cursor.rowcount
    return changed


# Strings of a stream: every value whose key is not "id" or "type". The parser of PostgreSQL skips their tags.
# Skus are kept whole and without marks, so that one that is half typed is found by its beginning.
_REFRESH = """
WITH shown AS (
    SELECT page.id, words.product_id, words.language, page.title, words.summary, product.brand_id, product.category_id,
           words.story || words.specs || words.faq AS stream,
           coalesce(%(configurations)s::jsonb ->> words.language, 'simple')::regconfig AS configuration
    FROM shop_productpage words
    JOIN wagtailcore_page page ON page.id = words.page_ptr_id
    JOIN shop_product product ON product.id = words.product_id
    WHERE words.product_id = ANY(%(products)s) AND page.live AND NOT EXISTS (
        SELECT FROM wagtailcore_pageviewrestriction restriction
        JOIN wagtailcore_page above ON above.id = restriction.page_id
        WHERE starts_with(page.path, above.path)
    )
), forgotten AS (
    DELETE FROM shop_searchdocument
    WHERE product_id = ANY(%(products)s) AND page_id NOT IN (SELECT id FROM shown)
)
INSERT INTO shop_searchdocument AS kept (page_id, product_id, language, title, document)
SELECT shown.id, product_id, language, title,
    setweight(to_tsvector(configuration, title), 'A')
    || setweight(to_tsvector('simple', coalesce(numbers.words, '')), 'A')
    || setweight(to_tsvector(configuration, coalesce(facts.words, '')), 'B')
    || setweight(to_tsvector(configuration, summary), 'C')
    || setweight(to_tsvector(configuration, coalesce(left(story.words, %(longest)s), '')), 'D')
FROM shown
CROSS JOIN LATERAL (
    SELECT string_agg(regexp_replace(sku, '[^[:alnum:]]', '', 'g'), ' ' ORDER BY sku) AS words
    FROM shop_variant WHERE product_id = shown.product_id AND active
) numbers
CROSS JOIN LATERAL (
    SELECT string_agg(name, ' . ' ORDER BY name) AS words FROM (
        SELECT name FROM shop_brand WHERE id = shown.brand_id
        UNION SELECT coalesce(names ->> shown.language, name) FROM shop_category WHERE id = shown.category_id
        UNION SELECT coalesce(names ->> shown.language, name) FROM shop_category category
            JOIN shop_placement placement ON placement.category_id = category.id
            WHERE placement.product_id = shown.product_id
        UNION SELECT coalesce(names ->> shown.language, name) FROM shop_attributevalue value
            JOIN shop_product_facts fact ON fact.attributevalue_id = value.id
            WHERE fact.product_id = shown.product_id
        UNION SELECT coalesce(names ->> shown.language, name) FROM shop_attributevalue value
            JOIN shop_variant_values chosen ON chosen.attributevalue_id = value.id
            JOIN shop_variant variant ON variant.id = chosen.variant_id
            WHERE variant.product_id = shown.product_id AND variant.active
    ) names
) facts
CROSS JOIN LATERAL (
    SELECT string_agg(text #>> '{}', ' . ') AS words FROM jsonb_path_query(
        stream,
        'strict $.** ? (@.type() == "object").keyvalue() ? (@.key != "id" && @.key != "type").value ? (@.type() == "string")'
    ) text
) story
ON CONFLICT (page_id) DO UPDATE
    SET product_id = EXCLUDED.product_id, language = EXCLUDED.language, title = EXCLUDED.title, document = EXCLUDED.document
    WHERE (kept.product_id, kept.language, kept.title, kept.document)
        IS DISTINCT FROM (EXCLUDED.product_id, EXCLUDED.language, EXCLUDED.title, EXCLUDED.document)
"""
