"""Stories with blocks in a few lines."""

from typing import Any

from django.utils import timezone

from home.models import HomePage, StoryIndexPage, StoryPage
from shop.catalogue.models import Picture
from shop.demo.source import block, stream
from shop.inventory import operations as inventory
from shop.storefront.pages import ProductPage
from tests.factories import ACTOR, make_picture, make_product, make_product_page


def make_story(*blocks: dict, title: str = "Story", live: bool = True) -> StoryPage:
    """A story below the list of stories, published as an editor would."""
    index = StoryIndexPage.objects.first()
    if index is None:
        index = HomePage.objects.get().add_child(instance=StoryIndexPage(title="Stories", slug="stories"))
    story = index.add_child(instance=StoryPage(title=title, live=False, body=stream(blocks)))
    revision = story.save_revision()
    if live:
        revision.publish()
    return StoryPage.objects.get(pk=story.pk)


def on_sale(code: str = "mug", **more: Any) -> int:
    """Id of the live page of a product that can be had."""
    return make_product_page(make_product(code, **more)).pk


def sell_out(page_id: int, sku: str = "") -> None:
    """Empty the shelf of a product, or of one of its variants."""
    variants = ProductPage.objects.get(pk=page_id).product.variants.all()
    for variant in variants.filter(sku=sku) if sku else variants:
        inventory.count(stock_item=variant.stock_item, counted=0, actor=ACTOR, now=timezone.now())


def image(picture: Picture | None = None) -> dict[str, Any]:
    """The value of an ImageBlock."""
    picture = picture or make_picture()
    return {"image": picture.pk, "decorative": False, "alt_text": "What is to be seen"}


def card(page_id: int | None, **more: Any) -> dict[str, Any]:
    return block("product", {"product": page_id, "sku": "", "words": "", **more})
