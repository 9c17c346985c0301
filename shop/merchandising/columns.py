"""What a table of the catalogue may hold: one row for each variant, with its product, its prices and its stock.

The same names are the headings of what goes out, so that a file comes back as it went.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from shop.catalogue.models import Currency
from shop.sheets import plain

PRICE, COMPARE = "price_", "compare_"
PRICES = "shop.add_pricewindow"


@dataclass(frozen=True)
class Field:
    """`words`: other headings that mean it. `permission`: who may send it, beside who may send a file at all."""

    name: str
    label: Any
    words: tuple[str, ...] = ()
    permission: str = ""


FIELDS = (
    Field("code", _("Product: code"), ("product", "handle", "product code")),
    Field("name", _("Product: name"), ("title", "product name")),
    Field("brand", _("Product: brand"), ("vendor",)),
    Field("category", _("Product: home category"), ("product category",)),
    Field("tax_class", _("Product: tax class"), ("tax",)),
    Field("lifecycle", _("Product: state"), ("state", "status")),
    Field("sku", _("Sku"), ("variant sku", "article")),
    Field("options", _("Options (colour=indigo; size=s)"), ("variant", "values")),
    Field("barcode", _("Barcode"), ("gtin", "ean", "variant barcode")),
    Field("weight_g", _("Weight in grams"), ("weight", "grams", "variant grams")),
    Field("cost_price", _("Cost price"), ("cost",)),
    Field("active", _("For sale (yes or no)"), ("published",)),
    Field("stock", _("Units on the shelf"), ("on hand", "quantity", "inventory")),
    Field("low_at", _("Low at"), ("threshold",)),
)


def fields(currencies: Iterable[str]) -> list[Field]:
    """All of them, with two for each currency."""
    return [*FIELDS, *(one for code in currencies for one in _of_currency(code))]


def _of_currency(code: str) -> tuple[Field, Field]:
    price = Field(PRICE + code, _("Price in %(currency)s") % {"currency": code}, (f"price {code.lower()}",), PRICES)
    words = (f"compare at price {code.lower()}",)
    compare = Field(COMPARE + code, _("Instead of, in %(currency)s") % {"currency": code}, words, PRICES)
    return price, compare


def currency_codes() -> list[str]:
    """The base currency first."""
    return list(Currency.objects.order_by("-is_base", "position", "code").values_list("code", flat=True))


def guess(headings: Collection[str], known: Iterable[Field]) -> dict[str, int]:
    """{field: column} of those columns whose heading says what they hold."""
    said = [plain(heading) for heading in headings]
    found: dict[str, int] = {}
    for one in known:
        for word in (plain(one.name), plain(str(one.label)), *one.words):
            if word in said and said.index(word) not in found.values():
                found[one.name] = said.index(word)
                break
    return found
