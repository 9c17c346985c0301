"""Content that needs care: live pages whose blocks point to what is sold out, not for sale, hidden or deleted.

Read from what the pages hold, not from an index of references: a deleted product is nowhere else. The number of
queries depends on the number of page types and languages, not on that of pages.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from wagtail import blocks
from wagtail.fields import StreamField
from wagtail.models import Locale, Page, get_page_models

from shop.catalogue.models import Collection
from shop.storefront.blocks import CollectionChooserBlock, ProductChooserBlock
from shop.storefront.cards import product_pages, shown
from shop.storefront.mentions import Facts, Mention, PageGoods, available, mentions


@dataclass(frozen=True)
class Concern:
    """A block of a live page that needs a look: what it points to, what is wrong, and what shoppers see meanwhile."""

    page: Page
    block: str
    path: str  # where it is in the editor: "body.1f0c9c1e-..."
    thing: str
    reason: str
    seen: str


def concerns(*, pages: QuerySet[Page], at: datetime, currency: str) -> list[Concern]:
    """Of the live ones among `pages`, by their titles."""
    found = list(_pages_with_mentions(pages))
    names = _Names.load([mention for _page, ours in found for mention in ours])
    result: list[Concern] = []
    for locale in Locale.objects.all():
        here = [(page, ours) for page, ours in found if page.locale_id == locale.pk]
        if here:
            everything = [mention for _page, ours in here for mention in ours]
            facts = Facts.load(everything, at=at, currency=currency, locale=locale)
            for page, ours in here:
                result += _of_page(page, ours, facts, names)
    return sorted(result, key=lambda concern: (concern.page.title.casefold(), concern.page.pk))


Ours = dict[Mention, str]  # what a page mentions, and in which of its fields


def _of_page(page: Page, ours: Ours, facts: Facts, names: "_Names") -> Iterator[Concern]:
    goods = facts.of_page(list(ours))
    for mention, field in ours.items():
        reason = names.why_empty(mention, goods) if mention.collection_id else names.why_missing(mention, goods)
        if reason:
            path = f"{field}.{mention.section}"
            yield Concern(page, mention.kind, path, names.of(mention), reason, _seen(mention, goods))


def _seen(mention: Mention, goods: PageGoods) -> str:
    """What the block's policy shows now."""
    placed = None if mention.collection_id else goods.placed(mention)
    if placed is None:
        return _("Nothing")
    if placed.is_other and placed.card:
        return _("%(name)s instead") % {"name": placed.card.title}
    if placed.card:
        return _("The product, marked as sold out")
    return _("Its name: no longer for sale")


@dataclass(frozen=True)
class _Names:
    """What is known of the pages and collections that were mentioned, also of those that nobody can see."""

    pages: dict[int, tuple[str, bool]]  # title, live
    public: set[int]
    collections: dict[int, tuple[str, bool]]  # name, active

    @classmethod
    def load(cls, found: list[Mention]) -> "_Names":
        wanted = product_pages().filter(pk__in={mention.page_id for mention in found} - {0})
        chosen = Collection.objects.filter(pk__in={mention.collection_id for mention in found} - {0})
        return cls(
            {pk: (title, live) for pk, title, live in wanted.values_list("pk", "title", "live")},
            set(shown(wanted).values_list("pk", flat=True)),
            {pk: (name, active) for pk, name, active in chosen.values_list("pk", "name", "active")},
        )

    def of(self, mention: Mention) -> str:
        if mention.collection_id:
            known = self.collections.get(mention.collection_id)
            return known[0] if known else _("Collection %(id)s") % {"id": mention.collection_id}
        page = self.pages.get(mention.page_id)
        name = page[0] if page else _("Page %(id)s") % {"id": mention.page_id}
        return f"{name}, {mention.sku}" if mention.sku else name

    def why_missing(self, mention: Mention, goods: PageGoods) -> str:
        """In words; nothing when all is well."""
        card = goods.get(mention.page_id)
        if available(card, mention.sku):
            return ""
        if mention.page_id not in self.pages:
            return _("Deleted")
        if card is None:
            if not self.pages[mention.page_id][1]:
                return _("Unpublished")
            return _("Not for sale") if mention.page_id in self.public else _("Private")
        if available(card):
            return _("This variant is sold out or not for sale")
        return _("Sold out")

    def why_empty(self, mention: Mention, goods: PageGoods) -> str:
        if mention.collection_id not in self.collections:
            return _("Deleted")
        if not self.collections[mention.collection_id][1]:
            return _("Switched off")
        members = goods.members.get(mention.collection_id, [])
        return "" if any(available(goods.get(pk)) for pk in members) else _("Nothing in it can be had")


# --- where to look -------------------------------------------------------------------------------


def _pages_with_mentions(pages: QuerySet[Page]) -> Iterator[tuple[Page, Ours]]:
    """One query for each type of page whose streams can hold products; the database looks for their blocks."""
    for model in get_page_models():
        streams = [field for field in model._meta.concrete_fields if isinstance(field, StreamField)]
        fields = {field.name: kinds for field in streams if (kinds := _kinds(field.stream_block))}
        if not fields:
            continue
        rows = model.objects.filter(live=True, pk__in=pages.order_by().values("pk"))
        rows = rows.annotate(**{f"{name}_text": Cast(name, TextField()) for name in fields})
        holds = Q(pk__in=[])
        for name, kinds in fields.items():
            holds |= Q(**{f"{name}_text__regex": f'"type": "({"|".join(sorted(kinds))})"'})
        for page in rows.filter(holds).only("title", "locale", *fields):
            yield page, {mention: name for name in fields for mention in mentions(getattr(page, name))}


def _kinds(stream: blocks.StreamBlock) -> set[str]:
    """Names of the blocks of a stream in which products or collections are chosen."""
    return {name for name, block in stream.child_blocks.items() if _chooses(block)}


def _chooses(block: Any) -> bool:
    if isinstance(block, (ProductChooserBlock, CollectionChooserBlock)):
        return True
    if isinstance(block, blocks.ListBlock):
        return _chooses(block.child_block)
    return any(_chooses(child) for child in getattr(block, "child_blocks", {}).values())
