"""Forms of the promotions desk. Each turns what was typed into one operation (`operate`)."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm

from shop.catalogue.models import Product
from shop.money import quantum
from shop.promotions import operations as promotions
from shop.promotions.listing import normal_code
from shop.promotions.models import Coupon, Promotion

Kind, Effect, Scope = Promotion.Kind, Promotion.Effect, Promotion.Scope
BY_PERCENT = (Effect.PERCENTAGE, Effect.BUY_X_GET_Y)
AMOUNTS = ("amount_off", "minimum", "cap", "budget")


class PromotionForm(WagtailAdminModelForm):
    """A promotion with its amounts, its tiers, what it is for, its first code. What its effect does not use is dropped."""

    code = forms.CharField(
        max_length=40,
        required=False,
        label=_("Code"),
        help_text=_("Of a coupon, such as WELCOME10. Leave it empty to make many codes afterwards."),
    )
    product_codes = forms.CharField(
        required=False,
        label=_("Products"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One a line: the product's code, or the SKU of one of its variants."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["kind"].disabled = True
            self.fields["kind"].help_text = _("It stays as it is; switch this one off and make another.")
            del self.fields["code"]
            codes = self.instance.products.order_by("code").values_list("code", flat=True)
            self.initial["product_codes"] = "\n".join(codes)

    def clean_code(self) -> str:
        typed = self.cleaned_data["code"]
        if typed and len(code := normal_code(typed)) < 3:
            raise ValidationError(_("Three letters or more: A to Z, digits and hyphens."))
        if typed and Coupon.objects.filter(code=code).exists():
            raise ValidationError(promotions.CodeTaken.message)
        return normal_code(typed)

    def clean_product_codes(self) -> list[Product]:
        found, unknown = [], []
        for code in dict.fromkeys(self.cleaned_data["product_codes"].split()):
            product = Product.objects.filter(code__iexact=code).first()
            product = product or Product.objects.filter(variants__sku__iexact=code).first()
            found.append(product) if product else unknown.append(code)
        if unknown:
            raise ValidationError(_("There is no %(codes)s.") % {"codes": ", ".join(unknown)})
        return found

    def clean(self) -> dict[str, Any]:
        data = {**self.cleaned_data, **(super().clean() or {})}  # a copy: whoever errs stays in it for the other checks
        if self.errors:
            return data
        self._clean_effect(data)
        self._clean_scope(data)
        self._clean_kind(data)
        if data.get("ends_at") and data["ends_at"] <= data["starts_at"]:
            self.add_error("ends_at", _("It must end after it starts."))
        self._clean_amounts(data)
        return data

    def _clean_effect(self, data: dict[str, Any]) -> None:
        effect = data["effect"]
        if effect not in BY_PERCENT:
            data["percent"] = None
        elif not data["percent"]:
            self.add_error("percent", _("Give how many per cent."))
        for name in ("buy_quantity", "get_quantity"):
            if effect != Effect.BUY_X_GET_Y:
                data[name] = None
            elif not data[name]:
                self.add_error(name, _("Give how many."))

    def _clean_scope(self, data: dict[str, Any]) -> None:
        chosen = {"products": "product_codes", "categories": "categories", "collections": "collections"}
        for scope, field in chosen.items():
            if data["scope"] == scope and not data[field]:
                self.add_error(field, _("Choose at least one."))

    def _clean_kind(self, data: dict[str, Any]) -> None:
        if data["kind"] == Kind.COUPON:
            return
        if data.get("code"):
            self.add_error("code", _("Only a coupon starts with a code."))
        if data["kind"] != Kind.CATALOGUE:
            return
        if data["effect"] not in (Effect.PERCENTAGE, Effect.FIXED):
            self.add_error("effect", _("A price can be reduced by a percentage or an amount."))
        if data["effect"] == Effect.PERCENTAGE and data["percent"] == 100:
            self.add_error("percent", _("A reduced price is still a price: less than 100."))
        for name in ("limit_total", "limit_per_customer", "first_order_only"):
            if data[name]:
                self.add_error(name, _("A reduced price is for everybody."))

    def _clean_amounts(self, data: dict[str, Any]) -> None:
        terms = [row for row in self._rows("terms") if row]
        tiers = [row for row in self._rows("tiers") if row]
        amounts = [(row["currency"], row.get(name)) for row in [*terms, *tiers] for name in AMOUNTS]
        if any(amount is not None and amount % quantum(currency) for currency, amount in amounts):
            self.add_error(None, _("An amount is finer than its currency: rupiah and yen are whole."))
        if data["effect"] == Effect.FIXED and not any(row["amount_off"] for row in terms):
            self.add_error("effect", _("Give the amount off in one currency at least, below."))
        if data["effect"] == Effect.TIERED and not tiers:
            self.add_error("effect", _("Give one tier at least, below."))
        if data["kind"] == Kind.CATALOGUE and any(row["minimum"] or row["budget"] for row in terms):
            self.add_error(None, _("A reduced price has no minimum and no budget."))

    def _rows(self, name: str) -> list[dict[str, Any]]:
        forms_ = [
            form for form in self.formsets[name].forms if form.is_valid() and form.has_changed() or form.instance.pk
        ]
        return [form.cleaned_data for form in forms_ if form.is_valid() and not form.cleaned_data.get("DELETE")]

    def operate(self, *, actor: str, now: datetime) -> Promotion:
        data = self.cleaned_data
        for name in ("percent", "buy_quantity", "get_quantity"):
            setattr(self.instance, name, data[name])
        promotion = super().save(commit=False)
        chosen = {
            "products": data["product_codes"],
            "categories": data["categories"],
            "collections": data["collections"],
        }
        scope = {name: rows if data["scope"] == name else [] for name, rows in chosen.items()}
        with transaction.atomic():
            promotions.keep_promotion(promotion=promotion, scope=scope, actor=actor, now=now)
            if code := data.get("code"):
                promotions.add_coupon(promotion=promotion, code=code, actor=actor, now=now)
        return promotion


class CouponForm(WagtailAdminModelForm):
    """One code. Once it is there, how often it may be used and whether can change, the code itself not."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["promotion"].queryset = Promotion.objects.filter(kind=Kind.COUPON)  # type: ignore[attr-defined]
        if self.instance.pk:
            self.fields["promotion"].disabled = self.fields["code"].disabled = True

    def clean_code(self) -> str:
        code = normal_code(self.cleaned_data["code"])
        if Coupon.objects.filter(code=code).exclude(pk=self.instance.pk).exists():
            raise ValidationError(promotions.CodeTaken.message)
        return code

    def operate(self, *, actor: str, now: datetime) -> Coupon:
        data = self.cleaned_data
        rest: dict[str, Any] = {"actor": actor, "now": now, "limit": data["limit"], "batch": data["batch"]}
        if self.instance.pk:
            coupon = Coupon.objects.get(pk=self.instance.pk)
            return promotions.change_coupon(coupon=coupon, active=data["active"], **rest)
        return promotions.add_coupon(promotion=data["promotion"], code=data["code"], **rest)


class ManyCodesForm(forms.Form):
    """Codes for a letter or a partner, each different."""

    promotion = forms.ModelChoiceField(Promotion.objects.filter(kind=Kind.COUPON), label=_("Promotion"))
    count = forms.IntegerField(label=_("How many"), min_value=1, max_value=promotions.MOST_CODES, initial=100)
    start = forms.CharField(
        label=_("They begin with"), max_length=20, required=False, help_text=_("Such as LETTER. Ten letters follow.")
    )
    limit = forms.IntegerField(label=_("Uses of each"), min_value=1, initial=1)
    batch = forms.CharField(
        label=_("What for"), max_length=60, help_text=_("Such as Letter of November; the list can be filtered by it.")
    )

    def operate(self, *, actor: str, now: datetime) -> int:
        return promotions.make_codes(**self.cleaned_data, actor=actor, now=now)
