"""Collections by rule and by hand, and their pages. What exists stays as people have made it since."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from wagtail.models import Page

from shop.catalogue.collections import create_collection, never, pin
from shop.catalogue.models import AttributeValue, Category, Collection, Product
from shop.demo.pages import add, rich
from shop.demo.pictures import library
from shop.demo.source import ACTOR, block, read, stream
from shop.storefront.collection_page import CollectionIndexPage, CollectionPage


def load_collections(now: datetime) -> int:
    """Collections with their pins and never lists, each in one transaction; returns how many were missing."""
    known = set(Collection.objects.values_list("slug", flat=True))
    missing = [facts for facts in read("catalogue")["collections"] if facts["slug"] not in known]
    for facts in missing:
        _collection(facts, now)
    return len(missing)


@transaction.atomic
def _collection(facts: dict[str, Any], now: datetime) -> None:
    who: dict[str, Any] = {"actor": ACTOR, "now": now}
    rules = dict(facts["rules"])
    values = AttributeValue.objects.filter(attribute__code="material", slug__in=rules.pop("material", []))
    categories = Category.objects.filter(slug__in=rules.pop("categories", []))
    price_max = rules.pop("price_max", None)
    collection = create_collection(
        name=facts["name"],
        slug=facts["slug"],
        picture=library().get(facts["picture"]),
        categories=categories,
        values=values,
        price_max=None if price_max is None else Decimal(price_max),
        **rules,
        **who,
    )
    products = Product.objects.in_bulk([*facts["pins"], *facts["never"]], field_name="code")
    for code in facts["pins"]:
        pin(collection=collection, product=products[code], **who)
    for code in facts["never"]:
        never(collection=collection, product=products[code], **who)


@transaction.atomic
def load_collection_pages(front: Page) -> int:
    """The page of all collections below `front`, and a page for each; returns how many were missing."""
    language = front.locale.language_code
    index = CollectionIndexPage.objects.child_of(front).first()
    made = 0 if index else 1
    index = index or add(front, CollectionIndexPage(**read("pages", language)["site"]["collections"]))
    known = set(CollectionPage.objects.filter(language=language).values_list("collection__slug", flat=True))
    for facts in read("catalogue", language)["collections"]:
        if facts["slug"] not in known:
            # A fresh row each time: adding a child changes what the tree says about its parent.
            add(Page.objects.get(pk=index.pk), _page(facts, language))
            made += 1
    return made


def _page(facts: dict[str, Any], language: str) -> CollectionPage:
    return CollectionPage(
        title=facts["name"],
        slug=facts["slug"],
        collection=Collection.objects.get(slug=facts["slug"]),
        language=language,
        intro=facts["intro"],
        search_description=facts["intro"],
        story=stream(block("paragraph", rich(text)) for text in facts["text"]),
    )
