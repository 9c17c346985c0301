"""Terms of what was typed, with the synonyms that the shop's people keep. They meet by their stems: cups find mugs."""

from typing import Any

from django.core.cache import cache
from django.db import connection

from search.models import Synonym
from search.words import MAX_PHRASE, Phrase, Term, phrase, phrases, split
from shop.storefront.documents import configuration

REMEMBERED = 60  # seconds

Meanings = dict[str, list[Phrase]]  # stems of a phrase: the phrases that it finds as well


def terms_of(words: str, language: str) -> list[Term]:
    """The terms that must all be there. The longest phrase that has synonyms wins: "side table" before "table"."""
    typed = [found for compound in split(words) if (found := phrase(compound))]
    meanings = _meanings(language)
    if not meanings:
        return [(found,) for found in typed]
    return _with_meanings(typed, meanings, language)


def _with_meanings(typed: list[Phrase], meanings: Meanings, language: str) -> list[Term]:
    windows = {
        (start, size): sum(typed[start : start + size], ())
        for start in range(len(typed))
        for size in range(1, min(MAX_PHRASE, len(typed) - start) + 1)
    }
    stems = dict(zip(windows, _stems(windows.values(), language), strict=True))
    terms: list[Term] = []
    start = 0
    while start < len(typed):
        sizes = [size for size in range(MAX_PHRASE, 0, -1) if stems.get((start, size)) in meanings]
        size = sizes[0] if sizes else 1
        spelled = windows[start, size]
        terms.append(tuple(dict.fromkeys([spelled, *meanings.get(stems[start, size], [])])))
        start += size
    return terms


def forget(language: str) -> None:
    """Have the synonyms of a language read anew: somebody changed them."""
    cache.delete(_key(language))


def _key(language: str) -> str:
    return f"search.synonyms.{language}"


def _meanings(language: str) -> Meanings:
    found: Meanings | None = cache.get(_key(language))
    if found is None:
        found = _load(language)
        cache.set(_key(language), found, REMEMBERED)
    return found


def _load(language: str) -> Meanings:
    pairs: list[tuple[Phrase, list[Phrase]]] = []
    for words, leads_to in Synonym.objects.filter(language=language).values_list("words", "leads_to"):
        left = phrases(words)
        pairs += [(one, phrases(leads_to) or left) for one in left]
    meanings: Meanings = {}
    for stem, (_one, others) in zip(_stems((one for one, _others in pairs), language), pairs, strict=True):
        if stem:
            meanings.setdefault(stem, []).extend(others)
    return meanings


def _stems(found: Any, language: str) -> list[str]:
    """What is left of each phrase for the index, as one text: two phrases with the same stems find the same."""
    texts = [" ".join(one) for one in found]
    if not texts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT plainto_tsquery(%s::regconfig, text)::text"
            " FROM unnest(%s::text[]) WITH ORDINALITY t(text, n) ORDER BY n",
            [configuration(language), texts],
        )
        return [stem for (stem,) in cursor.fetchall()]
