"""Choosing a collection or a product in a dialog of the admin, found by what it is called: for forms, pages and blocks."""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.choosers import BaseFilterForm
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import chooser
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.admin.widgets.chooser import BaseChooser

from shop.access import access
from shop.catalogue.models import Collection, Product


class WordsFilterForm(BaseFilterForm):
    """Finds rows that have the typed words in one of `names`."""

    q = forms.CharField(required=False, label=_("Search"), widget=forms.TextInput(attrs={"placeholder": _("Search")}))
    names: ClassVar[tuple[str, ...]] = ()

    def filter(self, objects: QuerySet) -> QuerySet:
        words = self.cleaned_data["q"]
        if not words:
            return objects
        self.is_searching, self.search_query = True, words
        return objects.filter(Q.create([(f"{name}__icontains", words) for name in self.names], Q.OR)).distinct()


class SteadyChooser(BaseChooser):
    """Shows nothing as chosen for what is no id, where Wagtail's own fails."""

    def get_instance(self, value: Any) -> Any:
        try:
            return super().get_instance(value)
        except ValueError:
            return None


class GuardedChooserViewSet(ChooserViewSet):
    """Opens to those who may see the rows (`permission`); Wagtail's own opens to everybody in the admin."""

    permission: ClassVar[str]
    base_widget_class = SteadyChooser

    def construct_view(self, view_class: type, **kwargs: Any) -> Callable:
        return access("staff", self.permission)(super().construct_view(view_class, **kwargs))


class CollectionFilterForm(WordsFilterForm):
    names = ("name", "slug")


class ChooseCollections(chooser.ChooseView):
    filter_form_class = CollectionFilterForm


class CollectionResults(chooser.ChooseResultsView):
    filter_form_class = CollectionFilterForm


class CollectionChooserViewSet(GuardedChooserViewSet):
    model = Collection
    permission = "shop.view_collection"
    icon = "folder-inverse"
    choose_one_text = _("Choose a collection")
    choose_another_text = _("Choose another collection")
    edit_item_text = _("Edit this collection")
    choose_view_class = ChooseCollections
    choose_results_view_class = CollectionResults


class ProductFilterForm(WordsFilterForm):
    names = ("name", "code", "variants__sku")


class ProductColumns:
    """Says the code too: names are alike."""

    @property
    def columns(self) -> list[Column]:
        return [*super().columns, Column("code", label=_("Code")), Column("category", label=_("Category"))]  # type: ignore[misc]


class ChooseProducts(ProductColumns, chooser.ChooseView):
    filter_form_class = ProductFilterForm


class ProductResults(ProductColumns, chooser.ChooseResultsView):
    filter_form_class = ProductFilterForm


class ProductChooserViewSet(GuardedChooserViewSet):
    """Of a catalogue of any size, where a list to pick from would be too long."""

    model = Product
    permission = "shop.view_product"
    icon = "tag"
    choose_one_text = _("Choose a product")
    choose_another_text = _("Choose another product")
    edit_item_text = _("Edit this product")
    choose_view_class = ChooseProducts
    choose_results_view_class = ProductResults

    def get_object_list(self) -> QuerySet[Product]:
        return Product.objects.select_related("category")


collection_chooser = CollectionChooserViewSet("collection_chooser", url_prefix="choose/collection")
product_chooser = ProductChooserViewSet("product_chooser", url_prefix="choose/product")

CollectionChooserBlock = collection_chooser.get_block_class(
    name="CollectionChooserBlock", module_path="shop.catalogue.choosers"
)
