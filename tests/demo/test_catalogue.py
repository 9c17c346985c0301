"""The demo catalogue: references, options, codes, prices and stock hold together. No database."""

import re
from datetime import date
from decimal import Decimal

from tests.demo.demo_data import ATTRIBUTES, CATALOGUE, DEMO, PICTURES, PRODUCTS, VARIANTS, ids, named


def test_references_inside_the_catalogue():
    for product in PRODUCTS.values():
        assert product["category"] in ids(CATALOGUE["categories"], "slug")
        assert product["brand"] in ids(CATALOGUE["brands"])
        assert product["tax_class"] in ids(CATALOGUE["tax_classes"])
        assert product["code"] not in product["related"]
        assert set(product["related"]) <= set(PRODUCTS), product["code"]
    assert {p["brand"] for p in PRODUCTS.values()} == set(ids(CATALOGUE["brands"]))


def test_picture_manifest_and_catalogue_agree_on_products():
    assert {row["product"] for row in PICTURES.values()} - {None} == set(PRODUCTS)


def test_options_and_facets_name_known_values():
    roles = {a["code"]: a for a in CATALOGUE["attributes"]}
    for product in PRODUCTS.values():
        assert all(roles[code]["option"] for code in product["options"]), product["code"]
        assert {"material", "origin"} <= set(product["facets"]), product["code"]
        assert not set(product["options"]) & set(product["facets"]), product["code"]
        for code, values in product["facets"].items():
            assert roles[code]["facet"], code
            assert set(values) <= ATTRIBUTES[code], (product["code"], code)


def test_every_attribute_value_is_used():
    used = {code: set() for code in ATTRIBUTES}
    for product in PRODUCTS.values():
        for code, values in product["facets"].items():
            used[code].update(values)
        for variant in product["variants"]:
            for code, value in variant["options"].items():
                used[code].add(value)
    assert used == ATTRIBUTES


def test_swatches_have_a_colour_in_the_style_sheet():
    swatches = set(named([a for a in CATALOGUE["attributes"] if a["code"] == "colour"], "swatch"))
    assert swatches == ATTRIBUTES["colour"]
    sheet = DEMO.parents[1] / "site" / "static" / "css" / "components" / "swatch.css"
    assert swatches <= set(re.findall(r'data-colour="([a-z]+)"', sheet.read_text()))


def test_variants_are_distinct_combinations_of_the_product_options():
    for product in PRODUCTS.values():
        combinations = [tuple(v["options"].get(code) for code in product["options"]) for v in product["variants"]]
        assert len(set(combinations)) == len(combinations), product["code"]
        for variant in product["variants"]:
            assert set(variant["options"]) == set(product["options"]), variant["sku"]
            assert all(value in ATTRIBUTES[code] for code, value in variant["options"].items()), variant["sku"]


def test_positions_run_from_one():
    groups = [CATALOGUE["categories"], *(p["variants"] for p in PRODUCTS.values())]
    for slug in ids(CATALOGUE["categories"], "slug"):
        groups.append([p for p in CATALOGUE["products"] if p["category"] == slug])
    for group in groups:
        assert ids(group, "position") == list(range(1, len(group) + 1))


def test_skus_are_unique_and_readable():
    skus = [v["sku"] for p in CATALOGUE["products"] for v in p["variants"]]
    assert len({sku.casefold() for sku in skus}) == len(skus)
    assert all(re.fullmatch(r"[A-Z]+(-[A-Z0-9]+)+", sku) and len(sku) <= 40 for sku in skus)


def ean13_is_valid(code):
    digits = [int(d) for d in code]
    return len(digits) == 13 and sum(d * (3 if n % 2 else 1) for n, d in enumerate(digits)) % 10 == 0


def test_the_barcode_check_knows_right_from_wrong():
    assert ean13_is_valid("4006381333931")
    assert not ean13_is_valid("4006381333932")
    assert not ean13_is_valid("400638133393")


def test_barcodes_are_valid_and_unique():
    codes = [v["barcode"] for _, v in VARIANTS.values()]
    assert len(set(codes)) == len(codes)
    assert all(code.startswith("899") and ean13_is_valid(code) for code in codes)


def test_prices():
    for sku, (_, variant) in VARIANTS.items():
        usd, idr = (Decimal(variant["prices"][code]) for code in ("USD", "IDR"))
        assert re.fullmatch(r"\d+\.\d\d", variant["prices"]["USD"]), sku
        assert idr % 1000 == 0, sku
        assert Decimal("0.9") < idr / (usd * 16300) < Decimal("1.05"), sku
        assert 0 < Decimal(variant["cost"]["USD"]) < usd, sku
        assert variant["weight_g"] > 0, sku
        for code, was in variant.get("compare_at", {}).items():
            assert Decimal(was) > Decimal(variant["prices"][code]), sku


def test_sale_prices_are_given_in_both_currencies():
    on_sale = [(p["code"], v["compare_at"]) for p, v in VARIANTS.values() if "compare_at" in v]
    assert 2 <= len({code for code, _ in on_sale}) <= 3
    assert all(set(was) == {"USD", "IDR"} and Decimal(was["IDR"]) % 1000 == 0 for _, was in on_sale)


def test_stock_covers_the_cases_a_shop_has():
    stock = {sku: v["stock"] for sku, (_, v) in VARIANTS.items()}
    assert all(s["policy"] in ("track", "backorder") and s["on_hand"] >= 0 for s in stock.values())
    sold_out = {sku for sku, s in stock.items() if s["policy"] == "track" and s["on_hand"] == 0}
    assert sold_out == {"TIDE-MUG-MOSS-350", "SAMBAL-TRIO"}
    assert all(date.fromisoformat(stock[sku]["restock_on"]) > date(2026, 12, 1) for sku in sold_out)
    assert {sku for sku, s in stock.items() if s["policy"] == "backorder"} == {"ROTAN-STOOL"}
    assert stock["ROTAN-STOOL"]["lead_days"] == 21
    assert stock["EMBUN-TEAPOT"]["on_hand"] == 3


def test_products_are_described():
    for product in PRODUCTS.values():
        assert 25 <= len(product["summary"]) <= 110, product["code"]
        assert 2 <= len(product["story"]["paragraphs"]) <= 3, product["code"]
        assert 60 <= len(" ".join(product["story"]["paragraphs"]).split()) <= 180, product["code"]
        assert {"Weight", "Care"} <= set(ids(product["specs"], "name")), product["code"]
        assert {"Made in", "Grown in"} & set(ids(product["specs"], "name")), product["code"]
        assert all(item["question"].endswith("?") for item in product["faq"])


def test_currencies():
    usd, idr = CATALOGUE["currencies"]
    assert (usd["code"], usd["base"], usd["rate"], usd["tax_included"]) == ("USD", True, "1", False)
    assert (idr["code"], idr["base"], idr["rate"], idr["rounding"]) == ("IDR", False, "16300", "1000")
    assert idr["tax_included"] is True


def test_collections_name_what_there_is():
    collections = CATALOGUE["collections"]
    assert len(set(ids(collections, "slug"))) == len(collections) == 3
    for collection in collections:
        rules = collection["rules"]
        assert set(collection["pins"] + collection["never"]) <= set(PRODUCTS)
        assert not set(collection["pins"]) & set(collection["never"])
        assert set(rules.get("categories", [])) <= set(ids(CATALOGUE["categories"], "slug"))
        assert set(rules.get("material", [])) <= ATTRIBUTES["material"]
        assert collection["picture"] in PICTURES
