"""StreamField blocks of the front page and of landing pages: what a page is put together from beyond a story."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.images.blocks import ImageBlock
from wagtail.models import Page

from shop.storefront.blocks import ProductChooserBlock, ProductShelfBlock, StoryBlocks


def shown(page: Page | None) -> bool:
    """Whether a chosen page can be linked to: it may be gone or unpublished since."""
    return page is not None and page.live


class LinkValue(blocks.StructValue):
    @property
    def title(self) -> str:
        page = self.get("page")
        return self.get("text") or (page.title if shown(page) else "")

    @property
    def url(self) -> str:
        """Where it leads; empty when the page is gone, so that templates leave the link out."""
        page = self.get("page")
        return (page.url or "") if shown(page) else self.get("address", "")


class LinkBlock(blocks.StructBlock):
    """A page of ours, or an address. The page wins, and its title serves when no text is given."""

    text = blocks.CharBlock(required=False, max_length=60)
    page = blocks.PageChooserBlock(required=False)
    address = blocks.CharBlock(
        required=False, max_length=300, help_text=_("For what is not a page: /orders/lookup/ or https://...")
    )

    def clean(self, value: Any) -> Any:
        value = super().clean(value)
        if value.get("text") and not value.get("page") and not value.get("address"):
            raise StructBlockValidationError({"page": ValidationError(_("Choose a page or type an address."))})
        return value

    class Meta:
        icon = "link"
        value_class = LinkValue
        label_format = "{text} {page}"


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


class FeatureBlock(blocks.StructBlock):
    """One story, large, beside two things that it is about."""

    story = blocks.PageChooserBlock(page_type="home.StoryPage")
    image = ImageBlock(required=False, help_text=_("Empty: the picture of the story."))
    text = blocks.TextBlock(required=False, help_text=_("Empty: the standfirst of the story."))
    products = blocks.ListBlock(ProductChooserBlock(), max_num=2)

    class Meta:
        icon = "doc-full-inverse"
        template = "home/blocks/_feature.html"
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
