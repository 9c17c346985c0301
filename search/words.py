"""What somebody typed, taken apart: terms with their synonyms, and the queries made of them.

A term is one thing that must be there, in any of its spellings; a spelling is a phrase of one to three words. So
"blue cup" is two terms, and the second may be spelled (("cup",), ("mug",)).
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import reduce
from operator import and_, or_

from wagtail.search.query import PlainText, SearchQuery

MAX_LENGTH = 100  # characters that are looked at
MAX_WORDS = 10
MAX_PHRASE = 3

Phrase = tuple[str, ...]
Term = tuple[Phrase, ...]

MIN_SKU = 4  # characters, to look for skus that begin so

_WORD = re.compile(r"\d+\.\d+|[^\W_]+")
_COMPOUND = re.compile(r"[^\W_]+(?:[-_/'’.+][^\W_]+)*")  # what one would call one word, skus too


def clean(words: str) -> str:
    """The words as they are looked for and shown again: without what PostgreSQL cannot hold, capped, trimmed."""
    return " ".join(words.replace("\0", " ").split())[:MAX_LENGTH].rstrip()


def fold(words: str) -> str:
    """Without capitals and accents: "Kópi" is "kopi"."""
    apart = unicodedata.normalize("NFKD", words.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def split(words: str) -> list[str]:
    """The compounds of what was typed, folded, in their order: at most MAX_WORDS of them."""
    return _COMPOUND.findall(fold(words))[:MAX_WORDS]


def phrase(words: str) -> Phrase:
    """The single words of a compound or a phrase."""
    return tuple(_WORD.findall(fold(words)))


def phrases(listed: str) -> list[Phrase]:
    """Phrases with commas between them, each once."""
    return list(dict.fromkeys(found for part in listed.split(",") if (found := phrase(part))))


def tsquery(terms: Iterable[Term], *, unfinished: bool = False) -> str:
    """The text for `to_tsquery`: all terms, each in any spelling. Quoted words hold letters and digits only.

    A compound also stands for the sku that begins like it. With `unfinished` the last word is the beginning of one.
    """
    terms = list(terms)
    last = len(terms) - 1
    return " & ".join(_any(term, unfinished and place == last) for place, term in enumerate(terms))


def _any(term: Term, unfinished: bool) -> str:
    spellings = [_all(spelling, unfinished) for spelling in term]
    if sku := _like_sku(term[0]):
        spellings.append(f"'{sku}':*")
    return f"({' | '.join(spellings)})"


def _all(spelling: Phrase, unfinished: bool) -> str:
    *whole, last = (f"'{word}'" for word in spelling)
    return f"({' & '.join([*whole, f'{last}:*' if unfinished else last])})"


def _like_sku(spelling: Phrase) -> str:
    """The spelling without marks, as documents keep skus, if it might be one or its beginning."""
    joined = "".join(spelling).replace(".", "")
    might_be = len(spelling) > 1 or any(letter.isdigit() for letter in joined)
    return joined if might_be and len(joined) >= MIN_SKU else ""


def wagtail_query(terms: Iterable[Term]) -> SearchQuery:
    """The same for Wagtail's search, whichever engine is behind it."""
    return reduce(and_, (reduce(or_, (PlainText(" ".join(found), operator="and") for found in term)) for term in terms))
