"""A shop in a few lines, built with the same operations that its editors use."""

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from wagtail.models import Locale, Page, Site

from home.models import HomePage
from shop.catalogue import operations as catalogue
from shop.catalogue.models import (
    Attribute,
    AttributeValue,
    Category,
    Currency,
    Picture,
    Product,
    TaxClass,
    Variant,
)
from shop.catalogue.operations import Amount
from shop.customers.models import User
from shop.storefront.pages import CategoryPage, ProductPage, ProductPhoto, ShopPage

NOW = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
ACTOR = "test@example.com"


def make_currencies() -> None:
    """US dollars as the base, and rupiah whose missing prices are derived at 16 300 to the 1 000."""
    Currency.objects.get_or_create(code="USD", defaults={"is_base": True, "position": 1})
    Currency.objects.get_or_create(
        code="IDR",
        defaults={"rate": 16300, "rounding": 1000, "prices_include_tax": True, "position": 2},
    )


def make_tax_class(code: str = "standard") -> TaxClass:
    return TaxClass.objects.get_or_create(code=code, defaults={"name": "Goods"})[0]


def make_category(slug: str = "ceramics", *, parent: Category | None = None, position: int = 0) -> Category:
    name = slug.replace("-", " ").capitalize()
    return Category.objects.get_or_create(slug=slug, defaults={"name": name, "parent": parent, "position": position})[0]


def make_value(attribute: str, slug: str) -> AttributeValue:
    """`make_value("colour", "indigo")`, with the attribute."""
    kind, _ = Attribute.objects.get_or_create(code=attribute, defaults={"name": attribute.capitalize()})
    swatch = slug if attribute == "colour" else ""
    return AttributeValue.objects.get_or_create(
        attribute=kind, slug=slug, defaults={"name": slug.capitalize(), "swatch": swatch}
    )[0]


def make_product(
    code: str = "mug",
    *,
    variants: Sequence[Mapping[str, str]] = ({},),
    prices: Mapping[str, str | Amount] | None = None,
    stock: int = 10,
    category: Category | None = None,
    now: datetime = NOW,
    **more: Any,
) -> Product:
    """A product with a variant for each mapping of options, priced in `prices` from `now` on, with `stock` of each.

        make_product("mug", variants=[{"colour": "indigo"}, {"colour": "sand"}], prices={"USD": "24.00"}, stock=3)

    Skus are MUG-INDIGO and MUG-SAND; a single variant without options is MUG.
    """
    make_currencies()
    options = {
        attribute: make_value(attribute, slug).attribute for options in variants for attribute, slug in options.items()
    }
    product = catalogue.create_product(
        code=code,
        name=code.replace("-", " ").capitalize(),
        tax_class=make_tax_class(),
        category=category or make_category(),
        options=options.values(),
        actor=ACTOR,
        now=now,
    )
    for combination in variants:
        make_variant(product, combination, prices=prices, stock=stock, now=now, **more)
    return product


def make_variant(
    product: Product,
    options: Mapping[str, str] | None = None,
    *,
    sku: str = "",
    prices: Mapping[str, str | Amount] | None = None,
    stock: int = 10,
    now: datetime = NOW,
    **more: Any,
) -> Variant:
    """One more variant of `product`: `make_variant(mug, {"colour": "moss"}, stock=0)`."""
    options = options or {}
    amounts = {"USD": "24.00"} if prices is None else prices
    return catalogue.add_variant(
        product=product,
        sku=sku or "-".join([product.code, *options.values()]).upper(),
        values=[make_value(attribute, slug) for attribute, slug in options.items()],
        prices={code: price if isinstance(price, tuple) else Decimal(price) for code, price in amounts.items()},
        stock=stock,
        actor=ACTOR,
        now=now,
        **more,
    )


def make_locale(language: str = "id") -> Locale:
    return Locale.objects.get_or_create(language_code=language)[0]


def make_home() -> HomePage:
    """The home page of the default site, in place of Wagtail's welcome page."""
    site = Site.objects.get(is_default_site=True)
    home = HomePage.objects.filter(locale=Locale.get_default()).first()
    if home is None:
        home = Page.get_first_root_node().add_child(instance=HomePage(title="Etalase", slug="etalase"))
    if site.root_page_id != home.pk:
        site.root_page = home
        site.save()
    return home


def make_shop_page() -> ShopPage:
    return ShopPage.objects.first() or make_home().add_child(instance=ShopPage(title="Everything", slug="shop"))


def make_category_page(category: Category | None = None, *, parent: Page | None = None) -> CategoryPage:
    """The page of a category in the default language, made once."""
    category = category or make_category()
    page = CategoryPage.objects.filter(category=category, language="en").first()
    if page is None:
        page = CategoryPage(title=category.name, slug=category.slug, category=category)
        page = (parent or make_shop_page()).add_child(instance=page)
    return page


def make_product_page(
    product: Product | None = None, *, live: bool = True, photos: int = 0, **fields: Any
) -> ProductPage:
    """The page of a product below its category's, shown if it is `live`; without a revision, as after an import."""
    product = product or make_product()
    fields = {"title": product.name, "slug": product.code, "summary": f"About the {product.code}.", **fields}
    published = NOW if live else None
    page = ProductPage(product=product, live=live, first_published_at=published, last_published_at=published, **fields)
    page.photos = [
        ProductPhoto(sort_order=n, image=make_picture(f"{product.code} {n}"), alt=f"Side {n}") for n in range(photos)
    ]
    make_category_page(product.category).add_child(instance=page)
    return ProductPage.objects.get(pk=page.pk)


def make_picture(title: str = "A picture", *, size: tuple[int, int] = (40, 50)) -> Picture:
    data = io.BytesIO()
    Image.new("RGB", size, "#303c68").save(data, "JPEG")
    file = SimpleUploadedFile(f"{title.replace(' ', '-')}.jpg", data.getvalue(), "image/jpeg")
    return Picture.objects.create(title=title, file=file, description=f"Description of {title}")


def make_staff(role: str, email: str = "") -> User:
    """Somebody of the role's group ("Editor", "Merchandiser", "Fulfilment", "Finance", "Owner"), who may log in."""
    from django.contrib.auth.models import Group

    email = email or f"{role.lower()}@example.com"
    person = User.objects.create_user(email=email, password="a long enough password", is_staff=True)
    person.groups.add(Group.objects.get(name=role))
    return person
