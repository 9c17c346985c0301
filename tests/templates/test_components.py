"""The promises of every template, stylesheet and script of the shop, read from the files and rendered."""

import gzip
import re
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from django.template.loader import render_to_string
from django.test import RequestFactory

from config.storage import StaticStorage, joined, lean, minify
from home.styleguide import styleguide

ROOT = settings.ROOT
STATIC = ROOT / "site" / "static"
CSS = STATIC / "css"
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.html") if "email" not in path.parts)
COMPONENTS = sorted((ROOT / "templates" / "components").glob("*.html"))
STYLES = sorted(CSS.rglob("*.css"))
LAYERS = {"tokens": "tokens", "reset": "reset", "base": "base", "layout": "layout", "utilities": "utilities"}
COMMENT = re.compile(r"{% comment %}.*?{% endcomment %}", re.DOTALL)
KIB = 1024


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def markup(path: Path) -> str:
    return COMMENT.sub("", path.read_text())


def storage() -> StaticFilesStorage:
    return StaticFilesStorage(location=STATIC, base_url="/static/")


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_has_nothing_that_a_strict_policy_refuses(path):
    text = markup(path)
    assert not re.search(r"\sstyle\s*=", text), "style attribute"
    assert not re.search(r"<style\b", text), "style element"
    assert not re.search(r"\son[a-z]+\s*=", text), "inline handler"
    assert not re.search(r"\shx-(on|vals=.js:)", text), "htmx evaluates this"
    assert not re.search(r"javascript:", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_script_element_is_a_file_or_data(path):
    for tag in re.findall(r"<script\b[^>]*>", markup(path)):
        assert " src=" in tag or 'type="application/' in tag


@pytest.mark.parametrize("path", COMPONENTS, ids=name_of)
def test_a_component_begins_with_what_it_accepts_and_how_it_is_used(path):
    opening = COMMENT.match(path.read_text())
    assert path.name.startswith("_")
    assert opening
    assert re.match(r"{% comment %}\nAccepts: .+\nUsage: .+", opening[0])


@pytest.mark.parametrize("path", COMPONENTS, ids=name_of)
def test_a_component_is_used_somewhere(path):
    everywhere = "".join(markup(template) for template in TEMPLATES) + (ROOT / "home" / "frame.py").read_text()
    assert f'"components/{path.name}"' in everywhere, "nothing includes it"


@pytest.mark.parametrize("path", [path for path in STYLES if path.name != "site.css"], ids=name_of)
def test_a_stylesheet_wraps_itself_in_its_layer(path):
    rules = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    rules = rules.removeprefix("@layer reset, tokens, base, layout, components, utilities;").strip()
    layer = "components" if path.parent.name == "components" else LAYERS[path.stem]
    assert rules.startswith(f"@layer {layer} {{")
    assert rules.endswith("}")
    assert rules.count("@layer") == 1
    assert rules.count("{") == rules.count("}")


def test_the_layers_are_ordered_before_anything_else():
    assert (CSS / "tokens.css").read_text().startswith("@layer reset, tokens, base, layout, components, utilities;")
    assert re.findall(r'@import "(.+)";', (CSS / "site.css").read_text())[0] == "tokens.css"


def test_every_component_stylesheet_is_in_the_bundle_once():
    imported = re.findall(r'@import "components/(.+)";', (CSS / "site.css").read_text())
    assert sorted(imported) == sorted(
        path.name for path in (CSS / "components").glob("*.css") if path.name != "specimen.css"
    )


def test_custom_properties_that_are_used_are_defined_or_have_a_fallback():
    text = "".join(path.read_text() for path in STYLES)
    used = set(re.findall(r"var\((--[\w-]+)\)", text))
    assert used - set(re.findall(r"(--[\w-]+)\s*:", text)) == set()


def test_the_joined_stylesheet_keeps_its_budget():
    bundle = joined(storage(), "css/site.css")
    assert "@import" not in bundle
    assert ".card__name" in bundle
    assert ".theme-switch" in bundle
    assert len(gzip.compress(bundle.encode())) < 15 * KIB


def test_our_scripts_keep_their_budget():
    ours = "".join(lean(path.read_text()) for path in sorted((STATIC / "js").glob("*.js")))
    assert len(gzip.compress(ours.encode())) < 7 * KIB, "with htmx at 17 KiB they must stay below 25 KiB"


def test_a_lean_script_has_no_comments_and_the_same_meaning():
    assert (
        lean('// About.\nlet a = "//"; // here\n\n  // there\n  f(`${a}`);\n') == 'let a = "//"; // here\nf(`${a}`);\n'
    )
    with pytest.raises(ValueError, match="does not end"):
        lean("f(`\n// not a comment\n`);")


def test_a_missing_part_stops_the_build():
    memory = InMemoryStorage()
    memory.save("css/site.css", ContentFile(b'@import "gone.css";'))
    with pytest.raises(FileNotFoundError):
        joined(memory, "css/site.css")


def test_minify_keeps_strings_and_meaning():
    css = '/* it\'s a note */\n.a > .b, .c :hover {\n  content: "; {  } /* kept */";\n  inline-size: calc(1px + 2px);\n}\n'
    expected = '.a > .b,.c :hover{content: "; {  } /* kept */";inline-size: calc(1px + 2px)}'
    assert minify(css) == expected


def test_the_build_replaces_the_stylesheet_and_hashes_imports_of_modules(tmp_path):
    source = storage()
    built = StaticStorage(location=tmp_path, base_url="/static/")
    names = [str(path.relative_to(STATIC)) for path in STATIC.rglob("*") if path.is_file()]
    shutil.copytree(STATIC, tmp_path, dirs_exist_ok=True)
    failures = [done for *_, done in built.post_process({name: (source, name) for name in names})]
    assert not [failure for failure in failures if isinstance(failure, Exception)]
    assert (tmp_path / built.stored_name("css/site.css")).read_text() == stylesheet_with(
        built.stored_name("fonts/eb-garamond.woff2")
    )
    script = (tmp_path / built.stored_name("js/site.js")).read_text()
    assert "// One module per page" not in script
    assert f"./{Path(built.stored_name('js/cart-badge.js')).name}" in script
    assert "./cart-badge.js" not in script


def stylesheet_with(font: str) -> str:
    """The bundle, with the font's hashed name in it."""
    return joined(storage(), "css/site.css").replace("../fonts/eb-garamond.woff2", f"../{font}")


def style_guide() -> str:
    return styleguide(RequestFactory().get("/styleguide/")).content.decode()


@pytest.mark.django_db
def test_the_style_guide_renders_every_sample():
    html = style_guide()
    assert html.count('class="specimen"') > 25
    assert html.count("<h1") == 1
    assert "Tide Mug" in html
    assert "Error:" in html


@pytest.mark.django_db
def test_ids_of_the_style_guide_are_unique():
    html = style_guide()
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert sorted({name for name in ids if ids.count(name) > 1}) == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["404.html", "403.html", "403_csrf.html"])
def test_a_refusal_renders_with_the_way_on(name):
    html = render_to_string(name, {}, RequestFactory().get("/nowhere/"))
    assert html.count("<h1") == 1
    assert '<meta name="robots" content="noindex">' in html
    assert 'rel="canonical"' not in html
    assert 'action="/search/"' in html


def test_the_page_for_our_own_failures_needs_nothing():
    html = (ROOT / "templates" / "500.html").read_text()
    assert "{%" not in html
    assert "{{" not in html
    for address in re.findall(r'"/static/([^"]+)"', html):
        assert (STATIC / address).is_file()
