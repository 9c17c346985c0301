"""The pages of the shop: its root, the categories and the products."""

import re
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.html import escape
from wagtail.models import Locale, Page

from shop.catalogue.models import Category, Picture, Product
from shop.demo.catalogue import listed_at
from shop.demo.pictures import library
from shop.demo.source import block, read, stream
from shop.storefront.pages import CategoryPage, ProductPage, ProductPhoto, ProductPick, ShopPage

LINK = re.compile(r'<a href="/(?P<path>[^"]*?)/?">')


def add(parent: Page, page: Page, *, at: datetime | None = None) -> Page:
    """Put `page` below `parent` and publish it, first seen `at` that time."""
    put(parent, page, at=at).save_revision().publish()
    return page


def put(parent: Page, page: Page, *, at: datetime | None = None) -> Page:
    """Put `page` below `parent`, to be published by a revision."""
    speak(parent, page)
    page.first_published_at = at
    parent.add_child(instance=page)
    return page


def speak(parent: Page, page: Page) -> None:
    """Give a new `page` the language of its parent, as a translation of its twin, if it has one."""
    page.locale = parent.locale
    if twin := _twin(parent, page):
        page.translation_key = twin.translation_key


def _twin(parent: Page, page: Page) -> Page | None:
    """The page of the same slug below the same parent in the shop's first language."""
    first = Locale.objects.get(language_code=settings.LANGUAGE_CODE)
    above = (
        Page.objects.filter(translation_key=parent.translation_key, locale=first).exclude(locale=page.locale).first()
    )
    return above.get_children().filter(slug=page.slug).first() if above else None


def rich(text: str) -> str:
    """A plain paragraph as rich text."""
    return f"<p>{escape(text)}</p>"


def _paragraph(text: str) -> dict[str, Any]:
    return block("paragraph", rich(text))


def linked(html: str, pages: dict[str, Page]) -> str:
    """Rich text whose links to our own addresses follow the page: `pages` by their path, such as `write-to-us`."""

    def link(match: re.Match[str]) -> str:
        page = pages.get(match["path"])
        return f'<a linktype="page" id="{page.pk}">' if page else match[0]

    return LINK.sub(link, html)


@transaction.atomic
def load_shop(front: Page) -> int:
    """The shop's root and its categories below `front`; returns how many pages were missing."""
    shop, made = _shop_page(front)
    language = front.locale.language_code
    known = set(CategoryPage.objects.filter(language=language).values_list("category__slug", flat=True))
    missing = [facts for facts in read("catalogue", language)["categories"] if facts["slug"] not in known]
    for facts in missing:
        add(shop, _category_page(facts, language))
    return made + len(missing)


def _shop_page(front: Page) -> tuple[Page, int]:
    if shop := ShopPage.objects.descendant_of(front).first():
        return shop, 0
    facts = read("pages", front.locale.language_code)["site"]["shop"]
    return add(front, ShopPage(show_in_menus=True, **facts)), 1


def _category_page(facts: dict[str, Any], language: str) -> CategoryPage:
    return CategoryPage(
        title=facts["name"],
        slug=facts["slug"],
        category=Category.objects.get(slug=facts["slug"]),
        language=language,
        intro=facts["intro"],
        search_description=facts["intro"],
        story=stream(map(_paragraph, facts["text"])),
        show_in_menus=True,
    )


@transaction.atomic
def load_product_pages(front: Page) -> int:
    """A page for each product that has none, below its category; returns how many were missing."""
    language = front.locale.language_code
    known = {
        page.product.code: page for page in ProductPage.objects.filter(language=language).select_related("product")
    }
    missing = [facts for facts in read("catalogue", language)["products"] if facts["code"] not in known]
    shelves = {page.category.slug: page for page in _category_pages(language)}
    pictures = library()
    new = {}
    for facts in missing:
        # A fresh row each time: adding a child changes what the tree says about its parent.
        parent = Page.objects.get(pk=shelves[facts["category"]].pk)
        new[facts["code"]] = put(parent, _product_page(facts, language, pictures), at=listed_at(facts))
    for facts in missing:  # what the editors recommend beside a product may be a product of another shelf
        picks = [(known | new)[code] for code in facts["related"]]
        new[facts["code"]].picks = [ProductPick(sort_order=n, other=other) for n, other in enumerate(picks)]
        new[facts["code"]].save_revision().publish()
    return len(missing)


def _category_pages(language: str) -> Any:
    return CategoryPage.objects.filter(language=language).select_related("category")


def _product_page(facts: dict[str, Any], language: str, pictures: dict[str, Picture]) -> ProductPage:
    story = facts["story"]
    page = ProductPage(
        title=facts["title"],
        slug=facts["code"],
        product=Product.objects.get(code=facts["code"]),
        language=language,
        summary=facts["summary"],
        search_description=facts["summary"],
        story=stream([block("heading", story["heading"]), *map(_paragraph, story["paragraphs"])]),
        specs=stream(block("spec", spec) for spec in facts["specs"]),
        faq=stream(block("question", {**entry, "answer": rich(entry["answer"])}) for entry in facts["faq"]),
    )
    page.photos = [
        ProductPhoto(sort_order=place, image=pictures[photo["picture"]], alt=photo["alt"])
        for place, photo in enumerate(facts["gallery"])
    ]
    return page
