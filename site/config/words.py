"""What the interface says, in every language: `python -m config.words` brings the catalogues of site/locale up to date.

    python -m config.words            collect what templates and code say, and write <language>/LC_MESSAGES/django.po and .mo
    python -m config.words missing    list what has no translation yet

Babel reads the sources, so that nobody needs GNU gettext: a clone runs with the compiled catalogues, which are kept in the
repository and which a test compares with the .po files.
"""

import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
LOCALE = ROOT / "site" / "locale"
PLURALS = {"id": (1, "0")}
LANGUAGES = tuple(PLURALS)
CODE = ("shop", "home", "search", "site/config")
KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(("_", "_now", "gettext", "gettext_lazy", "gettext_noop", "gettext_late"), (1,)),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%[sd]|\{(\w*)\}")


def catalogue(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def said() -> Catalog:
    """Everything that templates and code say, with the files that say it."""
    found = Catalog(charset="utf-8")
    for name, source in _sources():
        for _line, message, _comments, context in extract("python", io.BytesIO(source.encode()), KEYWORDS):
            flags = {"python-format"} if "%(" in str(message) else set()
            found.add(message, locations=[(name, 0)], context=context, flags=flags)
    return found


def _sources() -> Iterator[tuple[str, str]]:
    """(file, its strings as Python) of all templates and modules, in one order."""
    for path in sorted((ROOT / "templates").rglob("*.*")):
        if path.suffix in (".html", ".txt", ".xml"):
            lines = templatize(path.read_text()).splitlines()
            yield path.relative_to(ROOT).as_posix(), "\n".join(line.strip() for line in lines)
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), path.read_text()


def load(language: str) -> Catalog:
    """The catalogue as it stands; empty when there is none."""
    path = catalogue(language)
    if not path.exists():
        return _empty(language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def _empty(language: str) -> Catalog:
    """Without the hour of its making, so that only what has changed is seen to have changed."""
    fresh: Any = Catalog(locale=language, charset="utf-8", project="Etalase", version="1", fuzzy=False)
    fresh.header_comment = "# What the interface says; see config/words.py."
    fresh.msgid_bugs_address = fresh.last_translator = fresh.language_team = "Etalase"
    fresh.creation_date = fresh.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    # Babel knows no plurals of Indonesian, and supposes English ones.
    fresh._num_plurals, fresh._plural_expr = PLURALS[language]
    return fresh


def update(language: str) -> Catalog:
    """The catalogue with every string that is said now, and no other. Nothing is guessed from what looks alike."""
    known, fresh = load(language), _empty(language)
    for message in said():
        if message.id:
            before = known.get(message.id, message.context)
            places = sorted({(name, 0) for name, _line in message.locations})
            string = before.string if before and before.string else None
            if string is not None and isinstance(string, str) == isinstance(message.id, tuple):
                string = (string,) if isinstance(string, str) else string[0]  # it has got a plural, or lost it
            fresh.add(message.id, string, places, message.flags, context=message.context)
    return fresh


def compiled(messages: Catalog) -> bytes:
    """The catalogue as gettext reads it at run time."""
    out = io.BytesIO()
    write_mo(out, messages)
    return out.getvalue()


def write(language: str, messages: Catalog) -> None:
    path = catalogue(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, messages, width=0, omit_header=False, sort_output=True, include_lineno=False)
    path.with_suffix(".mo").write_bytes(compiled(messages))


def missing(messages: Catalog) -> list[Any]:
    """What has no translation yet, or only a part of its plural forms."""
    return [message for message in messages if message.id and not _whole(message.string)]


def _whole(string: Any) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


def broken(messages: Catalog) -> list[Any]:
    """Translations that name other placeholders than what they translate."""
    return [message for message in messages if message.id and _whole(message.string) and not _fits(message)]


def _fits(message: Any) -> bool:
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    strings = [message.string] if isinstance(message.string, str) else list(message.string)
    wanted = [_placeholders(text) for text in ids]
    return all(_placeholders(text) in wanted for text in strings)


def _placeholders(text: str) -> list[str]:
    return sorted(match[0] for match in PLACEHOLDER.finditer(text.replace("%%", "")))


def main(arguments: list[str]) -> int:
    for language in LANGUAGES:
        messages = update(language)
        if arguments == ["missing"]:
            for message in missing(messages):
                print(message.id)
            continue
        write(language, messages)
        print(f"{language}: {len(messages)} texts, {len(missing(messages))} without a translation")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
