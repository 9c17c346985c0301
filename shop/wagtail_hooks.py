"""What the shop hangs into the Wagtail admin, one line for each room.

Wagtail imports this before all apps are ready: no queries and no reverse() at import.
"""

from typing import Any

from django.utils import timezone
from wagtail import hooks
from wagtail.permissions import register_permission_policy
from wagtail.signals import page_published

from shop.catalogue.admin import CatalogueGroup
from shop.catalogue.choosers import collection_chooser, product_chooser
from shop.inventory.admin import StockPolicy, StockViewSet
from shop.inventory.models import StockItem
from shop.orders.admin import OrderPolicy, OrderViewSet, register_log_actions
from shop.orders.models import Order
from shop.storefront import operations as storefront
from shop.storefront.admin import ProductPageViewSet
from shop.storefront.pages import ProductPage

register_permission_policy(StockItem, StockPolicy(StockItem))
register_permission_policy(Order, OrderPolicy(Order))
hooks.register("register_log_actions", register_log_actions)


@hooks.register("register_admin_viewset")
def catalogue_desk() -> list[Any]:
    return [
        OrderViewSet(add_to_admin_menu=True),
        CatalogueGroup(),
        collection_chooser,
        product_chooser,
        StockViewSet(add_to_admin_menu=True),
        ProductPageViewSet(model=ProductPage),
    ]


@hooks.register("register_icons")
def icons(icons: list[str]) -> list[str]:
    return [*icons, "shop/icons/shelf.svg", "shop/icons/parcel.svg"]


def make_pictures(instance: Any, **_signal: Any) -> None:
    storefront.ask_for_renditions(page=instance, now=timezone.now())


page_published.connect(make_pictures, sender=ProductPage, dispatch_uid="shop.make_pictures")
