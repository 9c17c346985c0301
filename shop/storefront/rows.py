"""What a product's listing rows should hold now, and which places it has in assortments, computed from the truth."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple
from unicodedata import combining, normalize

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.template.loader import get_template
from django.utils import translation
from wagtail.models import Site

from shop.catalogue.models import Category, CollectionMember, Currency, Placement, Product
from shop.storefront import facets, goods
from shop.storefront.card_html import card_html, photograph
from shop.storefront.cards import COLOUR, Card, make_card, product_pages, shown, to_json
from shop.storefront.facts import facts_of
from shop.storefront.goods import Goods
from shop.storefront.listing import EVERYTHING, Scope
from shop.storefront.material import Material
from shop.storefront.models import Assortment

PARTS = ("_card", "_card_photo", "_price", "_rating", "_dots", "_quick_add", "_wish", "_icon")
A_ROOM = 1_000_000  # what one category is worth in ranks


class Key(NamedTuple):
    """Whose row: unique in ListingRow."""

    product_id: int
    language: str
    currency: str


Values = dict[str, Any]  # of a ListingRow, without its key


def fresh_rows(product_ids: Collection[int], now: datetime) -> dict[Key, Values]:
    """Every row that these products should have at `now`, in a number of queries that does not depend on theirs."""
    through: Any = Product.facts.through
    facts_here = through.objects.filter(product=OuterRef("product")).values("attributevalue_id")
    pages = list(
        shown(product_pages())
        .filter(product__in=product_ids, product__lifecycle=Product.Lifecycle.ACTIVE)
        .select_related("locale", "product")
        .defer("story", "specs", "faq")
        .annotate(fact_ids=ArraySubquery(facts_here))
        .order_by("pk")
    )
    if not pages:
        return {}
    _share_roots(pages)
    shelves, facts = Shelves.load({page.product_id for page in pages}), facts_of(product_ids, now)
    found: dict[Key, Values] = {}
    material: Material | None = None
    for currency in Currency.objects.values_list("code", flat=True):
        material = _material(pages, material, now, currency)
        for language in sorted({page.locale.language_code for page in pages}):
            with translation.override(language):
                spoken = [page for page in pages if page.locale.language_code == language]
                keyed = {Key(page.product_id, language, currency): page for page in spoken}
                found |= _rows(keyed, material, shelves, facts)
    return found


def _share_roots(pages: list[Any]) -> None:
    """Wagtail keeps the roots of sites with each page, and would ask the cache for them once a page."""
    roots = Site.get_site_root_paths()
    for page in pages:
        page._wagtail_cached_site_root_paths = roots


def _material(pages: list[Any], before: Material | None, now: datetime, currency: str) -> Material:
    """All but prices is the same in every currency."""
    if before is None:
        return Material.load(pages, at=now, currency=currency, variants=True)
    return replace(before, goods=goods.priced(before.goods, at=now, currency=currency))


def _rows(pages: dict[Key, Any], material: Material, shelves: "Shelves", facts: dict[str, dict]) -> dict[Key, Values]:
    """The rows of one currency and the active language, by their pages; without those that have no price."""
    ratings = _ratings(facts)
    made = {key: make_card(page, material, ratings) for key, page in pages.items()}
    cards = {key: card for key, card in made.items() if card}
    found = {}
    for key, card in cards.items():
        stock = material.goods[key.product_id]
        known = {column: values[key.product_id] for column, values in facts.items() if key.product_id in values}
        found[key] = _row(pages[key], card, stock, shelves, known)
        found[key] |= {"html": card_html(card), "looks": _looks(card, stock)}
    return found


def _ratings(facts: dict[str, dict]) -> dict[int, tuple[Decimal, int]]:
    stars = facts.get("rating", {})
    return {pk: (rating, facts["rating_count"][pk]) for pk, rating in stars.items()}


def _row(page: Any, card: Card, stock: Goods, shelves: "Shelves", known: Values) -> Values:
    """All but what is rendered. `known`: what facts say of the product."""
    values = {
        "page_id": page.pk,
        "title": page.title,
        "url": card.url,
        "price": _amount(card.price.now.amount),
        "compare_at": card.price.was and _amount(card.price.was.amount),
        "sold_out": not stock.available,
        "on_sale": card.price.was is not None,
        "created_at": page.product.created_at,
        "rating": Decimal(0),
        "rating_count": 0,
        "popularity": 0,
        **known,
        "card": to_json(card),
        "made_with": made_with(),
    }
    values["facets"] = _facets(page, stock, shelves, values)
    return values


def _looks(card: Card, stock: Goods) -> dict[str, list[str]]:
    """{id of a colour: [sku, photograph]} of the variants that have a photograph of their own; of several what is there."""
    images = {version.sku: version.image for version in card.versions if version.image}
    found: dict[str, list[str]] = {}
    for offer in sorted(stock.for_sale, key=lambda offer: not offer.available):
        for value in offer.values:
            if value.attribute.code == COLOUR and offer.sku in images and str(value.pk) not in found:
                found[str(value.pk)] = [offer.sku, photograph(images[offer.sku])]
    return found


def _amount(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))


def _facets(page: Any, stock: Goods, shelves: "Shelves", values: dict[str, Any]) -> list[int]:
    """The codes of everything that can be chosen about the product; of its variants, those that have a price."""
    product = page.product
    codes = {value.pk for offer in stock.for_sale for value in offer.values}
    codes |= set(page.fact_ids)
    codes |= {facets.CATEGORIES + pk for pk in shelves.categories_of(product.pk)}
    codes |= {-product.brand_id} if product.brand_id else set()
    codes |= set(facets.facts_of(sold_out=values["sold_out"], on_sale=values["on_sale"], rating=values["rating"]))
    return sorted(codes)


def name_key(title: str) -> str:
    """The title without capitals and accents, for sorting: "Éclair" is "eclair"."""
    return "".join(letter for letter in normalize("NFKD", title.casefold()) if not combining(letter))[:255]


@cache
def made_with() -> str:
    """A word for the templates and code that cards are made with: another word, and all rows are out of date."""
    files = [str(get_template(f"components/{part}.html").origin.name) for part in PARTS]  # type: ignore[attr-defined]
    files += [str(Path(__file__).with_name(name)) for name in ("cards.py", "card_html.py", "rows.py", "goods.py")]
    digest = blake2b(digest_size=6)
    for file in files:
        digest.update(Path(file).read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class Shelves:
    """Where products stand: {product: {category: position}}, their home, their memberships, and the tree of categories."""

    homes: dict[int, int]
    placed: dict[int, dict[int, int]]
    members: dict[int, list[CollectionMember]]
    parents: dict[int, int | None]
    positions: dict[int, int]

    @classmethod
    def load(cls, product_ids: Iterable[int]) -> "Shelves":
        ids = list(product_ids)
        placed: dict[int, dict[int, int]] = defaultdict(dict)
        for product_id, category_id, position in Placement.objects.filter(product__in=ids).values_list(
            "product_id", "category_id", "position"
        ):
            placed[product_id][category_id] = position
        members: dict[int, list[CollectionMember]] = defaultdict(list)
        for member in CollectionMember.objects.filter(product__in=ids, collection__active=True):
            members[member.product_id].append(member)
        tree = list(Category.objects.values_list("pk", "parent_id", "position"))
        homes = dict(Product.objects.filter(pk__in=ids).values_list("pk", "category_id"))
        return cls(
            homes, placed, members, {pk: parent for pk, parent, _ in tree}, {pk: position for pk, _, position in tree}
        )

    def above(self, category_id: int) -> list[int]:
        """The category and those above it; a circle, which no form lets anybody make, is walked once."""
        found: list[int] = []
        current: int | None = category_id
        while current is not None and current not in found:
            found.append(current)
            current = self.parents.get(current)
        return found

    def categories_of(self, product_id: int) -> set[int]:
        return {pk for category_id in self.placed.get(product_id, ()) for pk in self.above(category_id)}

    def places(self, product_id: int) -> dict[Scope, int]:
        """Every assortment that the product belongs to, and its rank there: the lower, the earlier."""
        placed, home = self.placed.get(product_id, {}), self.homes[product_id]
        everywhere = self.positions.get(home, 0) * A_ROOM + placed.get(home, 0)
        found = {EVERYTHING: everywhere}
        for category_id, position in placed.items():
            for pk in self.above(category_id):
                scope = Scope(Assortment.Kind.CATEGORY.value, pk)
                found[scope] = min(position, found.get(scope, position))
        for member in self.members.get(product_id, ()):
            found[Scope(Assortment.Kind.COLLECTION.value, member.collection_id)] = member.position
        return found
