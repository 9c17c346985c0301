"""What search engines are told in the head of a page."""

from typing import Any

from django import template

from shop.storefront import canonical

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
