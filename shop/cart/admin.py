"""For marketers: what a cart would cost on a day, by the functions that charge it."""

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.widgets import AdminDateTimeInput

from shop.cart.listing import Estimate, estimate
from shop.catalogue.models import Currency, Variant
from shop.customers.addresses import country_name
from shop.delivery.pricing import countries
from shop.desk import OperationView
from shop.promotions import words

MOST_LINES = 30


class PreviewForm(forms.Form):
    goods = forms.CharField(
        label=_("In the cart"),
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("One a line: the SKU, and how many when it is more than one, such as TIDE-MUG-SAND-250 2."),
    )
    code = forms.CharField(label=_("Code"), max_length=40, required=False)
    at = forms.DateTimeField(label=_("On"), widget=AdminDateTimeInput)
    currency = forms.ChoiceField(label=_("Currency"))
    country = forms.ChoiceField(label=_("Sent to"), required=False)
    email = forms.EmailField(
        label=_("By"), required=False, help_text=_("An e-mail address, to see what this customer may still use.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = list(Currency.objects.values_list("code", flat=True))
        self.fields["currency"].choices = [(code, code) for code in codes]  # type: ignore[attr-defined]
        named = sorted(((code, country_name(code)) for code in countries()), key=lambda pair: pair[1])
        self.fields["country"].choices = [("", _("Home of the currency")), *named]  # type: ignore[attr-defined]

    def clean_goods(self) -> list[tuple[Variant, int]]:
        lines = [line.split() for line in self.cleaned_data["goods"].splitlines() if line.strip()]
        if len(lines) > MOST_LINES:
            raise ValidationError(_("At most %(n)d lines.") % {"n": MOST_LINES})
        wanted: dict[Variant, int] = {}
        for sku, *rest in lines:
            variant = Variant.objects.select_related("product").filter(sku__iexact=sku).first()
            if variant is None:
                raise ValidationError(_("There is no %(sku)s.") % {"sku": sku})
            wanted[variant] = wanted.get(variant, 0) + _quantity(rest)
        return list(wanted.items())

    def estimate(self) -> Estimate:
        data = self.cleaned_data
        return estimate(
            data["goods"],
            currency=data["currency"],
            country=data["country"] or settings.HOME_COUNTRY[data["currency"]],
            at=data["at"],
            code=data["code"],
            email=data["email"],
        )


def _quantity(rest: list[str]) -> int:
    """Raises ValidationError for anything but a whole number that a line may hold."""
    if not rest:
        return 1
    text = rest[-1].lstrip("x×")
    if len(rest) > 1 or not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= settings.MAX_LINE_QUANTITY):
        raise ValidationError(_("After a SKU comes a number from 1 to %(n)d.") % {"n": settings.MAX_LINE_QUANTITY})
    return int(text)


class PreviewView(OperationView):
    """This cart, on this day, with this code. Answers below its form and changes nothing."""

    permission = "shop.view_promotion"
    form_class = PreviewForm
    template_name = "shop/promotions/admin/preview.html"
    page_title = _("What would it cost?")
    submit_button_label = _("Work it out")
    header_icon = "view"

    def get_initial(self) -> dict[str, Any]:
        at: datetime = timezone.localtime(self.now)
        return {"at": at, "currency": settings.DEFAULT_CURRENCY}

    def get_breadcrumbs_items(self) -> list[dict]:
        here = {"url": "", "label": self.page_title}
        return [
            *self.breadcrumbs_items,
            {"url": reverse("promotions_modeladmin_index"), "label": _("Promotions")},
            here,
        ]

    def form_valid(self, form: PreviewForm) -> HttpResponse:
        found = form.estimate()
        why_nots = [words.say(why) for why in found.verdict.why_nots]
        return self.render_to_response(self.get_context_data(form=form, estimate=found, why_nots=why_nots))
