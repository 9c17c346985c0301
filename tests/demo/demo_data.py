"""The demo shop's JSON files, read once, and a few ways to look at them."""

import json
from pathlib import Path

DEMO = Path(__file__).resolve().parents[2] / "shop" / "demo"


def read(name):
    return json.loads((DEMO / name).read_text(encoding="utf-8"))


CATALOGUE = read("catalogue.json")
PAGES = read("pages.json")
DELIVERY = read("delivery.json")
PEOPLE = read("people.json")
PICTURES = {row["file"]: row for row in read("pictures/pictures.json")}
PRODUCTS = {row["code"]: row for row in CATALOGUE["products"]}
VARIANTS = {v["sku"]: (p, v) for p in CATALOGUE["products"] for v in p["variants"]}
ATTRIBUTES = {a["code"]: {v["code"] for v in a["values"]} for a in CATALOGUE["attributes"]}


def walk(node, key=""):
    """Every (key, leaf) of a JSON tree; items of a list carry the key of their list."""
    if isinstance(node, dict):
        for name, child in node.items():
            yield from walk(child, name)
    elif isinstance(node, list):
        for child in node:
            yield from walk(child, key)
    else:
        yield key, node


def named(tree, *keys):
    return [leaf for key, leaf in walk(tree) if key in keys]


def strings():
    trees = (CATALOGUE, PAGES, DELIVERY, PEOPLE, list(PICTURES.values()))
    return [leaf for tree in trees for _, leaf in walk(tree) if isinstance(leaf, str)]


def ids(rows, key="code"):
    return [row[key] for row in rows]
