"""The catalogue's desk in the Wagtail admin: products with their variants and prices, shelves, and the words they use."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import ProtectedError, QuerySet
from django.forms import BaseForm, Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.admin.ui.tables import BooleanColumn, Column, NumberColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet, ModelViewSetGroup
from wagtail.admin.widgets.button import HeaderButton

from shop.catalogue import forms
from shop.catalogue import operations as catalogue
from shop.catalogue.models import (
    Attribute,
    AttributeValue,
    Brand,
    Category,
    Currency,
    PriceWindow,
    Product,
    TaxClass,
    Variant,
)
from shop.catalogue.pricing import prices_at
from shop.desk import OperationFormMixin, OperationView
from shop.outbox import operations as outbox


class NotingMixin:
    """What is said about products has changed: listings are computed anew. `note` is a kind of outbox.stale."""

    note = ""

    def save_instance(self) -> Any:
        instance = super().save_instance()  # type: ignore[misc]
        if self.note:
            now = self.request.commerce_now  # type: ignore[attr-defined]
            outbox.stale(self.note, *([] if self.note == "everything" else [instance.pk]), now=now)
        return instance


class KindCreateView(NotingMixin, generic.CreateView):
    pass


class KindEditView(NotingMixin, generic.EditView):
    pass


class KindDeleteView(generic.DeleteView):
    """Says kindly why something stays when other rows need it. Of what is gone, nobody can say which products had it."""

    note = ""

    @transaction.atomic
    def delete_action(self) -> None:
        super().delete_action()
        if self.note:
            outbox.stale("everything", now=self.request.commerce_now)

    def form_valid(self, form: BaseForm) -> HttpResponse:
        try:
            return super().form_valid(form)
        except ProtectedError as error:
            holders = {str(row._meta.verbose_name) for row in error.protected_objects}
            words = _("%(thing)s is still needed by: %(holders)s. Nothing was deleted.")
            messages.error(self.request, words % {"thing": self.object, "holders": ", ".join(sorted(holders))})
            return redirect(self.get_success_url())


class CatalogueViewSet(ModelViewSet):
    """What the viewsets of the catalogue share."""

    note = ""  # what a change makes stale: a kind of outbox.stale
    add_view_class = KindCreateView
    edit_view_class = KindEditView
    delete_view_class = KindDeleteView
    copy_view_enabled = False
    search_backend_name = None
    add_to_admin_menu = False

    def get_add_view_kwargs(self, **kwargs: Any) -> dict:
        return super().get_add_view_kwargs(**kwargs) | self._noting(self.add_view_class)

    def get_edit_view_kwargs(self, **kwargs: Any) -> dict:
        return super().get_edit_view_kwargs(**kwargs) | self._noting(self.edit_view_class)

    def get_delete_view_kwargs(self, **kwargs: Any) -> dict:
        return super().get_delete_view_kwargs(**kwargs) | self._noting(self.delete_view_class)

    def _noting(self, view_class: type) -> dict:
        return {"note": self.note} if hasattr(view_class, "note") else {}


# --- products ----------------------------------------------------------------------------------


class ProductCreateView(OperationFormMixin, generic.CreateView):
    refusals = (catalogue.CatalogueError,)

    def get_success_url(self) -> str:
        return reverse("product:inspect", args=[self.object.pk])


class ProductEditView(OperationFormMixin, generic.EditView):
    refusals = (catalogue.CatalogueError,)

    def get_success_url(self) -> str:
        return reverse("product:inspect", args=[self.object.pk])


class ProductView(generic.InspectView):
    """A product at a glance: its variants with prices and stock, its pages, and the ways to change them."""

    template_name = "shop/catalogue/product.html"

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        verbs = [
            ("shop.add_variant", "add_variant", _("Add variant"), "plus"),
            ("shop.add_pricewindow", "prices", _("Edit prices"), "tag"),
            ("shop.change_placement", "place", _("Shelves"), "folder-open-inverse"),
            ("shop.change_product", "lifecycle", _("Retire"), "no-view"),
        ]
        return [
            HeaderButton(label, url=reverse(f"product:{name}", args=[self.object.pk]), icon_name=icon, priority=n)
            for n, (permission, name, label, icon) in enumerate(verbs)
            if self.request.user.has_perm(permission)
        ]

    def get_context_data(self, **kwargs: Any) -> dict:
        return super().get_context_data(
            **kwargs,
            **variant_table(self.object, self.request.commerce_now),
            coming=coming_prices(self.object, self.request),
            placements=self.object.placements.select_related("category"),
            pages=self.object.pages.select_related("locale"),
        )


def variant_table(product: Product, now: Any) -> dict:
    """For templates: `currencies` (codes) and `rows`, each with .variant and .prices in the same order (Price or None)."""
    variants = list(product.variants.select_related("stock_item", "image").prefetch_related("values"))
    currencies = [currency.code for currency in Currency.objects.all()]
    prices = {code: prices_at([variant.pk for variant in variants], code, now) for code in currencies}
    rows = [
        {"variant": variant, "prices": [prices[code].get(variant.pk) for code in currencies]} for variant in variants
    ]
    return {"currencies": currencies, "rows": rows}


def coming_prices(product: Product, request: HttpRequest) -> QuerySet[PriceWindow] | list:
    """The price changes that are planned, soonest first, for those who may see prices' history."""
    if not request.user.has_perm("shop.view_pricewindow"):
        return []
    windows = PriceWindow.objects.filter(
        variant__product=product,
        valid__startswith__gt=request.commerce_now,  # type: ignore[attr-defined]
    )
    return windows.select_related("variant").order_by("valid__startswith", "variant__position", "currency")


class ProductOperationView(OperationView):
    about = "product"
    refusals = (catalogue.CatalogueError,)
    header_icon = "tag"

    @cached_property
    def product(self) -> Product:
        return get_object_or_404(Product, pk=self.kwargs["pk"])

    def get_page_subtitle(self) -> str:
        return str(self.product)

    def get_breadcrumbs_items(self) -> list[dict]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("product:index"), "label": _("Products")},
            {"url": self.get_success_url(), "label": str(self.product)},
            {"url": "", "label": self.page_title},
        ]

    def get_success_url(self) -> str:
        return reverse("product:inspect", args=[self.product.pk])

    def operate(self, form: Any) -> None:
        form.operate(actor=self.actor, now=self.now)


class AddVariantView(ProductOperationView):
    permission = "shop.add_variant"
    form_class = forms.NewVariantForm
    page_title = submit_button_label = _("Add variant")
    success_message = _("The variant is there.")

    def get_form_kwargs(self) -> dict:
        return {**super().get_form_kwargs(), "product": self.product}


class ChangeVariantView(ProductOperationView):
    permission = "shop.change_variant"
    form_class = forms.ChangeVariantForm
    page_title = _("Change variant")
    submit_button_label = _("Save")
    success_message = _("The variant is changed.")

    @cached_property
    def variant(self) -> Variant:
        return get_object_or_404(Variant.objects.select_related("product"), pk=self.kwargs["pk"])

    @cached_property
    def product(self) -> Product:
        return self.variant.product

    def get_form_kwargs(self) -> dict:
        return {**super().get_form_kwargs(), "variant": self.variant}


class PricesView(ProductOperationView):
    permission = "shop.add_pricewindow"
    form_class = forms.PricesForm
    template_name = "shop/catalogue/prices.html"
    page_title = _("Prices")
    submit_button_label = _("Save prices")
    success_message = _("The prices are set.")

    def get_form_kwargs(self) -> dict:
        return {**super().get_form_kwargs(), "product": self.product, "now": self.now}

    def get_context_data(self, **kwargs: Any) -> dict:
        return super().get_context_data(coming=coming_prices(self.product, self.request), **kwargs)


class PlaceView(ProductOperationView):
    permission = "shop.change_placement"
    form_class = forms.PlacementForm
    page_title = _("Shelves")
    submit_button_label = _("Save")
    success_message = _("The product stands where you put it.")

    def get_form_kwargs(self) -> dict:
        return {**super().get_form_kwargs(), "product": self.product}


class LifecycleView(ProductOperationView):
    permission = "shop.change_product"
    form_class = forms.LifecycleForm
    page_title = _("Sell or retire")
    submit_button_label = _("Save")
    success_message = _("Saved. Orders, prices and pages keep what they know of it.")

    def get_initial(self) -> dict:
        return {"lifecycle": self.product.lifecycle}

    def operate(self, form: Form) -> None:
        catalogue.set_lifecycle(product=self.product, **form.cleaned_data, actor=self.actor, now=self.now)


class ProductViewSet(CatalogueViewSet):
    """Products are retired, not deleted: deleting works only while there are no variants, orders or pages.

    What its list shows is known in the rooms above: see merchandising.admin.
    """

    model = Product
    icon = "tag"
    menu_label = _("Products")
    search_fields = ["name", "code", "variants__sku", "variants__barcode"]
    inspect_view_enabled = True
    add_view_class = ProductCreateView
    edit_view_class = ProductEditView
    inspect_view_class = ProductView
    inspect_template_name = ProductView.template_name

    def get_form_class(self, for_update: bool = False) -> type[forms.ProductForm]:
        return forms.ProductForm

    def get_urlpatterns(self) -> list:
        actions = {"add_variant": AddVariantView, "prices": PricesView, "place": PlaceView, "lifecycle": LifecycleView}
        return [
            *super().get_urlpatterns(),
            *[path(f"{name}/<int:pk>/", self.construct_view(view), name=name) for name, view in actions.items()],
            path("variant/<int:pk>/", self.construct_view(ChangeVariantView), name="change_variant"),
        ]


# --- shelves and words -------------------------------------------------------------------------


class CategoryOrderView(OperationView):
    about = "category"
    permission = "shop.change_placement"
    refusals = (catalogue.CatalogueError,)
    form_class = forms.CategoryOrderForm
    page_title = _("Order on the shelf")
    submit_button_label = _("Save the order")
    success_message = _("The shelf is in order.")
    header_icon = "folder-open-inverse"

    @cached_property
    def category(self) -> Category:
        return get_object_or_404(Category, pk=self.kwargs["pk"])

    def get_page_subtitle(self) -> str:
        return str(self.category)

    def get_form_kwargs(self) -> dict:
        return {**super().get_form_kwargs(), "category": self.category}

    def get_success_url(self) -> str:
        return reverse("category:index")

    def operate(self, form: Any) -> None:
        form.operate(actor=self.actor, now=self.now)


class CategoryReorderView(generic.ReorderView):
    """Categories in another order are products in another order."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().post(request, *args, **kwargs)
        with transaction.atomic():
            outbox.stale("everything", now=request.commerce_now)  # type: ignore[attr-defined]
        return response


class CategoryEditView(KindEditView):
    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        url = reverse("category:order", args=[self.object.pk])
        return [HeaderButton(_("Order on the shelf"), url=url, icon_name="list-ol")]


class CategoryViewSet(CatalogueViewSet):
    model = Category
    note = "category"
    reorder_view_class = CategoryReorderView
    icon = "folder-open-inverse"
    menu_label = _("Categories")
    form_fields = ["name", "names", "slug", "parent", "picture", "position"]
    panels = [FieldPanel(name) for name in form_fields]
    list_display = ["name", Column("parent"), Column("slug"), NumberColumn("position", sort_key="position")]
    search_fields = ["name", "slug"]
    sort_order_field = "position"
    edit_view_class = CategoryEditView

    def get_urlpatterns(self) -> list:
        order = path("order/<int:pk>/", self.construct_view(CategoryOrderView), name="order")
        return [*super().get_urlpatterns(), order]


class AttributeViewSet(CatalogueViewSet):
    model = Attribute
    note = "attribute"
    icon = "sliders"
    menu_label = _("Attributes")
    form_fields = ["name", "names", "code", "filterable", "position"]
    list_display = ["name", Column("code"), BooleanColumn("filterable"), NumberColumn("position", sort_key="position")]
    search_fields = ["name", "code", "values__name"]


class AttributeValueViewSet(CatalogueViewSet):
    model = AttributeValue
    note = "value"
    icon = "radio-full"
    menu_label = _("Values")
    form_fields = ["attribute", "name", "names", "slug", "swatch", "position"]
    list_display = ["name", Column("attribute"), Column("slug"), Column("swatch")]
    list_filter = ["attribute"]
    search_fields = ["name", "slug"]


class BrandViewSet(CatalogueViewSet):
    model = Brand
    note = "brand"
    icon = "pick"
    menu_label = _("Brands")
    form_fields = ["name", "slug"]
    list_display = ["name", Column("slug")]
    search_fields = ["name"]


class CurrencyViewSet(CatalogueViewSet):
    model = Currency
    note = "everything"
    icon = "decimal"
    menu_label = _("Currencies")
    form_fields = ["code", "is_base", "rate", "rounding", "prices_include_tax", "position"]
    list_display = ["code", Column("is_base"), Column("rate"), Column("prices_include_tax")]


class TaxClassViewSet(CatalogueViewSet):
    model = TaxClass
    name = "tax_class"
    icon = "doc-full"
    menu_label = _("Tax classes")
    form_fields = ["name", "code"]
    list_display = ["name", Column("code")]


class CatalogueGroup(ModelViewSetGroup):
    menu_label = _("Catalogue")
    menu_icon = "tag"
    menu_order = 200
    items: tuple[type[ModelViewSet], ...] = (
        ProductViewSet,
        CategoryViewSet,
        AttributeViewSet,
        AttributeValueViewSet,
        BrandViewSet,
        CurrencyViewSet,
        TaxClassViewSet,
    )
