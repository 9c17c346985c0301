"""Make many variants of a product: tick what it comes in, look at the combinations that are new, make those."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin import messages
from wagtail.log_actions import log

from shop.catalogue.admin import ProductOperationView
from shop.catalogue.models import Currency
from shop.desk import add_refusal
from shop.merchandising import matrix
from shop.merchandising.forms import NewVariantRow, NewVariantsForm
from shop.merchandising.matrix import Combination
from shop.merchandising.variants import VariantRefused, add_variants


class MatrixView(ProductOperationView):
    """The first press shows the new combinations as rows to be changed; `make` makes those that are ticked."""

    permission = "shop.add_variant"
    form_class = NewVariantsForm
    template_name = "shop/merchandising/matrix.html"
    page_title = _("Make variants")
    submit_button_label = _("See what would be made")

    @cached_property
    def currencies(self) -> list[Currency]:
        return list(Currency.objects.all())

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "product": self.product}

    def get_initial(self) -> dict[str, Any]:
        """What the product comes in already is ticked."""
        ticked: dict[str, list[int]] = {}
        for variant in self.product.variants.prefetch_related("values__attribute"):
            for value in variant.values.all():
                ticked.setdefault(f"option_{value.attribute.code}", []).append(value.pk)
        return ticked

    def form_valid(self, form: NewVariantsForm) -> HttpResponse:
        try:
            new, there = matrix.missing(self.product, form.ticked)
        except matrix.TooMany as refusal:
            words = _now("These are %(count)s new combinations: at most %(most)s are made at once.")
            form.add_error(None, words % {"count": refusal.count, "most": matrix.MOST})
            return self.form_invalid(form)
        is_made = "make" in self.request.POST
        rows = [self._row(one, form, self.request.POST if is_made else None) for one in new]
        if is_made and (done := self._make(form, rows)):
            return done
        return self.render_to_response(self.get_context_data(form=form, rows=rows, there=there, is_preview=True))

    def _row(self, combination: Combination, form: NewVariantsForm, data: Any) -> NewVariantRow:
        prices = {f"price_{one.code}": form.cleaned_data[f"price_{one.code}"] for one in self.currencies}
        initial = {"make": True, "sku": combination.sku, "stock": form.cleaned_data["stock"], **prices}
        return NewVariantRow(data, combination=combination, currencies=self.currencies, initial=initial)

    def _make(self, form: NewVariantsForm, rows: list[NewVariantRow]) -> HttpResponse | None:
        """Where to go when they are made; None when something is wrong, which then stands beside it."""
        chosen = [row for row in rows if row["make"].value()]
        if not chosen:
            form.add_error(None, _now("Tick at least one combination."))
            return None
        right = [row for row in chosen if row.is_valid()]  # each is asked, so that each says what is wrong
        if len(right) < len(chosen):
            return None
        shared = {name: form.cleaned_data[name] for name in ("policy", "weight_g")}
        variants = [row.new(**shared) for row in chosen]
        try:
            add_variants(product=self.product, variants=variants, actor=self.actor, now=self.now)
        except VariantRefused as refusal:
            add_refusal(next(row for row in chosen if row.combination.key == refusal.key), refusal)
            return None
        return self._done(len(variants))

    def _done(self, count: int) -> HttpResponse:
        log(instance=self.product, action="shop.change", user=self.request.user, data={"did": str(self.page_title)})
        words = ngettext("%(n)s variant is made.", "%(n)s variants are made.", count) % {"n": count}
        messages.success(self.request, words)
        return redirect(self.get_success_url())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**{"rows": [], "is_preview": False, **kwargs})
        return context | {"product": self.product, "currencies": [one.code for one in self.currencies]}
