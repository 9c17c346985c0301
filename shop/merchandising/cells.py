"""What stands in the cells of a catalogue file's line, read as what it should be. None: nothing stands there."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from shop import sheets
from shop.catalogue.forms import validate_gtin
from shop.catalogue.models import AttributeValue, TaxClass
from shop.inventory.operations import MOST_UNITS
from shop.merchandising.known import Words

YES, NO = {"yes", "true", "1", "x", "ya"}, {"no", "false", "0", "tidak"}


class Refused(Exception):
    """A cell cannot be used; the words say why."""


@dataclass(frozen=True)
class Cells:
    """`said`: the text of those that are not empty, by the field's name. Each reader raises Refused."""

    said: Mapping[str, str]
    words: Words

    def __contains__(self, name: str) -> bool:
        return name in self.said

    def text(self, name: str, longest: int) -> str | None:
        text = self.said.get(name)
        if text and len(text) > longest:
            raise Refused(_("%(name)s: at most %(most)s letters.") % {"name": name, "most": longest})
        return text

    def named(self, name: str, rows: Mapping[str, Any]) -> Any:
        text = self.said.get(name)
        if text is None:
            return None
        if text.lower() not in rows:
            raise Refused(_("%(name)s: there is none called “%(text)s”.") % {"name": name, "text": text})
        return rows[text.lower()]

    def options(self) -> list[AttributeValue] | None:
        text = self.said.get("options")
        if text is None:
            return None
        found = []
        for part in filter(None, (part.strip() for part in text.split(";"))):
            kind, _equals, word = (piece.strip().lower() for piece in part.partition("="))
            if (kind, word) not in self.words.values:
                raise Refused(_("options: there is no “%(part)s”. Write colour=indigo; size=s.") % {"part": part})
            found.append(self.words.values[kind, word])
        return found

    def units(self, name: str) -> int | None:
        text = self.said.get(name)
        if text is None:
            return None
        try:
            return sheets.units(text, most=MOST_UNITS)
        except ValueError:
            raise Refused(_("%(name)s: a whole number, 0 or more.") % {"name": name}) from None

    def amount(self, name: str, coin: Decimal, *, least: Decimal | None = None) -> Decimal | None:
        text = self.said.get(name)
        if text is None:
            return None
        try:
            amount = sheets.number(text)
        except ValueError:
            raise Refused(_("%(name)s: “%(text)s” is no amount.") % {"name": name, "text": text}) from None
        if amount < (coin if least is None else least) or amount % coin:
            raise Refused(_("%(name)s: “%(text)s” cannot be paid.") % {"name": name, "text": text})
        return amount

    def barcode(self) -> str | None:
        text = self.said.get("barcode")
        if text is not None:
            try:
                validate_gtin(text)
            except ValidationError as wrong:
                raise Refused(f"barcode: {' '.join(wrong.messages)}") from None
        return text

    def yes(self, name: str) -> bool | None:
        text = self.said.get(name, "").lower()
        if text and text not in YES | NO:
            raise Refused(_("%(name)s: yes or no.") % {"name": name})
        return text in YES if text else None

    def category(self) -> Any:
        return self.named("category", self.words.categories)

    def brand(self) -> Any:
        return self.named("brand", self.words.brands)

    def tax_class(self) -> TaxClass | None:
        return self.named("tax_class", self.words.tax_classes)
