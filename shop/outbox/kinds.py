"""What kinds of mail there are. Each room declares its own in its `emails.py`; shop/apps.py makes them known."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Words = Any  # a string, or one that is translated when it is read

BRACED = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Letter:
    """A mail to be: `key` makes it one of its kind, ever; `context` is what its templates read.

    `unsubscribe_url` is where a mail that was consented to can be stopped, by one click or one POST (RFC 8058).
    """

    key: str
    kind: str
    to: str
    language: str
    context: dict
    order_number: str = ""
    unsubscribe_url: str = ""


@dataclass(frozen=True)
class Word:
    """Something that staff may write in braces: what it stands for, and how it is read from the letter's context."""

    title: Words
    of: Callable[[Mapping[str, Any]], object]


@dataclass(frozen=True)
class Kind:
    """`name` names the templates email/<name>.{subject.txt,intro.txt,txt,html}; `title` and `when` are for staff.

    `words` may stand in braces where staff write the subject and the introduction themselves. `sample` gives a context
    with made-up facts, in the active language, for previews: never a real person's.
    """

    name: str
    title: Words
    when: Words
    sample: Callable[[], dict[str, Any]]
    words: Mapping[str, Word] = field(default_factory=dict)
    to_staff: bool = False


KINDS: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    """Make kinds known; again is the same. Raises ValueError for a name that another kind has."""
    for kind in kinds:
        if KINDS.setdefault(kind.name, kind) is not kind:
            raise ValueError(f"two kinds of mail are called {kind.name}")


def unknown_words(kind: Kind, text: str) -> list[str]:
    """What stands in braces in `text` and is no word of the kind, and braces that close nothing."""
    strange = [word for word in BRACED.findall(text) if word not in kind.words]
    return strange + re.findall(r"[{}]", BRACED.sub("", text))


def fill(kind: Kind, text: str, context: Mapping[str, Any]) -> str:
    """`text` with its words in braces filled in. What it does not know it leaves, so check unknown_words first."""
    return BRACED.sub(lambda found: str(kind.words[found[1]].of(context)) if found[1] in kind.words else found[0], text)
