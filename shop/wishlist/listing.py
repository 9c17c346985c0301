"""A wishlist as whoever looks at it sees it now: today's words, pictures and prices, and what has changed since."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from shop.cart.reads import WANTED, Row
from shop.catalogue.models import Picture, Variant
from shop.catalogue.pricing import Price
from shop.money import Money, format_money
from shop.wishlist.goods import borrow_photographs, goods
from shop.wishlist.models import Wishlist, WishlistItem


@dataclass(frozen=True)
class Mark:
    """What is worth saying about a saved thing: `code` for programs and style, `text` for people."""

    code: str
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Entry:
    """A saved thing. `price` is None when it is no longer sold."""

    id: int
    variant: Variant
    title: str
    options: str
    url: str
    image: Picture | None
    price: Price | None
    saved_price: Money | None
    marks: tuple[Mark, ...]

    @property
    def sku(self) -> str:
        return self.variant.sku

    @property
    def can_be_had(self) -> bool:
        return self.price is not None and self.variant.stock_item.can_supply(1)

    @property
    def is_sold_out(self) -> bool:
        """It will be had again: nobody has taken it out of the shop."""
        return self.price is not None and not self.can_be_had

    @property
    def name(self) -> str:
        return f"{self.title}, {self.options}" if self.options else self.title


@dataclass(frozen=True)
class WishlistView:
    wishlist: Wishlist | None
    currency: str
    entries: tuple[Entry, ...] = ()

    @property
    def count(self) -> int:
        return len(self.entries)


def look(wishlist: Wishlist | None, *, currency: str, language: str, now: datetime) -> WishlistView:
    """The list at `now`, what was saved last first. Four statements at most, however long it is."""
    items = list(wishlist.items.select_related("variant")) if wishlist else []
    if not items:
        return WishlistView(wishlist, currency)
    found = goods([item.variant.sku for item in items], currency=currency, language=language, now=now)
    rows = {row.variant.pk: row for row in found.of(WANTED)}
    borrow_photographs(list(rows.values()))
    prices = found.prices
    entries = [_entry(item, rows[item.variant_id], prices.get(item.variant_id)) for item in items]
    return WishlistView(wishlist, currency, tuple(entries))


def _entry(item: WishlistItem, row: Row, price: Price | None) -> Entry:
    saved = Money(item.saved_price, item.currency)
    return Entry(
        id=item.pk,
        variant=row.variant,
        title=row.title,
        options=row.options,
        url=f"{row.url}?variant={row.variant.sku}" if row.url else "",
        image=row.variant.image,
        price=price,
        saved_price=saved,
        marks=tuple(_marks(item, row, price, saved)),
    )


def _marks(item: WishlistItem, row: Row, price: Price | None, saved: Money) -> list[Mark]:
    stock = row.variant.stock_item
    if price is None:
        return [Mark("gone", _("No longer sold"))]
    if not stock.can_supply(1):
        return [Mark("sold_out", _("Sold out"))]
    said = []
    if item.back_at:
        said.append(Mark("back", _("Back in stock since %(date)s") % {"date": date_format(item.back_at, "j F")}))
    if saved.currency == price.now.currency and price.now < saved:
        less = format_money(saved - price.now, short=True)
        said.append(Mark("drop", _("%(amount)s less than when you saved it") % {"amount": less}))
    return said
