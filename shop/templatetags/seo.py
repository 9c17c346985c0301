"""What search engines are told in the head of a page."""

from typing import Any

from django import template

from shop.storefront import canonical, structured

register = template.Library()


@register.simple_tag
def indexing(page: Any, listing: Any = None) -> canonical.Indexing:
    """Canonical address and robots of a page that lists. {% indexing page listing as found %}{{ found.canonical }}"""
    path = page.url or ""
    if not listing:
        return canonical.Indexing(path)
    filters = getattr(listing.query, "filters", None)
    return canonical.indexing(
        path,
        chosen=filters.params() if filters else (),
        sort=listing.query.sort,
        page=listing.page.number,
        count=listing.count,
    )


@register.simple_tag(takes_context=True)
def item_list(context: Any, listing: Any) -> list[dict[str, Any]]:
    """The things of a listing as structured data; none for none. {% item_list listing as lists %}"""
    if not listing:
        return []
    entries = [(card.title, card.url) for card in listing.cards]
    start = listing.page.start_index() if entries else 1
    return structured.item_list(entries, context["request"], start=start)
