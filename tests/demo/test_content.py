"""The demo shop's data, read as it lies on disk: whole, consistent, and written in one voice. No database."""

import json
import re
from datetime import date

from django.urls import reverse
from PIL import Image

from tests.demo.demo_data import (
    CATALOGUE,
    DELIVERY,
    DEMO,
    PAGES,
    PEOPLE,
    PICTURES,
    PRODUCTS,
    VARIANTS,
    ids,
    named,
    strings,
)

AMERICAN = r"\b(?:colors?|gray|favorites?|fibers?|center(?:s|ed)?|meters?|liters?|mold|\w+ize[ds]?)\b"
BRITISH_IZE = {"size", "sizes", "sized"}
CLICHES = re.compile(
    r"\b(?:lorem|ipsum|elevates?|curated|timeless|must-have|nestled|passion|unleash|artisanal|bespoke|seamless|"
    r"indulge|boasts|perfect for|look no further|game-changer|todo|tbd)\b",
    re.IGNORECASE,
)
AMOUNTS = re.compile(r"\$\d+(?:\.\d\d)?|Rp \d+(?:\.\d{3})*|\d+%")


def plain(html):
    return re.sub(r"<[^>]+>", "", html)


# -- the shape of the whole


def test_counts():
    assert len(PICTURES) == 64
    assert len(CATALOGUE["categories"]) == 6
    assert len(CATALOGUE["products"]) == len(PRODUCTS) == 24
    assert len(PAGES["stories"]) == 3
    assert 50 <= len(VARIANTS) <= 70


def test_files_are_tidy_json():
    for path in [*DEMO.glob("*.json"), DEMO / "pictures" / "pictures.json"]:
        text = path.read_text(encoding="utf-8")
        assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n", path.name


# -- pictures


def test_pictures_are_the_files_on_disk_with_their_true_size():
    assert {p.name for p in (DEMO / "pictures").glob("*.jpg")} == set(PICTURES)
    for file, row in PICTURES.items():
        with Image.open(DEMO / "pictures" / file) as image:
            assert image.size == (row["width"], row["height"]), file


def test_pictures_have_distinct_alt_text_in_a_sentence():
    alts = ids(PICTURES.values(), "alt")
    assert len(set(alts)) == len(alts)
    for alt in alts:
        assert 20 <= len(alt) <= 200, alt
        assert alt[0].isupper(), alt
        assert alt.endswith("."), alt


def test_every_picture_is_used_and_every_used_picture_exists():
    used = set(named(CATALOGUE, "picture") + named(PAGES, "picture"))
    assert used == set(PICTURES)


def test_galleries_show_the_product_and_lead_with_a_variant_picture():
    for product in PRODUCTS.values():
        files = ids(product["gallery"], "picture")
        own = {f for f, row in PICTURES.items() if row["product"] == product["code"]}
        assert len(set(files)) == len(files)
        assert own <= set(files), product["code"]
        assert files[0] in {v["picture"] for v in product["variants"]}, product["code"]
        assert all(PICTURES[f]["product"] in (product["code"], None) for f in files), product["code"]
        assert all(item["alt"] == PICTURES[item["picture"]]["alt"] for item in product["gallery"])


def test_variant_picture_shows_the_colour_of_the_variant():
    for sku, (product, variant) in VARIANTS.items():
        picture = PICTURES[variant["picture"]]
        assert picture["product"] == product["code"], sku
        if "colour" in variant["options"]:
            assert picture["colour"] == variant["options"]["colour"], sku


# -- pages


def test_pages_name_known_products_variants_rooms_and_stories():
    stories = set(ids(PAGES["stories"], "slug"))
    assert set(named(PAGES, "product", "products")) <= set(PRODUCTS)
    assert set(named(PAGES, "sku")) <= set(VARIANTS)
    assert set(named(PAGES, "categories", "category")) == set(ids(CATALOGUE["categories"], "slug"))
    assert set(named(PAGES["home"], "story")) <= stories
    assert set(named(PAGES["site"], "page")) <= set(ids(PAGES["help"], "slug"))


def marks():
    plates = [PAGES["home"]["hero"], *(b for s in PAGES["stories"] for b in s["body"] if b["type"] == "look")]
    return [(plate, mark) for plate in plates for mark in plate["marks"]]


def test_marks_bind_a_variant_to_a_place_on_a_scene():
    for plate, mark in marks():
        assert PICTURES[plate["picture"]]["kind"] == "scene"
        assert VARIANTS[mark["sku"]][0]["code"] == mark["product"]
        assert {mark["x"], mark["y"]} <= set(range(4, 97, 2)), mark
    assert len(PAGES["home"]["hero"]["marks"]) == 7


def test_marks_of_one_plate_keep_apart():
    """Two numbers closer than a finger's width could not be pressed on a phone."""
    points = [(id(plate), mark["x"], mark["y"]) for plate, mark in marks()]
    for n, (plate, x, y) in enumerate(points):
        for other, x2, y2 in points[n + 1 :]:
            assert plate != other or abs(x - x2) >= 6 or abs(y - y2) >= 10, (x, y, x2, y2)


BLOCK_KEYS = {
    "paragraph": {"html"},
    "heading": {"text"},
    "quote": {"text", "who"},
    "picture": {"picture", "caption"},
    "product_card": {"product", "sku"},
    "product_shelf": {"heading", "products"},
    "look": {"heading", "picture", "marks"},
    "gallery": {"heading", "pictures"},
    "questions": {"heading", "questions"},
    "call": {"heading", "text", "link"},
    "newsletter": {"heading", "text"},
    "recipe": {"kind", "title", "intro", "picture", "serves", "minutes", "ingredients", "steps"},
}
OF_EVERY_STORY = {"paragraph", "heading", "quote", "picture", "product_card", "product_shelf", "look"}


def test_blocks_have_their_fields():
    for page in [*PAGES["stories"], *PAGES["help"]]:
        for block in page["body"]:
            assert set(block) - {"type"} == BLOCK_KEYS[block["type"]], page["slug"]


def words(story):
    return sum(len(plain(b.get("html") or b.get("text", "")).split()) for b in story["body"])


def test_stories_are_whole():
    authors = ids(PAGES["authors"])
    for story in PAGES["stories"]:
        assert 500 <= words(story) <= 800, (story["slug"], words(story))
        assert story["author"] in authors
        assert date(2026, 9, 1) <= date.fromisoformat(story["published_on"]) <= date(2026, 11, 30)
        assert story["updated_on"] is None or story["published_on"] < story["updated_on"]
        assert {block["type"] for block in story["body"]} >= OF_EVERY_STORY, story["slug"]
    assert {block["type"] for story in PAGES["stories"] for block in story["body"]} == set(BLOCK_KEYS)


def test_slugs_titles_and_descriptions_are_unique():
    pages = [PAGES["home"], *PAGES["stories"], *PAGES["help"]]
    assert len(set(ids(pages, "title"))) == len(pages)
    assert len(set(ids(pages, "description"))) == len(pages)
    assert all(50 <= len(text) <= 160 for text in ids(pages, "description"))
    slugs = ids([*PAGES["stories"], *PAGES["help"]], "slug")
    assert len(set(slugs)) == len(slugs)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", slug) for slug in slugs)


def test_rich_text_is_simple_and_links_to_help_and_to_our_own_doors():
    helps = {f"/{slug}/" for slug in ids(PAGES["help"], "slug")} | {"mailto:hello@etalase.example"}
    doors = {reverse(f"account:{name}") for name in ("cookies", "privacy", "privacy_by_mail")}
    for html in named(PAGES, "html"):
        assert set(re.findall(r"</?(\w+)", html)) <= {"p", "strong", "em", "a"}, html
        assert set(re.findall(r'href="([^"]*)"', html)) <= helps | doors, html


# -- delivery and people


def test_delivery_and_tax_are_what_the_help_pages_say():
    text = " ".join(plain(b.get("html", "")) for page in PAGES["help"] for b in page["body"])
    for zone in DELIVERY["zones"]:
        (method,) = zone["methods"]
        assert method["prices"] == {"USD": "5.00", "IDR": "45000"}
        assert method["free_over"] == {"USD": "50.00", "IDR": "500000"}
        assert {r["tax_class"]: r["rate"] for r in zone["tax_rates"]} == {"standard": "0.10", "food": "0.10"}
        assert 0 < method["days_min"] < method["days_max"]
    assert set(AMOUNTS.findall(text)) == {"$5.00", "Rp 45.000", "$50.00", "Rp 500.000", "10%"}
    assert set(re.findall(r"(\w+ to \w+) working days", text)) == {"two to four", "six to nine"}
    assert set(re.findall(r"(\w+) days", text)) - {"working", "other"} == {"thirty", "ninety"}


def test_zones_do_not_overlap():
    zones = {zone["code"]: zone["countries"] for zone in DELIVERY["zones"]}
    countries = [country for zone in zones.values() for country in zone]
    assert zones["indonesia"] == ["ID"]
    assert 25 <= len(zones["world"]) <= 40
    assert len(set(countries)) == len(countries)
    assert all(re.fullmatch("[A-Z]{2}", country) for country in countries)


def test_people():
    roles = {person["email"].partition("@")[0]: person["role"] for person in PEOPLE}
    assert roles == {
        "owner": "Owner", "editor": "Editor", "marketer": "Merchandiser", "packer": "Fulfilment",
        "finance": "Finance", "alice": None,
    }  # fmt: skip
    assert all(person["email"].endswith("@example.com") and person["name"] for person in PEOPLE)


# -- the voice


def american(text):
    return [w for w in re.findall(AMERICAN, text, re.IGNORECASE) if w.lower() not in BRITISH_IZE]


def test_the_spelling_check_knows_american_from_british():
    assert american("A gray color, realized in the center") == ["gray", "color", "realized", "center"]
    assert american("A grey colour, realised in the centre, in two sizes") == []


def test_spelling_is_british():
    assert [(found, s) for s in strings() if (found := american(s))] == []


def test_no_cliches_and_no_filler():
    assert [s for s in strings() if CLICHES.search(s)] == []


def test_typography():
    """Curly quotes and apostrophes, no dashes for pauses, no stray spaces, no exclamation marks."""
    for text in strings():
        prose = re.sub(r"<[^>]+>", "", text)
        assert not re.search("[\"'—–!]|  |\\.\\.\\.|^ | $| [,.;:?]", prose), text
