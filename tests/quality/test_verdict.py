"""What `make quality` makes of the judges' reports. The judges themselves want Node and Java, and are not run here."""

import json

import pytest

from config.quality import BUDGETS, HERE, SCORES, Verdict, read_report, table

GOOD = {"performance": 97, "accessibility": 100, "best-practices": 96, "seo": 100}


def report(**scores):
    items = [
        {"resourceType": "Document", "transferSize": 9_000},
        {"resourceType": "Stylesheet", "transferSize": 12_000},
        {"resourceType": "Script", "transferSize": 6_000},
        {"resourceType": "Script", "transferSize": 14_000},
        {"resourceType": "Image", "transferSize": 40_000},
        {"resourceType": "Image", "transferSize": 90_000},
    ]
    audit = {"title": "Images have alt", "score": 0, "displayValue": ""}
    categories = {
        name: {"score": scores.get(name, 100) / 100, "auditRefs": [{"id": "alt", "weight": 1}]} for name in SCORES
    }
    return {
        "categories": categories,
        "audits": {
            "alt": audit,
            "largest-contentful-paint": {"numericValue": 1834.2},
            "cumulative-layout-shift": {"numericValue": 0.01},
            "network-requests": {"details": {"items": items}},
        },
    }


def test_a_page_at_the_bars_misses_none():
    assert Verdict("product", scores=dict(SCORES), sizes=dict(BUDGETS)).misses() == []


@pytest.mark.parametrize("name", SCORES)
def test_one_point_below_a_bar_is_a_miss(name):
    [words] = Verdict("home", scores=GOOD | {name: SCORES[name] - 1}).misses()
    assert words == f"{name} {SCORES[name] - 1}, not {SCORES[name]}"


@pytest.mark.parametrize("name", BUDGETS)
def test_one_byte_above_a_budget_is_a_miss(name):
    assert Verdict("home", scores=GOOD, sizes={name: BUDGETS[name] + 0.001}).misses()


def test_a_page_that_hides_from_search_engines_must_still_be_accessible():
    assert Verdict("cart", scores={"accessibility": 100, "seo": 60}).misses() == []
    assert Verdict("cart", scores=GOOD | {"accessibility": 99}).misses() == ["accessibility 99, not 100"]


def test_only_listings_are_weighed_whole():
    assert Verdict("category", scores=GOOD, sizes={"total": 501}).misses() == ["total 501.0 kB, not 500"]
    assert Verdict("story", scores=GOOD, sizes={"total": 501}).misses() == []


def test_errors_of_html_and_structured_data_are_misses():
    verdict = Verdict("home", scores=GOOD, errors={"html": ["Stray end tag."], "structured data": ["No price."]})
    assert verdict.misses() == ["html: Stray end tag.", "structured data: No price."]


def test_a_report_is_read():
    verdict = Verdict("home")
    read_report(verdict, report(accessibility=93))
    assert verdict.scores["accessibility"] == 93
    assert verdict.sizes == {"css": 12, "js": 20, "picture": 90, "total": 171}
    assert verdict.errors["lighthouse"] == ["accessibility, Images have alt"]
    assert "1.8" in table([verdict])


def test_the_judges_are_pinned():
    wanted = json.loads((HERE / "package.json").read_text())["dependencies"]
    assert all(version[0].isdigit() for version in wanted.values())
