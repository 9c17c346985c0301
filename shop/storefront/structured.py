"""What search engines read: schema.org as plain dictionaries, written into the page by `{% json_ld %}`."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from shop.catalogue.pictures import SPECS
from shop.delivery.pricing import DeliveryTerms
from shop.delivery.promises import Promises
from shop.money import Money, round_money
from shop.storefront.choice import Choice
from shop.storefront.goods import Offer

PICTURES = 4
HANDLING_DAYS = 1  # what we need to pack


def breadcrumb(trail: list[dict[str, str]], request: HttpRequest) -> dict[str, Any]:
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": n, "name": step["title"], "item": request.build_absolute_uri(step["url"])}
            for n, step in enumerate(trail, 1)
        ],
    }


@dataclass(frozen=True)
class Rating:
    """Mean stars, of how many reviews."""

    mean: Decimal
    count: int


def product(
    page: Any,
    choice: Choice,
    pictures: list[Any],
    promised: Promises,
    request: HttpRequest,
    rating: Rating | None = None,
) -> dict[str, Any]:
    """A Product for one variant, a ProductGroup for several. Prices are those of the page and of the cart."""
    url = request.build_absolute_uri(page.get_url(request))
    about = {
        "@context": "https://schema.org",
        "name": page.title,
        "description": page.search_description or page.summary,
        "image": [_address(picture, request) for picture in pictures[:PICTURES]],
        "url": url,
        **_rating(rating),
    }
    if brand := page.shown().brand:
        about["brand"] = {"@type": "Brand", "name": brand.name}
    offers = choice.goods.for_sale
    if len(offers) == 1:
        facts = {"sku": offers[0].sku, **_gtin(offers[0]), "offers": _offer(offers[0], url, promised)}
        return {**about, "@type": "Product", **facts}
    return {
        **about,
        "@type": "ProductGroup",
        "productGroupID": page.shown().code,
        "variesBy": [_property(option.code) for option in choice.goods.options],
        "hasVariant": [_variant(page, offer, url, promised, request) for offer in offers],
    }


def _rating(rating: Rating | None) -> dict[str, Any]:
    if rating is None or not rating.count:
        return {}
    return {
        "aggregateRating": {
            "@type": "AggregateRating",
            "ratingValue": str(rating.mean),
            "ratingCount": rating.count,
            "bestRating": "5",
            "worstRating": "1",
        }
    }


def _variant(page: Any, offer: Offer, url: str, promised: Promises, request: HttpRequest) -> dict[str, Any]:
    address = f"{url}?{Choice.address(offer.sku)}"
    image = offer.variant.image
    known = {value.attribute.code: value.label for value in offer.values if value.attribute.code in SCHEMA_NAMES}
    return {
        "@type": "Product",
        "name": f"{page.title}, {offer.label}",
        "sku": offer.sku,
        **({"image": _address(image, request)} if image else {}),
        **{SCHEMA_NAMES[code]: name for code, name in known.items()},
        **_gtin(offer),
        "offers": _offer(offer, address, promised),
    }


SCHEMA_NAMES = {"colour": "color", "size": "size", "material": "material"}


def _property(code: str) -> str:
    return f"https://schema.org/{SCHEMA_NAMES.get(code, 'additionalProperty')}"


def _offer(offer: Offer, url: str, promised: Promises) -> dict[str, Any]:
    price = offer.price
    assert price is not None
    country = settings.HOME_COUNTRY.get(price.now.currency.code, "")
    return {
        "@type": "Offer",
        "url": url,
        "price": str(round_money(price.now.amount, price.now.currency.code).amount),
        "priceCurrency": price.now.currency.code,
        "availability": f"https://schema.org/{_availability(offer)}",
        "itemCondition": "https://schema.org/NewCondition",
        **_shipping(promised.to(country, offer.variant.weight_g), price.now, country),
        **_returns(promised, country),
    }


def _shipping(way: DeliveryTerms | None, goods: Money, country: str) -> dict[str, Any]:
    """What sending this one thing costs within the currency's own country."""
    if way is None:
        return {}
    cost = way.cost_of(goods)
    return {
        "shippingDetails": {
            "@type": "OfferShippingDetails",
            "shippingRate": {
                "@type": "MonetaryAmount",
                "value": str(round_money(cost.amount, cost.currency.code).amount),
                "currency": cost.currency.code,
            },
            "shippingDestination": {"@type": "DefinedRegion", "addressCountry": country},
            "deliveryTime": {
                "@type": "ShippingDeliveryTime",
                "handlingTime": _days(0, HANDLING_DAYS),
                "transitTime": _days(way.days_min, way.days_max),
            },
        }
    }


def _days(first: int, last: int) -> dict[str, Any]:
    return {"@type": "QuantitativeValue", "minValue": first, "maxValue": last, "unitCode": "DAY"}


def _returns(promised: Promises, country: str) -> dict[str, Any]:
    if not country:
        return {}
    policy = {"@type": "MerchantReturnPolicy", "applicableCountry": country}
    if not promised.return_days:
        refused = "https://schema.org/MerchantReturnNotPermitted"
        return {"hasMerchantReturnPolicy": {**policy, "returnPolicyCategory": refused}}
    fees = "FreeReturn" if promised.return_free else "ReturnFeesCustomerResponsibility"
    return {
        "hasMerchantReturnPolicy": {
            **policy,
            "returnPolicyCategory": "https://schema.org/MerchantReturnFiniteReturnWindow",
            "merchantReturnDays": promised.return_days,
            "returnMethod": "https://schema.org/ReturnByMail",
            "returnFees": f"https://schema.org/{fees}",
        }
    }


def _availability(offer: Offer) -> str:
    if offer.stock.policy == offer.stock.Policy.BACKORDER and not offer.stock.available:
        return "BackOrder"
    return "InStock" if offer.available else "OutOfStock"


def _gtin(offer: Offer) -> dict[str, str]:
    return {"gtin": offer.variant.barcode} if offer.variant.barcode else {}


def _address(picture: Any, request: HttpRequest) -> str:
    return request.build_absolute_uri(picture.get_rendition(SPECS["zoom"].jpeg).url)
