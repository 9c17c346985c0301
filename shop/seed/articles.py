"""What the generated products are: words, options, prices and stock, the same for the same seed and number. No database."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import accumulate, product
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from django.utils.text import slugify

PER_SEED = 1_000_000  # articles of a seed are numbered below this, so that no two seeds meet
ONE_IN = 50  # so many titles to each that has WORD
MOST_VARIANTS = 4


@cache
def words() -> dict[str, Any]:
    """The contents of words.json. What is returned is shared: do not change it."""
    return json.loads(Path(__file__).with_name("words.json").read_text(encoding="utf-8"))


WORD = words()["word"]  # in 2 % of the titles, and nowhere else


class Value(NamedTuple):
    """An attribute's value: ("colour", "indigo")."""

    attribute: str
    slug: str


class Offer(NamedTuple):
    """A variant. `amount` and `was` are whole units of the base currency; without `everywhere` no other has a price."""

    sku: str
    barcode: str
    values: tuple[Value, ...]
    amount: int
    was: int | None
    everywhere: bool
    policy: str
    on_hand: int
    lead_days: int | None
    weight_g: int


class Saying(NamedTuple):
    """A review. `age`: at which part of the product's life it was written."""

    stars: int
    title: str
    text: str
    name: str
    helpful: int
    age: float


@dataclass(frozen=True)
class Article:
    number: int
    title: str
    shelf: str
    beside: str  # one more shelf it stands on, or ""
    brand: str
    facts: tuple[Value, ...]
    offers: tuple[Offer, ...]
    summary: str
    heading: str
    paragraphs: tuple[str, ...]
    specs: tuple[tuple[str, str], ...]
    question: tuple[str, str]
    pictures: tuple[str, ...]
    alts: tuple[str, ...]
    minutes_old: int
    reviews: tuple[Saying, ...]

    @cached_property
    def code(self) -> str:
        return f"{slugify(self.title)}-{self.number}"

    @property
    def options(self) -> list[str]:
        return [value.attribute for value in self.offers[0].values]


class Shelf(NamedTuple):
    slug: str
    room: str
    facts: dict[str, Any]


@cache
def shelves() -> list[Shelf]:
    return [Shelf(shelf["slug"], room["name"], shelf) for room in words()["rooms"] for shelf in room["shelves"]]


@cache
def _weights() -> list[int]:
    return list(accumulate(shelf.facts["weight"] for shelf in shelves()))


@cache
def _values(attribute: str) -> list[tuple[str, str]]:
    return next(one["values"] for one in words()["attributes"] if one["code"] == attribute)


def article(seed: int, index: int) -> Article:
    """The product at `index` (from 0) of the catalogue that `seed` gives."""
    chance, number = Random(f"{seed}/{index}"), seed * PER_SEED + index  # noqa: S311 - a shop window, not a safe
    shelf = chance.choices(shelves(), cum_weights=_weights())[0]
    noun, material = chance.choice(shelf.facts["nouns"]), chance.choice(shelf.facts["materials"])
    (pattern, pattern_name), (style, style_name) = chance.choice(_values("pattern")), chance.choice(_values("style"))
    (origin, origin_name), (brand, brand_name) = chance.choice(_values("origin")), chance.choice(words()["brands"])
    offers = _offers(chance, shelf, number)
    facts = [Value("material", material), Value("origin", origin), Value("pattern", pattern), Value("style", style)]
    facts.append(Value("care", words()["cares"].get(material, "wipe-clean")))
    look = pattern_name if "colour" in (value.attribute for value in offers[0].values) else None
    if look is None:
        colour, look = chance.choice(_values("colour"))
        facts.append(Value("colour", colour))
    said = {
        "noun": noun,
        "material": material,
        "Material": material.capitalize(),
        "made": words()["makings"][material],
        "origin": origin_name,
        "Brand": brand_name,
        "pattern": pattern_name.lower(),
        "Pattern": pattern_name,
        "style": style_name.lower(),
        "room": shelf.room.lower(),
    }
    title = _title(chance, index, f"{look} {material} {noun}".lower())
    return Article(
        number=number,
        title=title,
        shelf=shelf.slug,
        beside=chance.choice(shelves()).slug if chance.random() < 0.2 else "",
        brand=brand,
        facts=tuple(facts),
        offers=offers,
        summary=chance.choice(words()["summaries"]).format(**said),
        heading=chance.choice(words()["headings"]),
        paragraphs=tuple(text.format(**said) for text in chance.sample(words()["paragraphs"], 2)),
        specs=_specs(said, offers),
        question=tuple(chance.choice(words()["questions"])),
        pictures=tuple(shelf.facts["pictures"]),
        alts=(f"The {noun} by itself, against a plain wall.", f"The {noun} from another side."),
        minutes_old=chance.randrange(30 * 24 * 60, 900 * 24 * 60),
        reviews=_reviews(Random(f"{seed}/{index}/reviews")),  # noqa: S311
    )


def _reviews(chance: Random) -> tuple[Saying, ...]:
    """Half of the products have some, and most of those few."""
    if chance.random() < 0.5:
        return ()
    return tuple(_saying(chance) for _ in range(1 + int(chance.expovariate(0.6))))


def _saying(chance: Random) -> Saying:
    stars = chance.choices((5, 4, 3, 2, 1), (60, 24, 9, 4, 3))[0]
    title, text = chance.choice(words()["sayings"][str(stars)])
    name, helpful = chance.choice(words()["reviewers"]), chance.randrange(9) if text else 0
    return Saying(stars, title, text, name, helpful, chance.random())


def _title(chance: Random, index: int, name: str) -> str:
    """Every fiftieth has WORD before it, some of the others the name of another series."""
    if index % ONE_IN == ONE_IN // 2:
        return f"{WORD} {name}"
    return f"{chance.choice(words()['series'])} {name}" if chance.random() < 0.3 else name.capitalize()


def _specs(said: dict[str, str], offers: Sequence[Offer]) -> tuple[tuple[str, str], ...]:
    return (
        ("Material", said["Material"]),
        ("Made in", said["origin"]),
        ("Pattern", said["Pattern"]),
        ("Weight", f"{offers[0].weight_g} g"),
    )


def _offers(chance: Random, shelf: Shelf, number: int) -> tuple[Offer, ...]:
    low, high = shelf.facts["price"]
    amount = round(low + (high - low) * chance.random() ** 2)  # most things are at the cheap end
    sale = chance.choice([70, 75, 80, 85]) if chance.random() < 0.12 else 100
    everywhere, gone = chance.random() < 0.7, chance.random() < 0.06
    to_order, weight = chance.random() < 0.03, chance.randrange(150, 9000, 50)
    offers = []
    for place, (colour, size, step) in enumerate(_combinations(chance, shelf)):
        full = round(amount * (1 + step * 0.3))
        now = max(1, full * sale // 100)
        values = tuple(value for value in (colour, size) if value)
        offers.append(
            Offer(
                sku="-".join([str(number), *(value.slug for value in values)]).upper(),
                barcode=_barcode(number, place),
                values=values,
                amount=now,
                was=full if now < full else None,
                everywhere=everywhere,
                policy="backorder" if to_order else "track",
                on_hand=0 if gone or chance.random() < 0.08 else chance.randrange(1, 120),
                lead_days=21 if to_order else None,
                weight_g=weight + step * 100,
            )
        )
    return tuple(offers)


def _combinations(chance: Random, shelf: Shelf) -> list[tuple[Value | None, Value | None, int]]:
    """(colour, size, how many sizes up): one to four of them."""
    sizes, kind = words()["sizes"][shelf.facts["sizes"]], chance.random()
    colours: list[Value | None] = [None]
    steps: list[tuple[Value | None, int]] = [(None, 0)]
    if 0.25 < kind < 0.85:
        picked = chance.sample(_values("colour"), 2 if kind > 0.7 else chance.randint(2, MOST_VARIANTS))
        colours = [Value("colour", slug) for slug, _name in picked]
    if kind > 0.7 and sizes:
        start = chance.randint(0, 1)
        steps = [(Value("size", slug), step) for step, slug in enumerate(sizes[start : start + 2])]
    return [(colour, size, step) for colour, (size, step) in product(colours, steps)]


def _barcode(number: int, place: int) -> str:
    """An EAN-13 of those that every shop may give to its own things."""
    digits = f"20{number:09d}{place}"
    odd, even = sum(map(int, digits[::2])), sum(map(int, digits[1::2]))
    return f"{digits}{-(odd + 3 * even) % 10}"
