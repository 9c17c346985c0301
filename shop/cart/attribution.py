"""Which page sold a thing: the block that a form stood in or a link was clicked in; and a cart's first and last story.

A browser only claims it, as the ids of page and block. The claim counts when a live, public page holds that block, and
is then kept as facts of that moment ({page, block, title, author, at}), so that reports outlive the page. Nothing but
reports may depend on it.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.http import HttpRequest
from wagtail.fields import StreamField
from wagtail.models import Page

PARAMETER = "via"  # of links from a story to a product: ?via=12.1f0c9c1e-3f1b-4f43-8a43-0a2a0a7c1b5e
CLAIM = re.compile(r"(?P<page>[0-9]{1,12})\.(?P<block>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})")


class Claim(NamedTuple):
    """Ids of a page and of a block of it, as somebody's browser says."""

    page: int
    block: str

    def __str__(self) -> str:
        return f"{self.page}.{self.block}"


@dataclass(frozen=True)
class Origin:
    """A claim that was found true, as JSON. `is_story`: it counts among the stories that led to a sale."""

    facts: dict[str, Any]
    is_story: bool


def read(text: str) -> Claim | None:
    """The claim of "12.1f0c9c1e-3f1b-4f43-8a43-0a2a0a7c1b5e"; None for anything of another shape."""
    match = CLAIM.fullmatch(text)
    return Claim(int(match["page"]), match["block"]) if match else None


def clicked(request: HttpRequest) -> Claim | None:
    """What the address of a product page says about the link that led to it."""
    return read(request.GET.get(PARAMETER, ""))


def verify(claim: Claim | None, *, now: datetime) -> Origin | None:
    """The page's words for the claim; None when there is no such page, anybody may not see it, or the block is not its."""
    page = Page.objects.live().filter(pk=claim.page).specific().first() if claim else None
    if claim is None or page is None or not _holds(page, claim.block) or page.get_view_restrictions().exists():
        return None
    author = getattr(page, "author", None)
    facts = {**claim._asdict(), "title": page.title, "author": str(author or ""), "at": now.isoformat()}
    return Origin(facts, is_story=getattr(page, "is_story", False))


def _holds(page: Any, block: str) -> bool:
    streams = [field for field in page._meta.concrete_fields if isinstance(field, StreamField)]
    return any(f'"{block}"' in field.value_to_string(page) for field in streams)


def joined(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """{first: facts, last: facts} of two carts, or of a cart and what happens next."""
    touches = [facts for one in (before, after) for facts in one.values()]
    touches.sort(key=lambda facts: facts["at"])
    return {"first": touches[0], "last": touches[-1]} if touches else {}
