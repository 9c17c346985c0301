"""What the interface says is said in every language: no string is forgotten, and none stands bare in a template."""

import re

import pytest

from config import words

APART = {"500.html", "styleguide.html"}  # sent without Django's help; a developer's own
TEMPLATES = sorted(
    path
    for path in (words.ROOT / "templates").rglob("*.html")
    if "devtools" not in path.parts and path.name not in APART
)
BARE = re.compile(r"[^\W\d_]{2,}")
ATTRIBUTE = re.compile(r'\b(?:alt|title|placeholder|aria-label|aria-description)="([^"]*)"')
NAMES = {"Etalase", "JavaScript", "XLSX"}
UNSEEN = ("comment", "blocktranslate", "blocktrans", "verbatim")


@pytest.fixture(scope="module")
def said():
    return words.update("id")


def test_every_string_of_the_interface_is_translated(said):
    assert [message.id for message in words.missing(said)] == []


def test_no_translation_loses_a_placeholder(said):
    assert [message.id for message in words.broken(said)] == []


def test_the_catalogue_holds_what_is_said_and_is_compiled(said):
    kept = words.load("id")
    assert {m.id for m in kept if m.id} == {m.id for m in said if m.id}
    assert words.catalogue("id").with_suffix(".mo").read_bytes() == words.compiled(kept)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(words.ROOT).as_posix())
def test_no_word_stands_in_a_template_untranslatable(path):
    assert bare_words(path.read_text()) == []


def test_a_bare_word_is_found():
    assert bare_words('<p>{% translate "Fine" %} Oops</p>') == ["Oops"]
    assert bare_words('<img alt="Bare" src="{{ fine }}">') == ["Bare"]
    assert bare_words("{% comment %}Accepts: nothing.{% endcomment %}{{ value }}, &amp; 12") == []


def bare_words(source: str) -> list[str]:
    """Words that readers see and nobody can translate."""
    for tag in UNSEEN:
        source = re.sub(rf"{{%\s*{tag}\b.*?%}}.*?{{%\s*end{tag}\s*%}}", " ", source, flags=re.DOTALL)
    source = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", " ", source, flags=re.DOTALL)
    source = re.sub(r"<!--.*?-->|<(script|style|svg|title|code)\b.*?</\1>", " ", source, flags=re.DOTALL)
    told = ATTRIBUTE.findall(source)
    text = re.sub(r"<[^>]*>|&\w+;|\S+@\S+|https?://\S+", " ", source)
    return [word for part in [*told, text] for word in BARE.findall(part) if word not in NAMES]
