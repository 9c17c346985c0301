"""What a page sold and how often it was read, beside its words: of a product page the product, of a story what it led to."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.components import MediaContainer
from wagtail.admin.ui.side_panels import BaseSidePanel
from wagtail.admin.views.pages.edit import EditView
from wagtail.admin.viewsets.pages import PageViewSet

from shop.money import Money
from shop.reports.columns import Row
from shop.reports.content import readers_of, sold_by_page, sold_of_product
from shop.reports.periods import Period
from shop.storefront.admin import ProductPageEditView
from shop.storefront.pages import ProductPage

DAYS = 30


class SoldSidePanel(BaseSidePanel):
    """Orders and units for every editor; money for those who may see it."""

    class SidePanelToggle(BaseSidePanel.SidePanelToggle):
        aria_label = _("Toggle what it sold")
        icon_name = "table"

    name = "sold"
    title = _("What it sold")
    template_name = "shop/reports/side_panel.html"
    order = 160

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        period = Period.ending(self.request.commerce_now, DAYS)
        page_ids, sold = self._sold(period)
        rows = [{**row, "money": Money(row["net"], row["currency"])} for row in sold]
        slug = "sales-by-product" if isinstance(self.object, ProductPage) else "content"
        return super().get_context_data(parent_context) | {
            "rows": rows,
            **readers_of(page_ids=page_ids, rows=rows, period=period),
            "days": DAYS,
            "may_see_money": self.request.user.has_perm("shop.view_reports"),
            "is_story": slug == "content",
            "report": f"{reverse('shop_report', args=[slug])}?from={period.first}&until={period.last}",
        }

    def _sold(self, period: Period) -> tuple[list[int], list[Row]]:
        """The pages whose readers count, those of a product in all languages, and what was sold."""
        if not isinstance(self.object, ProductPage):
            return [self.object.pk], sold_by_page(page_id=self.object.pk, period=period)
        product = self.object.shown()
        if product is None:
            return [], []
        pages = list(product.pages.values_list("pk", flat=True))
        return pages, sold_of_product(product_id=product.pk, period=period)


class SoldMixin:
    def get_side_panels(self) -> MediaContainer:
        panels = list(super().get_side_panels())  # type: ignore[misc]
        if not (self.expects_json_response or self.hydrate_create_view):  # type: ignore[attr-defined]
            panels.append(SoldSidePanel(self.page, self.request))  # type: ignore[attr-defined]
        return MediaContainer(panels)


class SoldProductEditView(SoldMixin, ProductPageEditView):
    """With price and stock."""


class SoldEditView(SoldMixin, EditView):
    """For pages that sell: `SellingPageViewSet(model=StoryPage)`."""


class SellingPageViewSet(PageViewSet):
    edit_view_class = SoldEditView


class ProductPageViewSet(PageViewSet):
    edit_view_class = SoldProductEditView
