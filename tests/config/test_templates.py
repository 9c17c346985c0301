"""What the public's templates lose, and what they keep."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template import engines
from django.template.engine import Engine
from django.utils.translation import templatize

from config.templates import LeanLoader
from shop.templatetags.remembering import without_indent

WORDS = re.compile(r"gettext\(u'(?:[^'\\]|\\.)*'")  # what translators are asked for
OURS = sorted(Path(settings.TEMPLATES[0]["DIRS"][0]).rglob("*.*"))


def test_indentation_goes_and_words_keep_their_distance():
    html = "<ul>\n    <li>One\n      <b>two</b>\n\n  </li>\n</ul>\n\n  <p>\n three"
    assert without_indent(html) == "<ul>\n<li>One\n<b>two</b>\n</li></ul><p>\nthree"


@pytest.mark.parametrize("html", ["<pre>\n  as\n  written</pre>", "<textarea>\n  so</textarea>"])
def test_what_is_shown_as_it_is_written_stays(html):
    assert without_indent(html) == html


def test_every_template_of_ours_can_still_be_read_and_mails_stay_as_they_are():
    loader = LeanLoader(Engine(libraries=_libraries()), dirs=settings.TEMPLATES[0]["DIRS"])
    folder = Path(settings.TEMPLATES[0]["DIRS"][0])
    assert len(OURS) > 100
    for path in OURS:
        name = str(path.relative_to(folder))
        [origin] = loader.get_template_sources(name)
        lean, written = loader.get_contents(origin), path.read_text()
        if path.suffix != ".html":
            assert lean == written, name
        assert "".join(lean.split()) == "".join(written.split()), name
        assert WORDS.findall(templatize(lean)) == WORDS.findall(templatize(written)), name
        assert loader.get_template(name), name


def _libraries() -> dict[str, str]:
    return engines["django"].engine.libraries
