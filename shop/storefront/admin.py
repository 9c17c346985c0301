"""The page editor's view of commerce: price, stock and variants beside the words, for reading, with links to change them."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.components import MediaContainer
from wagtail.admin.ui.side_panels import BaseSidePanel
from wagtail.admin.views.pages.edit import EditView
from wagtail.admin.viewsets.pages import PageViewSet

from shop.catalogue.admin import variant_table


class CommerceSidePanel(BaseSidePanel):
    class SidePanelToggle(BaseSidePanel.SidePanelToggle):
        aria_label = _("Toggle price and stock")
        icon_name = "tag"

    name = "commerce"
    title = _("Price and stock")
    template_name = "shop/storefront/side_panel.html"
    order = 150

    def get_context_data(self, parent_context: Any) -> dict:
        context = super().get_context_data(parent_context)
        product = self.object.shown()
        table = variant_table(product, self.request.commerce_now) if product else {}
        return context | {"product": product, "perms": parent_context.get("perms"), **table}


class ProductPageEditView(EditView):
    def get_side_panels(self) -> MediaContainer:
        panels = list(super().get_side_panels())
        # Not when a new page's first autosave turns its "new" into "edit": only buttons are taken over then, no panels.
        if not (self.expects_json_response or self.hydrate_create_view):
            panels.append(CommerceSidePanel(self.page, self.request))
        return MediaContainer(panels)


class ProductPageViewSet(PageViewSet):
    """Give it its model where both are known: `ProductPageViewSet(model=ProductPage)`."""

    edit_view_class = ProductPageEditView
