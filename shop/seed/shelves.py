"""What all generated products share: currencies, brands, attributes, categories with their pages, photographs.

What is there already, of the demo shop or of an earlier run, stays as it is and is used.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from wagtail.models import Page, Site

from shop.catalogue.models import (
    Attribute,
    AttributeValue,
    Brand,
    Category,
    Currency,
    Picture,
    Rendition,
    TaxClass,
)
from shop.catalogue.pictures import PORTRAIT_SPECS, filters
from shop.demo.pages import add
from shop.demo.pictures import library, load_pictures
from shop.seed.articles import Value, shelves, words
from shop.storefront.pages import CategoryPage, ShopPage


@dataclass(frozen=True)
class Shop:
    """What articles name, as rows. `pages` are those of the categories that products stand in, by their slug."""

    currencies: list[Currency]
    tax_class: TaxClass
    brands: dict[str, int]
    attributes: dict[str, int]
    values: dict[Value, int]
    categories: dict[str, int]
    pages: dict[str, CategoryPage]
    pictures: dict[str, Picture]

    @property
    def base(self) -> Currency:
        return next(currency for currency in self.currencies if currency.is_base)


@transaction.atomic
def lay_out() -> Shop:
    """Make what is missing of it."""
    _load_currencies()
    tax_class, _made = TaxClass.objects.get_or_create(code="standard", defaults={"name": "Goods"})
    for slug, name in words()["brands"]:
        Brand.objects.get_or_create(slug=slug, defaults={"name": name})
    for facts in words()["attributes"]:
        _load_attribute(facts)
    load_pictures()
    pictures = library()
    pages = _load_rooms(_shop_page(), pictures)
    values = AttributeValue.objects.values_list("attribute__code", "slug", "pk")
    return Shop(
        currencies=list(Currency.objects.all()),
        tax_class=tax_class,
        brands=dict(Brand.objects.values_list("slug", "pk")),
        attributes=dict(Attribute.objects.values_list("code", "pk")),
        values={Value(attribute, slug): pk for attribute, slug, pk in values},
        categories=dict(Category.objects.values_list("slug", "pk")),
        pages=pages,
        pictures=pictures,
    )


def _load_currencies() -> None:
    """US dollars, and rupiah that are derived from them where a price is missing; unless the shop has currencies."""
    if not Currency.objects.exists():
        Currency.objects.create(code="USD", is_base=True, position=1)
        Currency.objects.create(code="IDR", rate=16300, rounding=1000, prices_include_tax=True, position=2)


def _load_attribute(facts: dict[str, Any]) -> None:
    attribute, _made = Attribute.objects.get_or_create(
        code=facts["code"], defaults={"name": facts["name"], "position": Attribute.objects.count() + 1}
    )
    known = set(attribute.values.values_list("slug", flat=True))
    AttributeValue.objects.bulk_create(
        AttributeValue(
            attribute=attribute,
            slug=slug,
            name=name,
            swatch=slug if facts["code"] == "colour" else "",
            position=len(known) + place,
        )
        for place, (slug, name) in enumerate(facts["values"], start=1)
        if slug not in known
    )


def _shop_page() -> Page:
    front = Site.objects.select_related("root_page__locale").get(is_default_site=True).root_page
    shop = ShopPage.objects.descendant_of(front).filter(locale=front.locale).first()
    return shop or add(front, ShopPage(title="Shop", slug="shop", intro="Everything for the house."))


def _load_rooms(shop: Page, pictures: dict[str, Picture]) -> dict[str, CategoryPage]:
    """Rooms with shelves below them, and their pages. Returns the pages of the shelves."""
    for place, facts in enumerate(words()["rooms"], start=20):
        room = _load_category(facts, None, place, pictures)
        page = _load_page(room, facts["intro"], shop)
        for shelf_place, shelf_facts in enumerate(facts["shelves"], start=1):
            shelf = _load_category(shelf_facts, room, shelf_place, pictures)
            _load_page(shelf, f"{shelf.name} for the {room.name.lower()}.", page)
    pages = CategoryPage.objects.filter(language=shop.locale.language_code).select_related("locale", "category")
    wanted = {shelf.slug for shelf in shelves()}
    return {page.category.slug: page for page in pages.filter(category__slug__in=wanted)}


def _load_category(facts: dict[str, Any], parent: Category | None, place: int, pictures: dict) -> Category:
    shown = facts if "pictures" in facts else facts["shelves"][0]
    more = {"name": facts["name"], "parent": parent, "position": place, "picture": pictures.get(shown["pictures"][0])}
    return Category.objects.get_or_create(slug=facts["slug"], defaults=more)[0]


def _load_page(category: Category, intro: str, parent: Page) -> Page:
    language = parent.locale.language_code
    if page := CategoryPage.objects.filter(category=category, language=language).first():
        return page
    page = CategoryPage(title=category.name, slug=category.slug, category=category, language=language, intro=intro)
    page.search_description = intro
    # A fresh row each time: adding a child changes what the tree says about its parent.
    return add(Page.objects.get(pk=parent.pk), page)


def make_renditions(pictures: dict[str, Picture], progress: Callable[[int, int], None]) -> int:
    """Make the sizes of the photographs that generated pages show, so that no shopper waits for them; returns how many."""
    made = set(Rendition.objects.values_list("image_id", "filter_spec"))
    names = sorted({name for shelf in shelves() for name in shelf.facts["pictures"]})
    sizes = filters(*PORTRAIT_SPECS)
    count = 0
    for done, name in enumerate(names, start=1):
        missing = [size for size in sizes if (pictures[name].pk, size) not in made]
        if missing:
            count += len(pictures[name].get_renditions(*missing))
            progress(done, len(names))
    return count
