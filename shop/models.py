"""Index of the rooms' models, for Django. Rooms import each other's modules, never this one."""

from shop.cart.models import Cart, CartLine
from shop.catalogue.models import (
    Attribute,
    AttributeValue,
    Brand,
    Category,
    Collection,
    CollectionChoice,
    CollectionMember,
    Currency,
    Picture,
    Placement,
    PriceWindow,
    Product,
    Rendition,
    TaxClass,
    Variant,
)
from shop.checkout.models import CheckoutDraft
from shop.customers.models import Throttle, User
from shop.delivery.models import Method, MethodPrice, TaxRate, Zone
from shop.inventory.models import Reservation, StockItem, StockMovement
from shop.orders.models import Fulfilment, FulfilmentLine, Order, OrderAddress, OrderDiscount, OrderEvent, OrderLine
from shop.outbox.models import AuditEntry, Job, Mail, Stale
from shop.payments.models import (
    Payment,
    PaymentTransition,
    ProviderObject,
    Refund,
    RefundLine,
    RefundTransition,
    WebhookEvent,
)
from shop.promotions.models import Coupon, Promotion, PromotionTerms, Redemption, Tier
from shop.storefront.collection_page import CollectionIndexPage, CollectionPage
from shop.storefront.models import Assortment, AssortmentEntry, Edition, ListingRow, SearchDocument
from shop.storefront.pages import CategoryPage, ProductPage, ProductPhoto, ShopPage

__all__ = [
    "Assortment",
    "AssortmentEntry",
    "Attribute",
    "AttributeValue",
    "AuditEntry",
    "Brand",
    "Cart",
    "CartLine",
    "Category",
    "CategoryPage",
    "CheckoutDraft",
    "Collection",
    "CollectionChoice",
    "CollectionIndexPage",
    "CollectionMember",
    "CollectionPage",
    "Coupon",
    "Currency",
    "Edition",
    "Fulfilment",
    "FulfilmentLine",
    "Job",
    "ListingRow",
    "Mail",
    "Method",
    "MethodPrice",
    "Order",
    "OrderAddress",
    "OrderDiscount",
    "OrderEvent",
    "OrderLine",
    "Payment",
    "PaymentTransition",
    "Picture",
    "Placement",
    "PriceWindow",
    "Product",
    "ProductPage",
    "ProductPhoto",
    "Promotion",
    "PromotionTerms",
    "ProviderObject",
    "Redemption",
    "Refund",
    "RefundLine",
    "RefundTransition",
    "Rendition",
    "Reservation",
    "SearchDocument",
    "ShopPage",
    "Stale",
    "StockItem",
    "StockMovement",
    "TaxClass",
    "TaxRate",
    "Throttle",
    "Tier",
    "User",
    "Variant",
    "WebhookEvent",
    "Zone",
]
