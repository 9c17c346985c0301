"""The desk of products: the catalogue's, with what only the rooms above it know of prices, pages and use."""

from typing import Any, ClassVar
from urllib.parse import urlencode

import django_filters
from django.core.exceptions import PermissionDenied
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import BulkActionsCheckboxColumn, Column, NumberColumn, StatusTagColumn, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.views.bulk_action import BulkAction
from wagtail.admin.widgets.button import HeaderButton

from shop.catalogue.admin import LifecycleView, ProductView, ProductViewSet
from shop.catalogue.models import Product, Variant
from shop.desk import SafeExport
from shop.inventory.models import StockItem
from shop.merchandising import export, files_desk
from shop.merchandising.matrix_desk import MatrixView
from shop.merchandising.overview import overviews
from shop.merchandising.prices_desk import BulkPricesView
from shop.merchandising.usage import usage_of

# --- the list ------------------------------------------------------------------------------------

THERE = Q(active=True) & (
    ~Q(stock_item__policy=StockItem.Policy.TRACK) | Q(stock_item__on_hand__gt=F("stock_item__reserved"))
)


class ProductFilterSet(WagtailFilterSet):
    stock = django_filters.ChoiceFilter(
        label=_("Stock"), choices=[("out", _("sold out")), ("there", _("there"))], method="filter_stock"
    )
    page = django_filters.ChoiceFilter(
        label=_("Pages"), choices=[("shown", _("with a live page")), ("none", _("without"))], method="filter_page"
    )

    class Meta:
        model = Product
        fields = ["lifecycle", "category", "brand"]

    def filter_stock(self, products: QuerySet, _name: str, value: str) -> QuerySet:
        there = Q(pk__in=Variant.objects.filter(THERE).order_by().values("product"))
        return products.filter(there if value == "there" else ~there)

    def filter_page(self, products: QuerySet, _name: str, value: str) -> QuerySet:
        shown = Q(pk__in=Product.objects.filter(pages__live=True).order_by().values("pk"))
        return products.filter(shown if value == "shown" else ~shown)


class DeskColumn(Column):
    """A cell made of a product's Overview."""

    def __init__(self, name: str, label: Any) -> None:
        super().__init__(name, label=label, accessor=lambda product: product.overview)
        self.cell_template_name = f"shop/merchandising/cells/{name}.html"


class ProductIndexView(SafeExport, generic.IndexView):
    """Finds a product by its name, code, skus and barcodes; each once."""

    page_title = _("Products")
    add_item_label = _("New product")

    def get_base_queryset(self) -> QuerySet[Product]:
        return super().get_base_queryset().select_related("category", "brand")

    def search_queryset(self, queryset: QuerySet) -> QuerySet:
        if not self.is_searching:
            return queryset
        found = super().search_queryset(Product.objects.order_by())
        return queryset.filter(pk__in=found.values("pk"))

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        may = self.request.user.has_perm
        doors = [
            (BulkPricesView.permission, "bulk_prices", _("Change prices"), "tag"),
            (files_desk.MAY, "files", _("Import"), "upload"),
        ]
        more = [
            HeaderButton(label, url=reverse(f"product:{name}"), icon_name=icon)
            for permission, name, label, icon in doors
            if may(permission)
        ]
        return [*super().header_buttons, *more]

    @cached_property
    def columns(self) -> list[Any]:
        """Ticks are for the prices' form: whoever may not set prices has none."""
        may_tick = self.request.user.has_perm(BulkPricesView.permission)
        return [one for one in super().columns if may_tick or not isinstance(one, BulkActionsCheckboxColumn)]

    # --- export: the whole catalogue as a table, of the products that the filters leave

    export_filename = "catalogue"

    @cached_property
    def list_export(self) -> list[str]:  # type: ignore[override]
        return export.headings(self.request.user)

    def get_heading(self, queryset: Any, field: str) -> str:
        return field

    def to_row_dict(self, item: dict[str, Any]) -> dict[str, Any]:
        return {name: item.get(name, "") for name in self.list_export}

    def as_spreadsheet(self, queryset: QuerySet[Product], spreadsheet_format: str) -> Any:
        return super().as_spreadsheet(export.rows(queryset, now=self.request.commerce_now), spreadsheet_format)

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(*args, **kwargs)
        if not self.is_export:
            shown = list(context["object_list"])
            found = overviews(shown, now=self.request.commerce_now)
            for product in shown:
                product.overview = found[product.pk]
        return context


class PricesBulkAction(BulkAction):
    """Takes what was ticked to the form of prices. Nothing to confirm: nothing is changed here."""

    models: ClassVar[list] = [Product]
    display_name = _("Change prices")
    aria_label = _("Change the prices of the chosen products")
    action_type = "bulk_prices"
    action_priority = 10

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm(BulkPricesView.permission):
            raise PermissionDenied
        chosen = urlencode({"product": request.GET.getlist("id")}, doseq=True)
        return redirect(f"{reverse('product:bulk_prices')}?{chosen}")


BULK_ACTIONS = [PricesBulkAction]


# --- one product ---------------------------------------------------------------------------------


class DeskProductView(ProductView):
    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        pk, may = [self.object.pk], self.request.user.has_perm
        more = [
            HeaderButton(_("Where it is used"), url=reverse("product:usage", args=pk), icon_name="view", priority=9)
        ]
        if may(MatrixView.permission):
            more.append(
                HeaderButton(_("Make variants"), url=reverse("product:matrix", args=pk), icon_name="table", priority=1)
            )
        return [*super().header_buttons, *more]


class UsageView(generic.InspectView):
    """Where a product is used, for whoever may see it."""

    template_name = "shop/merchandising/usage.html"
    page_title = _("Where it is used")

    def get_breadcrumbs_items(self) -> list[dict]:
        product = {"url": reverse("product:inspect", args=[self.object.pk]), "label": str(self.object)}
        items = super().get_breadcrumbs_items()
        return [*items[:-1], product, {"url": "", "label": self.page_title}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(usage=usage_of(self.object, user=self.request.user), **kwargs)


class DeskLifecycleView(LifecycleView):
    """Shows where the product is used before it is retired."""

    template_name = "shop/merchandising/lifecycle.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        usage = usage_of(self.product, user=self.request.user)
        return super().get_context_data(usage=usage, object=self.product, **kwargs)


class ProductDesk(ProductViewSet):
    list_display = [
        BulkActionsCheckboxColumn("bulk_actions", obj_type="product"),
        DeskColumn("picture", _("Picture")),
        TitleColumn(
            "name",
            label=_("Product"),
            sort_key="name",
            url_name="product:inspect",
            get_title_id=lambda product: f"product_{product.pk}_title",
        ),
        Column("code", label=_("Code"), sort_key="code"),
        NumberColumn("skus", label=_("Skus"), accessor=lambda product: len(product.overview.variants)),
        DeskColumn("price", _("Price")),
        DeskColumn("stock", _("Stock")),
        StatusTagColumn(
            "lifecycle",
            label=_("State"),
            accessor="get_lifecycle_display",
            sort_key="lifecycle",
            primary=lambda product: product.lifecycle == Product.Lifecycle.ACTIVE,
        ),
        DeskColumn("pages", _("Pages")),
    ]
    list_filter = None
    filterset_class = ProductFilterSet
    list_per_page = 50
    index_view_class = ProductIndexView
    index_template_name = "shop/merchandising/products.html"
    inspect_view_class = DeskProductView

    def get_urlpatterns(self) -> list:
        ours = [
            path("bulk-prices/", self.construct_view(BulkPricesView), name="bulk_prices"),
            path("matrix/<int:pk>/", self.construct_view(MatrixView), name="matrix"),
            path("lifecycle/<int:pk>/", self.construct_view(DeskLifecycleView), name="lifecycle"),
            path("usage/<int:pk>/", self.usage_view, name="usage"),
            *files_desk.urlpatterns(),
        ]
        return [*(one for one in super().get_urlpatterns() if one.name != "lifecycle"), *ours]

    @property
    def usage_view(self) -> Any:
        kwargs = {**self.get_inspect_view_kwargs(), "template_name": UsageView.template_name}
        return self.construct_view(UsageView, **kwargs)
