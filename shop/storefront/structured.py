"""What search engines read: schema.org as plain dictionaries, written into the page by `{% json_ld %}`."""

from typing import Any

from django.http import HttpRequest

from shop.catalogue.pictures import SPECS
from shop.storefront.choice import Choice
from shop.storefront.goods import Offer

PICTURES = 4


def breadcrumb(trail: list[dict[str, str]], request: HttpRequest) -> dict[str, Any]:
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": n, "name": step["title"], "item": request.build_absolute_uri(step["url"])}
            for n, step in enumerate(trail, 1)
        ],
    }


def product(page: Any, choice: Choice, pictures: list[Any], request: HttpRequest) -> dict[str, Any]:
    """A Product for one variant, a ProductGroup for several. Prices are those of the page and of the cart."""
    url = request.build_absolute_uri(page.get_url(request))
    about = {
        "@context": "https://schema.org",
        "name": page.title,
        "description": page.search_description or page.summary,
        "image": [_address(picture, request) for picture in pictures[:PICTURES]],
        "url": url,
    }
    if brand := page.shown().brand:
        about["brand"] = {"@type": "Brand", "name": brand.name}
    offers = choice.goods.for_sale
    if len(offers) == 1:
        return {**about, "@type": "Product", "sku": offers[0].sku, **_gtin(offers[0]), "offers": _offer(offers[0], url)}
    return {
        **about,
        "@type": "ProductGroup",
        "productGroupID": page.shown().code,
        "variesBy": [_property(option.code) for option in choice.goods.options],
        "hasVariant": [_variant(page, offer, url, request) for offer in offers],
    }


def _variant(page: Any, offer: Offer, url: str, request: HttpRequest) -> dict[str, Any]:
    address = f"{url}?{Choice.address(offer.sku)}"
    image = offer.variant.image
    known = {value.attribute.code: value.name for value in offer.values if value.attribute.code in SCHEMA_NAMES}
    return {
        "@type": "Product",
        "name": f"{page.title}, {offer.label}",
        "sku": offer.sku,
        **({"image": _address(image, request)} if image else {}),
        **{SCHEMA_NAMES[code]: name for code, name in known.items()},
        **_gtin(offer),
        "offers": _offer(offer, address),
    }


SCHEMA_NAMES = {"colour": "color", "size": "size", "material": "material"}


def _property(code: str) -> str:
    return f"https://schema.org/{SCHEMA_NAMES.get(code, 'additionalProperty')}"


def _offer(offer: Offer, url: str) -> dict[str, Any]:
    price = offer.price
    assert price is not None
    return {
        "@type": "Offer",
        "url": url,
        "price": str(price.now.amount),
        "priceCurrency": price.now.currency.code,
        "availability": f"https://schema.org/{_availability(offer)}",
        "itemCondition": "https://schema.org/NewCondition",
    }


def _availability(offer: Offer) -> str:
    if offer.stock.policy == offer.stock.Policy.BACKORDER and not offer.stock.available:
        return "BackOrder"
    return "InStock" if offer.available else "OutOfStock"


def _gtin(offer: Offer) -> dict[str, str]:
    return {"gtin": offer.variant.barcode} if offer.variant.barcode else {}


def _address(picture: Any, request: HttpRequest) -> str:
    return request.build_absolute_uri(picture.get_rendition(SPECS["zoom"].jpeg).url)
