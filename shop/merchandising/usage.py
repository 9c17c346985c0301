"""Where a product is used: on its pages, in stories and other pages, in collections and promotions, in orders."""

from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Q, QuerySet
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.models import Page, ReferenceIndex

from shop.catalogue.models import Collection, Product
from shop.orders.models import Order
from shop.promotions.models import Promotion
from shop.wishlist.models import StockAsk, WishlistItem

MOST = 50  # of a kind


@dataclass(frozen=True)
class Place:
    """Something that names the product. `url` is where it is edited, for those who may; `live`: shoppers see it."""

    title: str
    url: str | None
    live: bool = True


@dataclass(frozen=True)
class Usage:
    """`mentions`: stories and other content that points to it. `members`: collections that hold it by rule or by hand."""

    pages: list[Place]
    mentions: list[Place]
    collections: list[Place]
    promotions: list[Place]
    orders: int
    open_orders: int
    wishes: int
    asks: int

    @property
    def is_in_sight(self) -> bool:
        """Whether something that shoppers see would lose it."""
        return any(place.live for place in (*self.pages, *self.mentions))


def usage_of(product: Product, *, user: Any) -> Usage:
    """What editors have published of it: what stands in drafts only is not known."""
    finder = AdminURLFinder(user)
    pages = list(Page.objects.filter(productpage__product=product).select_related("locale").order_by("pk"))
    orders = _orders(product)
    return Usage(
        pages=[_place(page, finder) for page in pages],
        mentions=[_place(thing, finder) for thing in _mentions(product, [page.pk for page in pages])],
        collections=[_place(one, finder) for one in _collections(product)[:MOST]],
        promotions=[_place(one, finder) for one in Promotion.objects.filter(products=product)[:MOST]],
        orders=orders["all"],
        open_orders=orders["open"],
        wishes=WishlistItem.objects.filter(variant__product=product).count(),
        asks=StockAsk.objects.filter(variant__product=product, told_at=None, confirmed_at__isnull=False).count(),
    )


def _place(thing: Any, finder: AdminURLFinder) -> Place:
    """Pages say their language: translations often have the same title."""
    live = getattr(thing, "live", getattr(thing, "active", True))
    title = f"{thing.title} ({thing.locale})" if isinstance(thing, Page) else str(thing)
    return Place(title, finder.get_edit_url(thing), live)


def _orders(product: Product) -> dict[str, int]:
    still_to_send = Q(state__in=(Order.State.PENDING, Order.State.PROCESSING))
    holding = Order.objects.filter(pk__in=Order.objects.filter(lines__variant__product=product).values("pk"))
    return holding.order_by().aggregate(all=Count("pk"), open=Count("pk", filter=still_to_send))


def _collections(product: Product) -> QuerySet[Collection]:
    mine = Q(members__product=product) | Q(choices__product=product, choices__never=False)
    return Collection.objects.filter(pk__in=Collection.objects.filter(mine).values("pk"))


def _mentions(product: Product, page_ids: list[int]) -> list[Any]:
    """What points to the product or its pages, but these themselves and the shop's own rows. Pages come first."""
    of_pages, of_products = ContentType.objects.get_for_model(Page), ContentType.objects.get_for_model(Product)
    keys = [str(pk) for pk in page_ids]
    points = Q(to_content_type=of_pages, to_object_id__in=keys) | Q(
        to_content_type=of_products, to_object_id=str(product.pk)
    )
    found = ReferenceIndex.objects.filter(points).exclude(base_content_type=of_pages, object_id__in=keys)
    sources: dict[int, set[str]] = {}
    for type_id, key in found.order_by().values_list("base_content_type", "object_id").distinct()[:MOST]:
        sources.setdefault(type_id, set()).add(key)
    things: list[Any] = list(
        Page.objects.filter(pk__in=sources.pop(of_pages.pk, ())).select_related("locale").order_by("title")
    )
    for type_id, ids in sources.items():
        model = ContentType.objects.get_for_id(type_id).model_class()
        if model is not None and model._meta.app_label != "shop":  # the shop's own rows are told apart above
            things += model._default_manager.filter(pk__in=ids)
    return things
