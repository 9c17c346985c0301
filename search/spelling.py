"""Words that exist, and what somebody may have meant by one that does not."""

from collections.abc import Iterator

from django.db import connection
from django.db.models import Q

from search.models import Word
from search.words import phrase, split

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SHORT = 6  # letters: shorter words share too few groups of three with what they are mistaken for
CANDIDATES = 40


def correct(words: str, language: str) -> str:
    """What was meant: `words` with those that no public page uses replaced by the likeliest that one does.

    Folded. The same as given when all exist, or nothing resembles them. Two statements at most.
    """
    typed = [word for compound in split(words) for word in phrase(compound)]
    unknown = {word for word in typed if word.isalpha()} - _known(typed, language)
    if not unknown:
        return " ".join(typed)
    likely = _candidates(unknown, language)
    better = {word: _likeliest(word, likely) for word in unknown}
    return " ".join(better.get(word, word) for word in typed)


def _known(words: list[str], language: str) -> set[str]:
    return set(Word.objects.filter(language=language, word__in=words).values_list("word", flat=True))


def _candidates(words: set[str], language: str) -> list[tuple[str, int]]:
    """(word, uses) of what resembles one of the words: groups of three letters in common, or one slip away."""
    near = Q(word__in={slip for word in words if len(word) <= SHORT for slip in _slips(word)})
    for word in words:
        near |= Q(word__trigram_similar=word)
    found = Word.objects.filter(near, language=language).order_by("-uses")
    return list(found.values_list("word", "uses")[: CANDIDATES * len(words)])


def _likeliest(word: str, candidates: list[tuple[str, int]]) -> str:
    """The candidate with the fewest slips, of those the most used; `word` itself when all are too far away."""
    allowed = 1 if len(word) <= 4 else 2
    near = [(slips, -uses, other) for other, uses in candidates if (slips := distance(word, other)) <= allowed]
    return min(near)[2] if near else word


def _slips(word: str) -> Iterator[str]:
    """All that is one slip away: a letter left out, swapped with the next, mistaken or too many."""
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        yield from (head + letter + tail for letter in LETTERS)
        if tail:
            yield head + tail[1:]
            yield from (head + letter + tail[1:] for letter in LETTERS)
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]


def distance(one: str, other: str) -> int:
    """Slips between two words: letters put in, left out, mistaken, or swapped with their neighbour."""
    before, line = [0] * (len(other) + 1), list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        last, line = line, [i]
        for j, beside in enumerate(other, 1):
            cost = min(last[j] + 1, line[j - 1] + 1, last[j - 1] + (letter != beside))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == beside:
                cost = min(cost, before[j - 2] + 1)
            line.append(cost)
        before = last
    return line[-1]


def refresh_vocabulary() -> int:
    """Bring the words that exist up to date with what public pages say; returns how many changed. One statement.

    Only what a shopper can read counts: the name of something unpublished must not be guessed at here.
    """
    with connection.cursor() as cursor:
        cursor.execute(_REFRESH)
        return cursor.rowcount


_REFRESH = """
WITH goods AS (
    SELECT document.product_id, document.language, document.title, product.brand_id
    FROM shop_searchdocument document
    JOIN shop_product product ON product.id = document.product_id
    WHERE EXISTS (
        SELECT FROM shop_listingrow row WHERE row.product_id = document.product_id AND row.language = document.language
    )
), valued AS (
    SELECT language, attributevalue_id AS value_id, count(*) AS uses
    FROM goods JOIN shop_product_facts fact USING (product_id) GROUP BY language, attributevalue_id
    UNION ALL
    SELECT language, attributevalue_id, count(*)
    FROM goods JOIN shop_variant variant USING (product_id)
    JOIN shop_variant_values chosen ON chosen.variant_id = variant.id
    WHERE variant.active GROUP BY language, attributevalue_id
), placed AS (
    SELECT language, category_id, count(*) AS uses
    FROM goods JOIN shop_placement placement USING (product_id) GROUP BY language, category_id
), branded AS (
    SELECT language, brand_id, count(*) AS uses FROM goods WHERE brand_id IS NOT NULL GROUP BY language, brand_id
), texts AS (
    SELECT language, title AS text, 1 AS uses FROM goods
    UNION ALL SELECT language, coalesce(names ->> language, name), uses
    FROM valued JOIN shop_attributevalue value ON value.id = value_id
    UNION ALL SELECT language, coalesce(names ->> language, name), uses
    FROM placed JOIN shop_category category ON category.id = category_id
    UNION ALL SELECT language, name, uses FROM branded JOIN shop_brand brand ON brand.id = brand_id
    UNION ALL
    SELECT locale.language_code, page.title, 1 FROM wagtailcore_page page
    JOIN wagtailcore_locale locale ON locale.id = page.locale_id
    JOIN django_content_type kind ON kind.id = page.content_type_id
    WHERE page.live AND (kind.app_label, kind.model) IN
        (('home', 'storypage'), ('home', 'landingpage'), ('home', 'contentpage'), ('shop', 'categorypage'))
    AND NOT EXISTS (
        SELECT FROM wagtailcore_pageviewrestriction restriction
        JOIN wagtailcore_page above ON above.id = restriction.page_id WHERE starts_with(page.path, above.path)
    )
), fresh AS (
    SELECT language, word, sum(uses) AS uses
    FROM texts CROSS JOIN LATERAL regexp_split_to_table(shop_plain(text), '[^[:alpha:]]+') word
    WHERE length(word) BETWEEN 3 AND 40 GROUP BY language, word
), forgotten AS (
    DELETE FROM shop_search_word word WHERE NOT EXISTS (
        SELECT FROM fresh WHERE fresh.language = word.language AND fresh.word = word.word
    ) RETURNING 1
), kept AS (
    INSERT INTO shop_search_word AS word (language, word, uses) SELECT language, word, uses FROM fresh
    ON CONFLICT (language, word) DO UPDATE SET uses = EXCLUDED.uses WHERE word.uses <> EXCLUDED.uses
    RETURNING 1
)
SELECT 1 FROM forgotten UNION ALL SELECT 1 FROM kept
"""
