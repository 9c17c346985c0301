"""A small shop to sell from: one zone, one way of delivery, ten per cent tax, and mugs."""

import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.test import Client
from wagtail.models import Page

from shop.cart import operations as carts
from shop.cart.listing import look
from shop.cart.models import Cart
from shop.catalogue import operations as catalogue
from shop.catalogue.models import Category, Currency, TaxClass, Variant
from shop.checkout.operations import Details, place_order
from shop.delivery.models import Method, MethodPrice, TaxRate, Zone
from shop.money import Money
from shop.orders.models import Order
from shop.storefront.pages import CategoryPage, ProductPage, ShopPage

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
ADDRESS = {
    "name": "Alice Hartono",
    "line1": "418 Alder Street",
    "line2": "",
    "city": "Portland",
    "region": "OR",
    "postcode": "97205",
    "country": "US",
    "phone": "",
}


def open_shop() -> None:
    """Currencies, tax and delivery as the demo has them. Can be called again."""
    Currency.objects.get_or_create(code="USD", defaults={"is_base": True})
    Currency.objects.get_or_create(code="IDR", defaults={"rate": 16300, "rounding": 1000, "prices_include_tax": True})
    goods, _ = TaxClass.objects.get_or_create(code="standard", defaults={"name": "Standard"})
    zone, is_new = Zone.objects.get_or_create(name="World", defaults={"countries": ["US", "ID", "GB"]})
    if is_new:
        TaxRate.objects.create(zone=zone, tax_class=goods, rate=Decimal("0.1"))
        method = Method.objects.create(zone=zone, code="standard", name="Standard", days_min=4, days_max=8)
        MethodPrice.objects.create(method=method, currency="USD", amount=5, free_over=50)
        MethodPrice.objects.create(method=method, currency="IDR", amount=45000, free_over=500000)


def sell(sku: str = "MUG", *, price: str = "24.00", stock: int = 5, live: bool = True, now: datetime = NOW) -> Variant:
    """A product of one variant with a live page, for sale from `now` on."""
    open_shop()
    category, _ = Category.objects.get_or_create(slug="ceramics", defaults={"name": "Ceramics"})
    product = catalogue.create_product(
        code=sku.lower(),
        name=sku.title(),
        tax_class=TaxClass.objects.get(code="standard"),
        category=category,
        actor="test",
        now=now,
    )
    variant = catalogue.add_variant(
        product=product, sku=sku, prices={"USD": Decimal(price)}, stock=stock, actor="test", now=now
    )
    shelf(category).add_child(instance=ProductPage(title=sku.title(), slug=sku.lower(), product=product, live=live))
    return variant


def shelf(category: Category) -> CategoryPage:
    """The category's page, below the shop's, below home."""
    page = CategoryPage.objects.filter(category=category).first()
    if page is None:
        home = Page.objects.filter(depth=2).first()
        shop = ShopPage.objects.first() or home.add_child(instance=ShopPage(title="Shop", slug="shop"))
        page = shop.add_child(instance=CategoryPage(title=category.name, slug=category.slug, category=category))
    return page


def fill_cart(*variants: Variant, quantity: int = 1, currency: str = "USD", now: datetime = NOW) -> Cart:
    cart = carts.open_cart(currency=currency)
    for variant in variants:
        carts.add(cart=cart, sku=variant.sku, quantity=quantity, now=now)
    return cart


def details(**changes: Any) -> Details:
    values = {"email": "alice@example.com", "address": dict(ADDRESS), "delivery_code": "standard", "language": "en"}
    return Details(**{**values, **changes})


def total_of(cart: Cart, now: datetime = NOW) -> Money:
    """What the shopper was shown for ADDRESS."""
    return look(cart, now=now, language="en", country="US", delivery_code="standard").totals.total


def place(cart: Cart, *, key: uuid.UUID | None = None, total: Money | None = None, now: datetime = NOW) -> Order:
    return place_order(
        cart=cart,
        details=details(),
        expected_total=total_of(cart, now) if total is None else total,
        key=key or uuid.uuid4(),
        now=now,
    )


def answer(client: Client, **changes: str) -> Client:
    """Answer every step of the checkout up to the payment."""
    client.get("/checkout/")
    client.post("/checkout/contact/", {"email": "alice@example.com"})
    client.post("/checkout/address/", ADDRESS)
    client.post("/checkout/delivery/", {"method": "standard", **changes})
    return client


def submission(client: Client) -> dict[str, str]:
    """What the pay button of the open payment page sends."""
    form = client.get("/checkout/payment/").context["form"]
    return {name: str(form.initial[name]) for name in ("key", "total", "currency", "parts")}
