"""Change many prices: choose which and by how much, look at each before and after, set them as they were looked at."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin import messages

from shop.catalogue.operations import PriceInThePast
from shop.catalogue.refusals import CatalogueError
from shop.desk import OperationView, add_refusal
from shop.merchandising import repricing
from shop.merchandising.forms import PricesChangeForm, written
from shop.merchandising.repricing import MOST, NewPrice, TooMany
from shop.merchandising.warnings import preview

SHOWN = 200


class BulkPricesView(OperationView):
    """A form whose first press shows what would become of the prices; the second, with `agreed`, sets exactly those."""

    permission = "shop.add_pricewindow"
    form_class = PricesChangeForm
    template_name = "shop/merchandising/prices.html"
    page_title = _("Change prices")
    header_icon = "tag"

    def get_initial(self) -> dict[str, Any]:
        ids = [pk for pk in self.request.GET.getlist("product") if pk.isascii() and pk.isdecimal() and len(pk) < 18]
        return {"products": ids}

    def form_valid(self, form: PricesChangeForm) -> HttpResponse:
        try:
            planned = self._plan(form)
            if "agreed" in self.request.POST:
                return self._set(form)
        except CatalogueError as refusal:
            add_refusal(form, refusal)
            if isinstance(refusal, TooMany | PriceInThePast):
                return self.form_invalid(form)
        return self.render_to_response(self.get_context_data(form=form, **self._preview(form, planned)))

    def _plan(self, form: PricesChangeForm) -> dict[int, NewPrice]:
        self.variant_ids = list(form.variants.values_list("pk", flat=True)[: MOST + 1])
        if len(self.variant_ids) > MOST:
            raise TooMany
        data = form.cleaned_data
        if data["starts"] and data["starts"] < self.now:
            raise PriceInThePast
        return repricing.plan(
            variant_ids=self.variant_ids,
            currency=data["currency"],
            change=form.change,
            at=data["starts"] or self.now,
        )

    def _set(self, form: PricesChangeForm) -> HttpResponse:
        data = form.cleaned_data
        count = repricing.reprice(
            variant_ids=self.variant_ids,
            currency=data["currency"],
            change=form.change,
            starts=data["starts"],
            ends=data["ends"],
            looked_at=form.agreed,
            actor=self.actor,
            now=self.now,
        )
        messages.success(self.request, ngettext("%(n)s price is set.", "%(n)s prices are set.", count) % {"n": count})
        return redirect("product:index")

    def _preview(self, form: PricesChangeForm, planned: dict[int, NewPrice]) -> dict[str, Any]:
        data = form.cleaned_data
        rows = preview(planned, currency=data["currency"], at=data["starts"] or self.now)
        changing = [row for row in rows if row.price.changes]
        return {
            "is_preview": True,
            "rows": sorted(changing, key=lambda row: not row.warnings)[:SHOWN],
            "n_changing": len(changing),
            "n_same": len(rows) - len(changing),
            "n_without": len(self.variant_ids) - len(rows),
            "n_warned": sum(bool(row.warnings) for row in changing),
            "looked_at": written(planned),
        }

    def get_breadcrumbs_items(self) -> list[dict]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("product:index"), "label": _("Products")},
            {"url": "", "label": self.page_title},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**{"is_preview": False, **kwargs})
        chosen = [pk for pk in context["form"]["products"].value() or [] if str(pk).isdecimal()]
        names = context["form"].fields["products"].queryset.filter(pk__in=chosen).values_list("name", flat=True)
        return context | {"chosen": list(names[:10]), "n_chosen": len(chosen), "most": MOST}
