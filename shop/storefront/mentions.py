"""Which products the blocks of a page point to, and what shoppers see of each now.

    goods = cards_in(page.body, at=now, currency="USD", locale=page.locale)    {id of a product page: Card}, for `cards`
    goods.placed(mention)                                                      a card, a name with words, or None

Blocks are read as they are stored, without fetching pages: a deleted product leaves its id there.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from wagtail import blocks
from wagtail.models import Page, PageViewRestriction

from shop.catalogue.currency import currency_of
from shop.catalogue.models import Collection, CollectionMember, Placement
from shop.storefront import questions, reads
from shop.storefront.answers import Ask
from shop.storefront.blocks import SHELF, CollectionChooserBlock, GoodsBlock, Policy, ProductChooserBlock
from shop.storefront.cards import Card, cards_for_pages, product_pages, shown
from shop.storefront.edition import remembered

CANDIDATES = 12  # of a shelf, looked at for one that can stand in


@dataclass(frozen=True)
class Mention:
    """A product that a block points to, by its page; or a collection that it draws from."""

    page_id: int = 0
    collection_id: int = 0
    sku: str = ""
    stand_in: int | None = None
    policy: str = Policy.KEEP
    replaceable: bool = False
    kind: str = ""
    section: str = ""  # id of the page's own block in which it stands, however deep

    def is_missing(self, cards: Mapping[int, Card]) -> bool:
        return bool(self.page_id) and not available(cards.get(self.page_id), self.sku)

    @property
    def takes_any(self) -> bool:
        """Whether another thing of the same shelf may stand in for it."""
        return self.policy == Policy.STAND_IN and self.replaceable


@dataclass(frozen=True)
class Placed:
    """What stands where a block points to a product: a card, or only the name of what is `gone`.

    `note` says what is wrong, or in whose place it stands when it `is_other`.
    """

    card: Card | None = None
    gone: str = ""
    note: str = ""
    is_other: bool = False

    @property
    def names(self) -> list[str]:
        return [self.gone] if self.gone else []


def mentions(*streams: blocks.StreamValue) -> Iterator[Mention]:
    """Every product and collection that the streams' blocks point to, in their order, as often as they do."""
    for stream in streams:
        yield from _walk(stream.stream_block, list(stream.raw_data), Mention())


def _walk(block: Any, raw: Any, at: Mention) -> Iterator[Mention]:
    """`at` carries what the blocks around have said: policy, id and name."""
    if isinstance(block, GoodsBlock) and isinstance(raw, dict):
        rule = raw.get("policy") or block.child_blocks["policy"].get_default()
        at = replace(at, policy=rule, replaceable=block.replaceable)
    if isinstance(block, blocks.StreamBlock):
        for child in raw or []:
            if inner := block.child_blocks.get(child["type"]):
                here = replace(at, section=at.section or child.get("id") or "", kind=str(inner.label))
                yield from _walk(inner, child["value"], here)
    elif isinstance(block, blocks.ListBlock):
        for item in raw or []:
            yield from _walk(block.child_block, block_value(item), at)
    elif isinstance(block, blocks.StructBlock) and isinstance(raw, dict):
        yield from _in_struct(block, raw, at)
    elif isinstance(block, ProductChooserBlock) and raw:
        yield replace(at, page_id=int(raw))
    elif isinstance(block, CollectionChooserBlock) and raw:
        yield replace(at, collection_id=int(raw))


def _in_struct(block: Any, raw: dict[str, Any], at: Mention) -> Iterator[Mention]:
    if "product" in block.child_blocks:
        at = replace(at, sku=raw.get("sku") or "", stand_in=raw.get("stand_in") or None)
    for name, child in block.child_blocks.items():
        if name != "stand_in":
            yield from _walk(child, raw.get(name), at)


def block_value(item: Any) -> Any:
    """What an item of a list holds: lists of old hold bare values."""
    return item["value"] if isinstance(item, dict) and "value" in item and item.get("type") == "item" else item


def available(card: Card | None, sku: str = "") -> bool:
    """Whether the thing, or the one variant of it that is meant, can be had now."""
    if card is None:
        return False
    if not sku:
        return bool(card.sku or card.quick)
    wanted = sku.casefold()
    return card.sku.casefold() == wanted or any(pick.available for pick in card.quick if pick.sku.casefold() == wanted)


class PageGoods(dict[int, Card]):
    """{id of a product page: Card} of all that a page's blocks may show, and what serves where there is none."""

    def __init__(self, cards: dict[int, Card]) -> None:
        super().__init__(cards)
        self.members: dict[int, list[int]] = {}  # ids of pages, by collection
        self.substitutes: dict[int, Card] = {}
        self.names: dict[int, str] = {}  # of what shoppers have known and is gone

    def placed(self, mention: Mention) -> Placed | None:
        """What shoppers see of it; None for nothing."""
        card = self.get(mention.page_id)
        if available(card, mention.sku):
            return Placed(bound(card, mention.sku))  # type: ignore[arg-type]
        if mention.policy == Policy.KEEP:
            return self._kept(card, mention)
        other = self._other(mention) if mention.policy == Policy.STAND_IN else None
        if other is None:
            return None
        name = card.title if card else self.names.get(mention.page_id, "")
        note = _("In place of %(name)s") % {"name": name} if name else ""
        return Placed(other, note=note, is_other=True)

    def _other(self, mention: Mention) -> Card | None:
        chosen = self.get(mention.stand_in) if mention.stand_in else None
        return chosen if available(chosen) else self.substitutes.get(mention.page_id)

    def _kept(self, card: Card | None, mention: Mention) -> Placed | None:
        if card:
            words = _("Sold out")
            return Placed(replace(card.of(mention.sku), sku="", quick=[], badge=words), note=words)
        name = self.names.get(mention.page_id, "")
        return Placed(gone=name, note=_("No longer for sale")) if name else None

    def shelf(self, products: Iterable[Mention], *, limit: int = SHELF) -> list[Placed]:
        """What stands on a shelf, each thing once."""
        found: dict[Any, Placed] = {}
        for mention in products:
            if placed := self.placed(mention):
                found.setdefault(placed.card.page_id if placed.card else placed.gone, placed)
        return list(found.values())[:limit]


def bound(card: Card, sku: str) -> Card:
    """The card of one variant, to be added at once; without `sku` the card itself."""
    if not sku:
        return card
    exact = next((pick.sku for pick in card.quick if pick.sku.casefold() == sku.casefold()), card.sku)
    return replace(card.of(sku), sku=exact, quick=[])


def cards_in(
    *streams: blocks.StreamValue, at: datetime, currency: str, locale: Any, request: HttpRequest | None = None
) -> PageGoods:
    """The goods of all blocks of the streams, fetched together: a few queries more where something cannot be had."""
    found = list(mentions(*streams))
    return Facts.load(found, at=at, currency=currency, locale=locale, request=request).of_page(found)


class Named(NamedTuple):
    """Ids of all pages and collections that blocks point to, and of the products' pages that another may stand in for."""

    pages: tuple[int, ...]
    collections: tuple[int, ...]
    replaceable: tuple[int, ...]


def named(*streams: blocks.StreamValue) -> Named:
    """What the streams' blocks name, in words and links too."""
    references = [
        (model, int(pk))
        for stream in streams
        for model, pk, _model_path, _content_path in stream.stream_block.extract_references(stream)
        if issubclass(model, Page | Collection)
    ]
    return Named(
        pages=tuple(sorted({pk for model, pk in references if issubclass(model, Page)})),
        collections=tuple(sorted({pk for model, pk in references if issubclass(model, Collection)})),
        replaceable=tuple(sorted({mention.page_id for mention in mentions(*streams) if mention.takes_any})),
    )


def standing(page: Any, *streams: blocks.StreamValue, currency: str) -> Hashable:
    """What the HTML of the page's blocks depends on, beside the page, the edition and the currency. One statement at most.

    None for a draft and whatever else is not remembered anyway.
    """
    if not hasattr(page, "edition"):
        return None
    values = standing_values(page, *streams, currency=currency)
    return reads.standing(values) if values else ()


def standing_values(page: Any, *streams: blocks.StreamValue, currency: str) -> dict[str, Any]:
    """What `reads.STANDING` is asked for a page that was lent; empty for one that names nothing."""
    names: Named = remembered(page.edition, ("named", page.pk), lambda: named(*streams))
    if not names.pages and not names.collections:
        return {}
    language = get_language() or ""
    lists = {kind: list(ids) for kind, ids in names._asdict().items()}
    return {**lists, "members": 2 * SHELF, "neighbours": CANDIDATES, "currency": currency, "language": language}


def hangs_on(page: Any, *streams: blocks.StreamValue, currency: str) -> Ask:
    """What the whole answer of a page with blocks hangs on: see `answers`."""
    address = {"address": page.url_path}
    values = standing_values(page, *streams, currency=currency)
    return questions.asked(questions.PAGE_WITH_BLOCKS if values else questions.LOOK, address | values)


def story_context(page: Any, *streams: blocks.StreamValue, request: Any) -> dict[str, Any]:
    """For the templates of a page with blocks: `cards`, looked up when they are asked for, and for what is remembered
    `currency` and `standing`.
    """
    currency, at = currency_of(request), request.commerce_now
    return {
        "cards": SimpleLazyObject(
            lambda: cards_in(*streams, at=at, currency=currency, locale=page.locale, request=request)
        ),
        "standing": standing(page, *streams, currency=currency),
        "currency": currency,
    }


@dataclass(frozen=True)
class Facts:
    """What is true now of all that was mentioned, on however many pages of a language: loaded in a handful of queries."""

    cards: dict[int, Card]
    members: dict[int, list[int]]
    names: dict[int, str]
    homes: dict[int, int]  # category of the pages that need a stand-in
    shelves: dict[int, list[Card]]  # what can be had there

    @classmethod
    def load(
        cls, found: list[Mention], *, at: datetime, currency: str, locale: Any, request: HttpRequest | None = None
    ) -> "Facts":
        def load(page_ids: Iterable[int]) -> dict[int, Card]:
            ids = set(page_ids) - {0}
            return cards_for_pages(ids, at=at, currency=currency, locale=locale, request=request)

        members = _members({mention.collection_id for mention in found} - {0}, locale)
        chosen = [pk for mention in found for pk in (mention.page_id, mention.stand_in or 0)]
        cards = load([*chosen, *(pk for ids in members.values() for pk in ids)])
        missing = [mention for mention in found if mention.is_missing(cards)]
        names = _known_names({mention.page_id for mention in missing} - cards.keys())
        homes = _homes({mention.page_id for mention in missing if mention.takes_any})
        placed = _placements(set(homes.values()))
        pages = _pages_of({product_id for ids in placed.values() for product_id in ids}, locale)
        others = load(pages.values())
        shelves = {
            category_id: [card for pk in ids if (card := others.get(pages.get(pk, 0))) and available(card)]
            for category_id, ids in placed.items()
        }
        return cls(cards, members, names, homes, shelves)

    def of_page(self, found: list[Mention]) -> PageGoods:
        """The goods of one page that makes these mentions. Nothing stands in twice, or beside itself."""
        goods = PageGoods(self.cards)
        goods.members, goods.names = self.members, self.names
        own = {pk for mention in found for pk in (mention.page_id, *self.members.get(mention.collection_id, []))}
        taken = {self.cards[pk].page_id for pk in own if pk in self.cards}
        for mention in found:
            if mention.takes_any and mention.is_missing(self.cards) and mention.page_id not in goods.substitutes:
                shelf = self.shelves.get(self.homes.get(mention.page_id, 0), [])
                if other := next((card for card in shelf if card.page_id not in taken), None):
                    goods.substitutes[mention.page_id] = other
                    taken.add(other.page_id)
        return goods


def _members(collection_ids: set[int], locale: Any) -> dict[int, list[int]]:
    """{collection: ids of the pages of its first members}, twice as many as a shelf holds: some cannot be had."""
    if not collection_ids:
        return {}
    place = Window(RowNumber(), partition_by="collection_id", order_by=[F("pinned").desc(), "position", "pk"])
    members = CollectionMember.objects.filter(collection__in=collection_ids, collection__active=True)
    rows = members.annotate(place=place).filter(place__lte=2 * SHELF).order_by("place")
    pairs = list(rows.values_list("collection_id", "product_id"))
    pages = _pages_of({product_id for _collection, product_id in pairs}, locale)
    found: dict[int, list[int]] = {pk: [] for pk in collection_ids}
    for collection_id, product_id in pairs:
        if product_id in pages:
            found[collection_id].append(pages[product_id])
    return found


def _pages_of(product_ids: set[int], locale: Any) -> dict[int, int]:
    """{product: id of a page that anybody may see}, in the language of `locale` where there is one."""
    if not product_ids:
        return {}
    pages: dict[int, int] = {}
    rows = shown(product_pages()).filter(product__in=product_ids).order_by("pk")
    for pk, product_id, locale_id in rows.values_list("pk", "product_id", "locale_id"):
        if product_id not in pages or (locale and locale_id == locale.pk):
            pages[product_id] = pk
    return pages


def _known_names(page_ids: set[int]) -> dict[int, str]:
    """Titles of pages that are gone and have been public; what is hidden, or never was shown, is not given away."""
    if not page_ids:
        return {}
    hidden = tuple(PageViewRestriction.objects.values_list("page__path", flat=True))
    pages = product_pages().filter(pk__in=page_ids, first_published_at__isnull=False)
    return {pk: title for pk, title, path in pages.values_list("pk", "title", "path") if not path.startswith(hidden)}


def _homes(page_ids: set[int]) -> dict[int, int]:
    """{page: category of its product}."""
    if not page_ids:
        return {}
    pages = product_pages().filter(pk__in=page_ids, product__isnull=False)
    return dict(pages.values_list("pk", "product__category_id"))


def _placements(category_ids: set[int]) -> dict[int, list[int]]:
    """{category: ids of the first products that stand there}."""
    if not category_ids:
        return {}
    place = Window(RowNumber(), partition_by="category_id", order_by=["position", "pk"])
    placed = Placement.objects.filter(category__in=category_ids).annotate(place=place).filter(place__lte=CANDIDATES)
    found: dict[int, list[int]] = {}
    for category_id, product_id in placed.order_by("place").values_list("category_id", "product_id"):
        found.setdefault(category_id, []).append(product_id)
    return found
