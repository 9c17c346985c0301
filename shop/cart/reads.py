"""The one statement that a cart is read by, however long it is: its lines, what was put aside, and what is about to be
added, each with its variant, words, picture, stock and price now.

Written by hand because every shopper waits for it. What is for sale is said by `catalogue.listing.sellable_variants`, and
what it costs by `promotions.listing.charged_prices`; this says the same, and a test compares them. Its words are those of
the page in the shopper's language, else of any other; of a live one rather than of a draft.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection, models
from django.utils.functional import SimpleLazyObject
from wagtail.models import Page, Site

from shop.cart.models import AsideLine, Cart
from shop.catalogue.models import Currency, Picture, Product, Variant
from shop.catalogue.pricing import Price, convert
from shop.inventory.models import StockItem
from shop.money import Money
from shop.sql import read

IN_CART, WANTED = "", "wanted"  # kinds of a row, besides those of AsideLine


def _named(model: type[models.Model], *names: str) -> tuple[str, ...]:
    """The columns with these names in the model's order, which `from_db` insists on; all of them without names."""
    return tuple(f.attname for f in model._meta.concrete_fields if not names or f.attname in names)


PRODUCT = _named(Product, "id", "name", "tax_class_id")
STOCK = _named(StockItem, "id", "policy", "on_hand", "reserved", "lead_days")
VARIANT = _named(Variant, "id", "sku", "weight_g", "product_id", "stock_item_id", "image_id")
PICTURE = _named(Picture)


class Address(NamedTuple):
    """A page, its place in the tree, and where Wagtail says that sites begin in it: one look for a whole cart."""

    url_path: str
    roots: Any
    page_id: int

    def url(self) -> str:
        page = Page(pk=self.page_id, url_path=self.url_path)
        page._wagtail_cached_site_root_paths = self.roots
        return page.get_url() or ""


@dataclass(frozen=True)
class Row:
    """A thing in the cart, put aside (`kind` of AsideLine) or WANTED. `id` is that of its line; 0 for what is wanted.

    `variant` has its product, stock and picture, and of those what a cart shows. `price` is before promotions; None when
    the thing is not for sale.
    """

    kind: str
    id: int
    quantity: int
    seen_price: Decimal | None
    origin: dict[str, Any]
    variant: Variant
    price: Price | None
    options: str
    title: str
    address: Address | None

    @property
    def url(self) -> str:
        """Of its page; empty when nobody may see that."""
        return self.address.url() if self.address else ""


def _columns(alias: str, names: Collection[str]) -> str:
    return ", ".join(f"{alias}.{name}" for name in names)


# Of a variant v of product p: its page, pages that anybody may see, whether anybody can buy it, and what `_price` asks for.
ITS_PAGE = """FROM shop_productpage pp
          JOIN wagtailcore_page w ON w.id = pp.page_ptr_id
          JOIN wagtailcore_locale l ON l.id = w.locale_id
         WHERE pp.product_id = p.id
         ORDER BY w.live DESC, l.language_code = %(language)s DESC, w.id LIMIT 1"""

IS_ACTIVE = f"v.active AND p.lifecycle = '{Product.Lifecycle.ACTIVE}'"
PAGES_TO_SEE = """FROM shop_productpage pp JOIN wagtailcore_page w ON w.id = pp.page_ptr_id
            WHERE pp.product_id = p.id AND w.live AND NOT EXISTS (
                SELECT 1 FROM wagtailcore_pageviewrestriction r JOIN wagtailcore_page above ON above.id = r.page_id
                 WHERE starts_with(w.path, above.path))"""
IS_FOR_SALE = f"{IS_ACTIVE} AND EXISTS (SELECT 1 {PAGES_TO_SEE})"  # noqa: S608 - constants of ours


ITS_AMOUNTS = """(SELECT ARRAY[amount, compare_at] FROM shop_pricewindow w
         WHERE w.variant_id = v.id AND w.currency = %(currency)s AND w.valid @> %(at)s::timestamptz),
       (SELECT ARRAY[amount, compare_at] FROM shop_pricewindow w
         WHERE w.variant_id = v.id AND w.currency = (SELECT code FROM shop_currency WHERE is_base)
           AND w.valid @> %(at)s::timestamptz),
       (SELECT code FROM shop_currency WHERE is_base),
       (SELECT ARRAY[rate, rounding] FROM shop_currency WHERE code = %(currency)s)"""


def price(currency: str) -> str:
    """What `_price` says, without what it was before, as an expression; so is `currency`."""
    return f"""coalesce(
        (SELECT amount FROM shop_pricewindow w
          WHERE w.variant_id = v.id AND w.currency = {currency} AND w.valid @> %(at)s::timestamptz),
        (SELECT greatest(round(w.amount * c.rate / c.rounding), 1) * c.rounding
           FROM shop_currency base JOIN shop_pricewindow w ON w.currency = base.code JOIN shop_currency c ON NOT c.is_base
          WHERE base.is_base AND c.code = {currency} AND w.variant_id = v.id AND w.valid @> %(at)s::timestamptz))"""  # noqa: S608


def _statement() -> str:
    return f"""
WITH held(kind, id, at, variant_id, quantity, seen_price, origin) AS (
    SELECT '{IN_CART}', id, added_at, variant_id, quantity, seen_price, origin FROM shop_cartline WHERE cart_id = %(cart)s
    UNION ALL
    SELECT kind, id, at, variant_id, quantity, seen_price, origin FROM shop_asideline
     WHERE cart_id = %(cart)s AND (kind = '{AsideLine.Kind.SAVED}' OR at > %(undo_from)s)
    UNION ALL
    SELECT '{WANTED}', 0, NULL, id, 0, NULL, NULL FROM shop_variant WHERE lower(sku) = ANY(%(skus)s)
)
SELECT h.kind, h.id, h.quantity, h.seen_price, h.origin::text,
       ARRAY(SELECT coalesce(o.names ->> %(language)s, o.name) FROM shop_variant_values vo
               JOIN shop_attributevalue o ON o.id = vo.attributevalue_id
               JOIN shop_attribute a ON a.id = o.attribute_id
              WHERE vo.variant_id = v.id ORDER BY a.position, a.id),
       (SELECT ARRAY[w.title, w.url_path, w.live::text, w.id::text] {ITS_PAGE}),
       {IS_FOR_SALE},
       {ITS_AMOUNTS},
       {_columns("p", PRODUCT)}, {_columns("s", STOCK)}, {_columns("v", VARIANT)}, {_columns("i", PICTURE)}
  FROM held h
  JOIN shop_variant v ON v.id = h.variant_id
  JOIN shop_product p ON p.id = v.product_id
  JOIN shop_stockitem s ON s.id = v.stock_item_id
  LEFT JOIN shop_picture i ON i.id = v.image_id
 ORDER BY h.kind, h.at, h.id
"""  # noqa: S608 - constants of ours; values travel apart


STATEMENT = _statement()
FACTS = 12  # columns before those of models


def rows(cart: Cart, *, at: datetime, undo_from: datetime, language: str, skus: Collection[str] = ()) -> list[Row]:
    """What the cart holds, in the order in which it came; what was put aside (removed: since `undo_from`); the `skus`."""
    values = {
        "cart": cart.pk,
        "currency": cart.currency,
        "at": at,
        "undo_from": undo_from,
        "language": language,
        "skus": [sku.lower() for sku in skus],
    }
    found = read(STATEMENT, values)
    roots = SimpleLazyObject(Site.get_site_root_paths)
    return [_row(values, cart.currency, roots) for values in found]


def _row(values: tuple, currency: str, roots: Any) -> Row:
    kind, pk, quantity, seen_price, origin, options, page, for_sale, *amounts = values[:FACTS]
    variant = _variant(values[FACTS:])
    title, url_path, live, page_id = page or (variant.product.name, "", "false", "0")
    return Row(
        kind=kind,
        id=pk,
        quantity=quantity,
        seen_price=seen_price,
        origin=json.loads(origin) if origin else {},
        variant=variant,
        price=_price(currency, *amounts) if for_sale else None,
        options=", ".join(options),
        title=title,
        address=Address(url_path, roots, int(page_id)) if live == "true" else None,
    )


def _price(
    currency: str,
    own: list[Decimal] | None,
    basic: list[Decimal] | None,
    base: str | None,
    terms: list[Decimal] | None,
) -> Price | None:
    """The price that was set, else one derived from that of the base currency."""
    if own:
        now, was = own
        return Price(Money(now, currency), None if was is None else Money(was, currency))
    if not basic or not base or not terms or base == currency:
        return None
    (now, was), (rate, rounding) = basic, terms
    target = Currency(code=currency, rate=rate, rounding=rounding)
    compared = None if was is None else convert(Money(was, base), target)
    return Price(convert(Money(now, base), target), compared, derived=True)


def _variant(values: tuple) -> Variant:
    """The variant with what stands beside it; of each only what was read, as after `.only()`."""
    at = 0
    made: list[Any] = []
    for model, names in ((Product, PRODUCT), (StockItem, STOCK), (Variant, VARIANT), (Picture, PICTURE)):
        part = values[at : at + len(names)]
        made.append(_instance(model, names, part) if part[0] is not None else None)
        at += len(names)
    variant: Variant = made[2]
    variant.product, variant.stock_item, variant.image = made[0], made[1], made[3]
    return variant


def _instance(model: type[models.Model], names: Collection[str], values: tuple) -> models.Model:
    return model.from_db(connection.alias, list(names), list(values))
