"""What a line of a catalogue file would do: steps, each in words and as an operation; or why it cannot be done.

The same plan is shown before and made anew when it is carried out: what was not shown then is not done.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.utils.translation import gettext as _

from shop.catalogue import operations as catalogue
from shop.catalogue.forms import sku_field
from shop.catalogue.models import AttributeValue, Product, TaxClass, Variant
from shop.inventory import operations as inventory
from shop.inventory.models import StockItem
from shop.merchandising.cells import Cells, Refused
from shop.merchandising.columns import COMPARE, PRICE
from shop.merchandising.known import Goods, Words
from shop.money import quantum


@dataclass
class Subject:
    """The product and variant that a line's steps are about; steps that make them put them here."""

    product: Product | None = None
    variant: Variant | None = None

    @property
    def shelf(self) -> StockItem | None:
        return self.variant.stock_item if self.variant else None


Act = Callable[[Subject, dict[str, Any]], Any]  # the second: actor and now


@dataclass(frozen=True)
class Step:
    """One operation, and what it changes in words."""

    act: Act
    told: list[str]


@dataclass
class Plan:
    subject: Subject
    steps: list[Step] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    @property
    def told(self) -> list[str]:
        return self.refusals or [words for step in self.steps for words in step.told]

    def add(self, act: Act, *told: str) -> None:
        self.steps.append(Step(act, list(told)))


@dataclass
class Line:
    """One line to be planned: what it says, and what is known. `made_before`: codes that earlier lines will make."""

    said: Mapping[str, str]
    words: Words
    goods: Goods
    may_count: bool
    made_before: frozenset[str] = frozenset()

    def plan(self) -> Plan:
        plan = Plan(self._subject())
        for part in (self._product, self._variant):
            try:
                part(plan)
            except Refused as refusal:
                plan.refusals.append(str(refusal))
        return plan

    @cached_property
    def cells(self) -> Cells:
        return Cells(self.said, self.words)

    @property
    def code(self) -> str:
        return self.said.get("code", "")

    def _subject(self) -> Subject:
        variant = self.goods.variants.get(self.said.get("sku", "").lower())
        return Subject(variant.product if variant else self.goods.products.get(self.code), variant)

    # --- the product -----------------------------------------------------------------------------

    def _product(self, plan: Plan) -> None:
        product = plan.subject.product
        if product and self.code and product.code != self.code:
            raise Refused(_("This sku belongs to the product %(code)s.") % {"code": product.code})
        if product:
            self._change_product(plan, product)
        elif not self.code:
            raise Refused(_("No such sku, and no code of a product that it could belong to."))
        elif self.code not in self.made_before:
            self._new_product(plan)

    def _new_product(self, plan: Plan) -> None:
        try:
            validate_slug(self.code)
        except ValidationError:
            raise Refused(_("A code has letters, digits, hyphens and underscores.")) from None
        lacking = [name for name in ("name", "category") if name not in self.said]
        if lacking:
            raise Refused(
                _("There is no such product yet; a new one needs: %(names)s.") % {"names": ", ".join(lacking)}
            )
        facts = {
            "code": self.cells.text("code", 100),
            "name": self.cells.text("name", 200),
            "category": self.cells.category(),
            "brand": self.cells.brand(),
            "tax_class": self._tax_class(),
            "options": [value.attribute for value in self.cells.options() or []],
        }

        def act(subject: Subject, who: dict[str, Any]) -> None:
            subject.product = catalogue.create_product(**facts, **who)

        plan.add(act, _("new product %(name)s") % {"name": facts["name"]})
        self._lifecycle(plan, Product.Lifecycle.ACTIVE)

    def _tax_class(self) -> TaxClass:
        if said := self.cells.tax_class():
            return said
        kinds = {row.pk: row for row in self.words.tax_classes.values()}
        if len(kinds) != 1:
            raise Refused(_("A new product needs: %(names)s.") % {"names": "tax_class"})
        return next(iter(kinds.values()))

    def _change_product(self, plan: Plan, product: Product) -> None:
        wanted = {
            "name": self.cells.text("name", 200),
            "brand": self.cells.brand(),
            "tax_class": self.cells.tax_class(),
        }
        changes = {name: new for name, new in wanted.items() if new is not None and new != getattr(product, name)}
        if changes:
            told = [_arrow(name, getattr(product, name), new) for name, new in changes.items()]
            plan.add(_on_product(catalogue.change_product, **changes), *told)
        self._home(plan, product)
        self._lifecycle(plan, product.lifecycle)

    def _home(self, plan: Plan, product: Product) -> None:
        home = self.cells.category()
        if home is not None and home.pk != product.category_id:
            act = _on_product(catalogue.place_in_category, category=home, home=True)
            plan.add(act, _arrow(_("category"), product.category, home))

    def _lifecycle(self, plan: Plan, before: str) -> None:
        after = self.said.get("lifecycle", "").lower()
        if not after or after == before:
            return
        if after not in Product.Lifecycle.values:
            raise Refused(_("State: one of %(states)s.") % {"states": ", ".join(Product.Lifecycle.values)})
        plan.add(_on_product(catalogue.set_lifecycle, lifecycle=after), _arrow(_("state"), before, after))

    # --- the variant -----------------------------------------------------------------------------

    def _variant(self, plan: Plan) -> None:
        variant = plan.subject.variant
        if variant:
            self._change_variant(plan, variant)
            self._count(plan, variant)
            self._rules(plan, variant)
            for currency in self.words.currencies:
                self._price(plan, variant, currency.code)
        elif "sku" in self.said:
            self._new_variant(plan)
        elif lost := [name for name in self.said if name.startswith(PRICE) or name in ("stock", "options", "barcode")]:
            raise Refused(_("Without a sku nobody knows what this is for: %(names)s.") % {"names": ", ".join(lost)})

    def _facts(self) -> dict[str, Any]:
        """What both a new variant and an old one can be told."""
        facts = {
            "barcode": self.cells.barcode(),
            "weight_g": self.cells.units("weight_g"),
            "cost_price": self.cells.amount("cost_price", Decimal("0.01"), least=Decimal(0)),
        }
        return {name: value for name, value in facts.items() if value is not None}

    def _new_variant(self, plan: Plan) -> None:
        sku = self.said["sku"]
        try:
            sku_field().clean(sku)
        except ValidationError as wrong:
            raise Refused(" ".join(wrong.messages)) from None
        base = next((one.code for one in self.words.currencies if one.is_base), "")
        prices = self._prices()
        if base and base not in prices:
            raise Refused(_("There is no such sku yet; a new one needs: %(names)s.") % {"names": PRICE + base})
        values = self.cells.options() or []
        self._refuse_taken(plan.subject.product, values)
        facts = {"values": values, "prices": prices, "stock": self.cells.units("stock") or 0, **self._facts()}
        if (threshold := self.cells.units("low_at")) is not None:
            facts["low_stock_threshold"] = threshold

        def act(subject: Subject, who: dict[str, Any]) -> None:
            subject.variant = catalogue.add_variant(product=subject.product, sku=sku, **facts, **who)  # type: ignore[arg-type]

        plan.add(act, _("new variant %(sku)s") % {"sku": sku})
        if self.cells.yes("active") is False:
            plan.add(_on_variant(catalogue.change_variant, active=False), _("not for sale"))

    def _refuse_taken(self, product: Product | None, values: list[AttributeValue]) -> None:
        """As add_variant would; of a product that an earlier line makes nothing is known yet."""
        if product is None:
            return
        if sorted(value.attribute_id for value in values) != sorted(option.pk for option in product.options.all()):
            raise Refused(catalogue.CombinationIncomplete.message)
        if catalogue.combination_of(values) in {variant.combination for variant in product.variants.all()}:
            raise Refused(catalogue.CombinationTaken.message)

    def _prices(self) -> dict[str, catalogue.Amount]:
        found = {}
        for currency in self.words.currencies:
            amount = self.cells.amount(PRICE + currency.code, quantum(currency.code))
            if amount is not None:
                compare = self.cells.amount(COMPARE + currency.code, quantum(currency.code), least=Decimal(0))
                self._refuse_lower(COMPARE + currency.code, compare, amount)
                found[currency.code] = catalogue.Amount(amount, compare or None)
        return found

    def _refuse_lower(self, name: str, compare: Decimal | None, amount: Decimal) -> None:
        if compare and compare <= amount:
            raise Refused(_("%(name)s: must be higher than the price.") % {"name": name})

    def _change_variant(self, plan: Plan, variant: Variant) -> None:
        wanted = {**self._facts(), "active": self.cells.yes("active")}
        changes = {name: new for name, new in wanted.items() if new is not None and new != getattr(variant, name)}
        told = [_arrow(name, getattr(variant, name), new) for name, new in changes.items()]
        values = self.cells.options()
        if values is not None and {value.pk for value in values} != {value.pk for value in variant.values.all()}:
            told.append(_arrow("options", _list(variant.values.all()), _list(values)))
            changes["values"] = values
        if changes:
            plan.add(_on_variant(catalogue.change_variant, **changes), *told)

    def _count(self, plan: Plan, variant: Variant) -> None:
        counted, shelf = self.cells.units("stock"), variant.stock_item
        if counted is None or counted == shelf.on_hand:
            return
        if not self.may_count:
            raise Refused(_("Units: what is on a shelf already is counted by those who keep it."))
        act = _on_shelf(inventory.count, counted=counted, expected=shelf.on_hand)
        plan.add(act, _arrow(_("units"), shelf.on_hand, counted))

    def _rules(self, plan: Plan, variant: Variant) -> None:
        after, shelf = self.cells.units("low_at"), variant.stock_item
        if after is None or after == shelf.low_stock_threshold:
            return
        if not self.may_count:
            raise Refused(_("Low at: how a shelf is kept is said by those who keep it."))
        act = _on_shelf(inventory.set_rules, low_stock_threshold=after)
        plan.add(act, _arrow(_("low at"), shelf.low_stock_threshold, after))

    def _price(self, plan: Plan, variant: Variant, currency: str) -> None:
        amount = self.cells.amount(PRICE + currency, quantum(currency))
        compare = self.cells.amount(COMPARE + currency, quantum(currency), least=Decimal(0))
        now = self.goods.prices.get(currency, {}).get(variant.pk)
        own = now if now and not now.derived else None
        if amount is None and compare is None:
            return
        if amount is None:
            if own is None:
                words = _("%(name)s: there is no price of its own to stand beside.")
                raise Refused(words % {"name": COMPARE + currency})
            amount = own.now.amount
        was = own.was.amount if own and own.was else None
        if compare is None:
            compare = was if was is not None and was > amount else None
        if own and (own.now.amount, was) == (amount, compare or None):
            return
        self._refuse_lower(COMPARE + currency, compare, amount)
        coin = quantum(currency)
        told = _arrow(currency, own and own.now.amount.quantize(coin), amount.quantize(coin))
        if compare:
            told += " " + _("instead of %(price)s") % {"price": compare.quantize(coin)}
        plan.add(_on_variant(catalogue.set_price, currency=currency, amount=amount, compare_at=compare or None), told)


# --- what steps do -------------------------------------------------------------------------------


def _on_product(operation: Callable[..., Any], **facts: Any) -> Act:
    return lambda subject, who: operation(product=subject.product, **facts, **who)


def _on_variant(operation: Callable[..., Any], **facts: Any) -> Act:
    return lambda subject, who: operation(variant=subject.variant, **facts, **who)


def _on_shelf(operation: Callable[..., Any], **facts: Any) -> Act:
    return lambda subject, who: operation(stock_item=subject.shelf, **facts, **who)


def _arrow(name: object, before: object, after: object) -> str:
    """ "USD: 24.00 → 26.00"."""
    return f"{name}: {_shown(before)} → {_shown(after)}"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value if value not in (None, "") else "–")


def _list(values: Iterable[AttributeValue]) -> str:
    return "; ".join(f"{value.attribute.code}={value.slug}" for value in values)
