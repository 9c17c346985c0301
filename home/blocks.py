"""StreamField blocks of the front page and of landing pages: what a page is put together from beyond a story."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks import BlockGroup
from wagtail.images.blocks import ImageBlock

from shop.storefront.blocks import (
    GoodsBlock,
    Policy,
    ProductChooserBlock,
    ProductShelfBlock,
    StoryBlocks,
    policy,
)
from shop.storefront.links import LinkBlock, LinkValue, shown

__all__ = ["LinkValue", "shown"]


class FooterColumnBlock(blocks.StructBlock):
    title = blocks.CharBlock(max_length=40)
    links = blocks.ListBlock(LinkBlock(), max_num=12)

    class Meta:
        icon = "list-ul"
        label_format = "{title}"


class ShelfBlock(ProductShelfBlock):
    """Four or more cards in a row, with a way to see the rest."""

    link = LinkBlock(required=False, help_text=_("Where the rest is to be seen."))

    class Meta:
        icon = "grip"
        template = "home/blocks/_shelf.html"
        form_layout = BlockGroup(children=["title", "products", "collection", "count", "link"], settings=["policy"])
        label_format = "{title}"


class RoomBlock(blocks.StructBlock):
    category = blocks.PageChooserBlock(page_type="shop.CategoryPage")
    image = ImageBlock(required=False, help_text=_("Empty: the picture of the category."))


class RoomsBlock(blocks.StructBlock):
    """The categories as pictures with their names and how many things they hold."""

    title = blocks.CharBlock(max_length=80)
    intro = blocks.CharBlock(required=False, max_length=200)
    rooms = blocks.ListBlock(RoomBlock(), min_num=1, max_num=12)

    class Meta:
        icon = "folder-open-inverse"
        template = "home/blocks/_rooms.html"
        label_format = "{title}"


class StoryTeaserBlock(blocks.StructBlock):
    story = blocks.PageChooserBlock(page_type="home.StoryPage")
    image = ImageBlock(required=False, help_text=_("Empty: the picture of the story."))
    text = blocks.TextBlock(required=False, help_text=_("Empty: the standfirst of the story."))


class FeatureBlock(GoodsBlock):
    """One story, large, beside two things that it is about."""

    story = blocks.PageChooserBlock(page_type="home.StoryPage")
    image = ImageBlock(required=False, help_text=_("Empty: the picture of the story."))
    text = blocks.TextBlock(required=False, help_text=_("Empty: the standfirst of the story."))
    products = blocks.ListBlock(ProductChooserBlock(), max_num=2)
    policy = policy(Policy.HIDE)

    class Meta:
        icon = "doc-full-inverse"
        template = "home/blocks/_feature.html"
        form_layout = BlockGroup(children=["story", "image", "text", "products"], settings=["policy"])
        label_format = "{story}"


class PromiseBlock(blocks.StructBlock):
    title = blocks.CharBlock(max_length=60)
    text = blocks.TextBlock()


class TeasersBlock(blocks.StructBlock):
    """Two or three stories side by side."""

    title = blocks.CharBlock(max_length=80)
    link = LinkBlock(required=False)
    stories = blocks.ListBlock(StoryTeaserBlock(), min_num=1, max_num=4)

    class Meta:
        icon = "doc-full"
        template = "home/blocks/_teasers.html"
        label_format = "{title}"


class PageBlocks(StoryBlocks):
    """What the front page and landing pages are made of: a campaign needs no programming."""

    shelf = ShelfBlock()
    rooms = RoomsBlock()
    feature = FeatureBlock()
    promises = blocks.ListBlock(PromiseBlock(), icon="tick", max_num=4, template="home/blocks/_promises.html")
    teasers = TeasersBlock()
