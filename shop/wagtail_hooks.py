"""What the shop hangs into the Wagtail admin, one line for each room.

Wagtail imports this before all apps are ready: no queries and no reverse() at import.
"""

from typing import Any

from django.db.models.signals import post_save
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.permissions import register_permission_policy
from wagtail.signals import page_published
from wagtail_modeladmin.options import modeladmin_register

from shop import events
from shop.access import access
from shop.account.customers_desk import CustomerViewSet
from shop.account.models import Customer
from shop.cart.admin import PreviewView
from shop.catalogue.admin import CatalogueGroup
from shop.catalogue.choosers import collection_chooser, product_chooser
from shop.catalogue.models import Picture
from shop.checkout import admin as checkout
from shop.checkout.admin import SalesViewSet
from shop.customers.models import Consent
from shop.customers.newsletter_desk import NewsletterViewSet
from shop.delivery.admin import DeliveryGroup
from shop.desk import SeenOnly
from shop.inventory.admin import StockPolicy, StockViewSet
from shop.inventory.models import StockItem
from shop.merchandising import admin as merchandising
from shop.orders import parcels_desk, print_desk
from shop.orders.admin import register_log_actions
from shop.orders.models import Order
from shop.outbox import changes
from shop.outbox.admin import MailsGroup
from shop.outbox.audit_desk import AuditViewSet
from shop.outbox.models import AuditEntry, Mail
from shop.payments import admin as payments
from shop.payments.models import Payment, Refund, WebhookEvent
from shop.promotions.admin import ManyCodesView, PromotionsGroup
from shop.reports import dashboard
from shop.reports.admin import ITEMS, MAY, ReportView
from shop.reports.side_panel import ProductPageViewSet
from shop.returns import admin as returns
from shop.returns.admin import ReturnViewSet
from shop.returns.models import Return
from shop.reviews.admin import BULK_ACTIONS, ReviewViewSet
from shop.reviews.models import Review
from shop.storefront import renditions
from shop.storefront.admin import CareView
from shop.storefront.collections_desk import CollectionViewSet
from shop.storefront.pages import ProductPage

register_permission_policy(StockItem, StockPolicy(StockItem))
for seen in (Order, Payment, Refund, Return, AuditEntry, Mail, Review, Customer, Consent, WebhookEvent):
    register_permission_policy(seen, SeenOnly(seen))
hooks.register("register_log_actions", register_log_actions)
hooks.register("register_log_actions", checkout.register_log_actions)
hooks.register("register_log_actions", payments.register_log_actions)
hooks.register("register_log_actions", returns.register_log_actions)
hooks.register("register_log_actions", changes.register_log_actions, order=1000)
for bulk_action in (
    *BULK_ACTIONS,
    *parcels_desk.BULK_ACTIONS,
    *print_desk.BULK_ACTIONS,
    *merchandising.BULK_ACTIONS,
):
    hooks.register("register_bulk_action", bulk_action)
modeladmin_register(PromotionsGroup)


@hooks.register("register_admin_urls")
def promotion_doors() -> list[Any]:
    return [
        path("coupons/make/", ManyCodesView.as_view(), name="make_codes"),
        path("promotions/preview/", PreviewView.as_view(), name="promotion_preview"),
    ]


class CatalogueDesk(CatalogueGroup):
    """With the products as the rooms above the catalogue know them, and the collections, whose members those compute."""

    items = (merchandising.ProductDesk, CatalogueGroup.items[1], CollectionViewSet, *CatalogueGroup.items[2:])


@hooks.register("register_admin_viewset")
def catalogue_desk() -> list[Any]:
    return [
        SalesViewSet(add_to_admin_menu=True),
        ReturnViewSet(add_to_admin_menu=True),
        CatalogueDesk(),
        DeliveryGroup(),
        payments.PaymentsGroup(),
        collection_chooser,
        product_chooser,
        StockViewSet(add_to_admin_menu=True),
        ReviewViewSet(add_to_admin_menu=True),
        MailsGroup(),
        AuditViewSet(add_to_admin_menu=True),
        CustomerViewSet(add_to_admin_menu=True),
        NewsletterViewSet(add_to_admin_menu=True),
        ProductPageViewSet(model=ProductPage),
    ]


@hooks.register("register_icons")
def icons(icons: list[str]) -> list[str]:
    return [*icons, "shop/icons/shelf.svg", "shop/icons/parcel.svg"]


class CareItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return CareView.is_open_to(request.user)


@hooks.register("register_reports_menu_item")
def care_report() -> CareItem:
    return CareItem(_("Content that needs care"), reverse_lazy("content_care"), icon_name="warning", order=1200)


@hooks.register("register_admin_urls")
def care_addresses() -> list[URLPattern]:
    return [
        path("reports/content-care/", CareView.as_view(), name="content_care"),
        path("reports/content-care/results/", CareView.as_view(results_only=True), name="content_care_results"),
    ]


hooks.register("construct_homepage_panels", dashboard.add_panels)
for report_item in ITEMS:
    hooks.register("register_reports_menu_item", lambda item=report_item: item)


@hooks.register("register_admin_urls")
def report_addresses() -> list[URLPattern]:
    return [path("reports/shop/<slug:slug>/", access("staff", MAY)(ReportView.as_view()), name="shop_report")]


def page_was_published(instance: Any, **_signal: Any) -> None:
    renditions.ask_for_renditions(page=instance, now=timezone.now())


def picture_was_saved(instance: Any, raw: bool = False, update_fields: Any = None, **_signal: Any) -> None:
    """Uploaded by whatever way, or edited; not when Wagtail only notes the size or the hash of the file."""
    if not raw and (update_fields is None or "file" in update_fields):
        renditions.ask_for_sizes(picture=instance, now=timezone.now())


page_published.connect(page_was_published, dispatch_uid="shop.pictures_of_page")
post_save.connect(picture_was_saved, sender=Picture, dispatch_uid="shop.sizes_of_picture")
events.connect()
