"""What is for sale, for shopping engines: Google Merchant's RSS 2.0, an item for each variant.

The feed is written while it is sent, CHUNK products at a time, so that neither memory nor the statements of one step
grow with the shop. It starts from what is sellable, like every page; nothing private, drafted or unpriced is in it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

from django.conf import settings
from django.http import HttpRequest
from django.utils.html import strip_tags
from django.utils.translation import override

from shop.catalogue.listing import sellable
from shop.catalogue.models import Category
from shop.catalogue.pictures import SPECS
from shop.delivery.promises import Promises, promises
from shop.money import Money, round_money
from shop.storefront.cards import product_pages, shown
from shop.storefront.choice import Choice
from shop.storefront.goods import Offer
from shop.storefront.material import Material

CHUNK = 200
TITLE, DESCRIPTION, MORE_PICTURES = 150, 5000, 10  # the most that is read
NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ATTRIBUTES = {"colour": "g:color", "size": "g:size", "material": "g:material"}
ZOOM = SPECS["zoom"].jpeg

Fields = list[tuple[str, str | list[tuple[str, str]]]]


@dataclass(frozen=True)
class Feed:
    """What all items share."""

    at: datetime
    currency: str
    language: str
    request: HttpRequest
    promised: Promises
    shelves: dict[int, str] = field(default_factory=dict)

    @property
    def country(self) -> str:
        return settings.HOME_COUNTRY.get(self.currency, "")


def merchant_feed(*, title: str, at: datetime, currency: str, language: str, request: HttpRequest) -> Iterator[str]:
    """The feed in `currency` and `language` as of `at`, piece by piece. `request` tells the site."""
    feed = Feed(at, currency, language, request, promises(currency), _shelves())
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield '<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel>\n'
    yield _xml([("title", title), ("link", f"{settings.BASE_URL}/"), ("description", title), ("language", language)])
    after: int | None = 0
    while after is not None:
        text, after = _chunk(feed, after)
        yield text
    yield "</channel></rss>\n"


def _chunk(feed: Feed, after: int) -> tuple[str, int | None]:
    """The items of the next products, and where to go on; None at the end. The same few statements each time."""
    with override(feed.language):
        pages = shown(product_pages()).filter(language=feed.language, product__in=sellable(feed.at, feed.currency))
        found = list(pages.select_related("product__brand", "locale").filter(pk__gt=after).order_by("pk")[:CHUNK])
        material = Material.load(found, at=feed.at, currency=feed.currency, specs=("zoom",), variants=True)
        items = [
            f"<item>\n{_xml(_fields(feed, page, offer, material))}</item>\n"
            for page in found
            for offer in material.goods[page.product_id].for_sale
        ]
    return "".join(items), found[-1].pk if len(found) == CHUNK else None


def _fields(feed: Feed, page: Any, offer: Offer, material: Material) -> Fields:
    product, price = page.product, offer.price
    assert price is not None
    title = f"{page.title}, {offer.label}" if offer.label else page.title
    first, *others = _pictures(page, offer, material) or [""]
    known = {ATTRIBUTES[code]: value.label for value in offer.values if (code := value.attribute.code) in ATTRIBUTES}
    return [
        ("g:id", offer.sku),
        ("g:item_group_id", product.code),
        ("g:title", title[:TITLE]),
        ("g:description", strip_tags(page.search_description or page.summary or page.title)[:DESCRIPTION]),
        ("g:link", f"{settings.BASE_URL}{page.get_url(feed.request)}?{Choice.address(offer.sku)}"),
        ("g:image_link", first),
        *[("g:additional_image_link", picture) for picture in others[:MORE_PICTURES]],
        *_availability(offer, feed.at),
        ("g:price", _money(price.was or price.now)),
        ("g:sale_price", _money(price.now) if price.was else ""),
        ("g:brand", product.brand.name if product.brand else ""),
        ("g:gtin", offer.variant.barcode),
        ("g:identifier_exists", "" if offer.variant.barcode else "no"),
        ("g:condition", "new"),
        ("g:product_type", feed.shelves.get(product.category_id, "")),
        *known.items(),
        ("g:shipping", _shipping(feed, price.now, offer.variant.weight_g)),
        ("g:shipping_weight", f"{offer.variant.weight_g} g" if offer.variant.weight_g else ""),
    ]


def _availability(offer: Offer, at: datetime) -> Fields:
    """In stock, out of stock, or made to order, with the day on which it leaves if that is known."""
    item = offer.stock
    if item.policy == item.Policy.BACKORDER and not item.available:
        day = at + timedelta(days=item.lead_days) if item.lead_days else None
        return [("g:availability", "backorder"), ("g:availability_date", day.isoformat("T", "minutes") if day else "")]
    return [("g:availability", "in_stock" if offer.available else "out_of_stock")]


def _shipping(feed: Feed, goods: Money, grams: int) -> list[tuple[str, str]]:
    way = feed.promised.to(feed.country, grams)
    if way is None:
        return []
    return [("g:country", feed.country), ("g:service", way.name), ("g:price", _money(way.cost_of(goods)))]


def _money(money: Money) -> str:
    return f"{round_money(money.amount, money.currency.code).amount} {money.currency.code}"


def _pictures(page: Any, offer: Offer, material: Material) -> list[str]:
    """The variant's own picture, then the page's; in the size that is made already, else as they were uploaded."""
    own = material.picture(offer.variant.image_id)
    pictures = {picture.pk: picture for picture in [*([own] if own else []), *material.photos(page.pk)]}
    return [_absolute(_file(picture).url) for picture in pictures.values()]


def _file(picture: Any) -> Any:
    made = (size.file for size in picture.prefetched_renditions if size.filter_spec == ZOOM)
    return next(made, picture.file)


def _absolute(url: str) -> str:
    return f"{settings.BASE_URL}{url}" if url.startswith("/") else url


def _shelves() -> dict[int, str]:
    """{category id: "Ceramics > Mugs"}. One query."""
    rows = {row.pk: row for row in Category.objects.all()}
    return {pk: " > ".join(reversed(list(_upwards(row, rows)))) for pk, row in rows.items()}


def _upwards(row: Category | None, rows: dict[int, Category]) -> Iterator[str]:
    seen: set[int] = set()
    while row is not None and row.pk not in seen:
        seen.add(row.pk)
        yield row.name
        row = rows.get(row.parent_id) if row.parent_id else None


def _xml(fields: Iterable[tuple[str, Any]]) -> str:
    """Elements in their order; those without a value are left out, and so is what XML cannot hold."""
    return "".join(f"<{name}>{_inner(value)}</{name}>\n" for name, value in fields if value)


def _inner(value: Any) -> str:
    return escape(NO_XML.sub("", value)) if isinstance(value, str) else _xml(value).replace("\n", "")
