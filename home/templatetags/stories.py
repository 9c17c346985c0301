"""Stories, rooms and groups of blocks in templates."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django import template
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from wagtail.blocks import StreamValue

from home.blocks import shown
from home.models import StoryPage
from shop.catalogue.models import Category
from shop.storefront.models import Assortment

register = template.Library()

OWN_SECTION = {"shelf", "rooms", "feature", "promises", "teasers"}  # the others are part of running text


@dataclass(frozen=True)
class Teaser:
    title: str
    url: str
    image: Any
    eyebrow: str
    summary: str


@dataclass(frozen=True)
class Room:
    title: str
    url: str
    image: Any
    count: int


@register.simple_tag
def teaser_of(value: Any) -> Teaser | None:
    """What a teaser or feature component shows of a story page, or of a block that chose one; None when it is gone.

    {% teaser_of block.value as story %}{% if story %}{% include "components/_teaser.html" %}{% endif %}
    """
    if isinstance(value, StoryPage):
        return _teaser(value, value.picture, value.standfirst)
    story = value["story"]
    if not shown(story):
        return None
    return _teaser(story, value["image"] or story.picture, value["text"] or story.standfirst)


def _teaser(story: StoryPage, image: Any, summary: str) -> Teaser:
    return Teaser(story.title, story.url or "", image, eyebrow(story), summary)


@register.filter
def eyebrow(story: StoryPage) -> str:
    """Kind and reading time: "Workshop, 7 minutes"."""
    minutes = ngettext("%(count)s minute", "%(count)s minutes", story.minutes) % {"count": story.minutes}
    return _("%(kind)s, %(minutes)s") % {"kind": story.kind, "minutes": minutes} if story.kind else minutes


@register.simple_tag(takes_context=True)
def rooms_of(context: Any, chosen: Iterable[Any]) -> list[Room]:
    """The category pages of a block, with how many things each holds now; pages that are gone are left out.

    {% rooms_of value.rooms as rooms %}
    """
    chosen = [room for room in chosen if shown(room["category"]) and room["category"].category_id]
    ids = {room["category"].category_id for room in chosen}
    categories = Category.objects.select_related("picture").in_bulk(ids)
    counts = _counts(ids, context)
    return [
        Room(
            page.title, page.url or "", room["image"] or categories[page.category_id].picture, counts[page.category_id]
        )
        for room in chosen
        for page in [room["category"]]
    ]


def _counts(category_ids: Iterable[int], context: Any) -> Counter[int]:
    """How many things each category lists, with what stands below it."""
    listed = Assortment.objects.filter(
        kind=Assortment.Kind.CATEGORY,
        ref__in=category_ids,
        language=get_language() or "",
        currency=context["currency"],
    )
    return Counter(dict(listed.values_list("ref", "count")))


@dataclass(frozen=True)
class Group:
    """Neighbouring blocks that are set alike: running text (`prose`), or sections of their own."""

    prose: bool
    blocks: list[Any]


@register.filter
def grouped(stream: StreamValue) -> list[Group]:
    """The blocks of a page, those of running text kept together. {% for group in page.body|grouped %}"""
    groups = groupby(stream, key=lambda child: child.block_type not in OWN_SECTION)
    return [Group(prose, list(blocks)) for prose, blocks in groups]
