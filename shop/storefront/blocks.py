"""StreamField blocks that stories, landing, category and product pages share."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageBlock

RICH = ["bold", "italic", "link", "ol", "ul"]


class QuoteBlock(blocks.StructBlock):
    text = blocks.TextBlock()
    source = blocks.CharBlock(required=False)

    class Meta:
        icon = "openquote"
        template = "shop/storefront/blocks/_quote.html"
        label_format = "{text}"


class PictureBlock(blocks.StructBlock):
    image = ImageBlock()
    caption = blocks.CharBlock(required=False)

    class Meta:
        icon = "image"
        template = "shop/storefront/blocks/_picture.html"


class SpecBlock(blocks.StructBlock):
    name = blocks.CharBlock()
    value = blocks.CharBlock()

    class Meta:
        icon = "list-ul"
        label_format = "{name}: {value}"


class QuestionBlock(blocks.StructBlock):
    question = blocks.CharBlock()
    answer = blocks.RichTextBlock(features=RICH)

    class Meta:
        icon = "help"
        label_format = "{question}"


class ProductChooserBlock(blocks.PageChooserBlock):
    """Chooses a product by its page: drafts, moves and "where is it used" come free."""

    def __init__(self, **kwargs):
        kwargs.setdefault("page_type", "shop.ProductPage")
        super().__init__(**kwargs)


class SkuBlock(blocks.CharBlock):
    """The sku of the one variant that is meant, where the product alone would not say which colour is in the picture."""

    def __init__(self, **kwargs):
        kwargs.setdefault("required", False)
        kwargs.setdefault("max_length", 64)
        kwargs.setdefault("help_text", _("Sku of the variant to show; empty for the product as a whole."))
        super().__init__(**kwargs)


class ProductCardBlock(blocks.StructBlock):
    product = ProductChooserBlock()
    sku = SkuBlock()
    words = blocks.CharBlock(required=False, help_text=_("A line of your own instead of the product's summary."))

    class Meta:
        icon = "tag"
        template = "shop/storefront/blocks/_product_card.html"


class ProductShelfBlock(blocks.StructBlock):
    title = blocks.CharBlock(required=False)
    products = blocks.ListBlock(ProductChooserBlock(), min_num=1, max_num=12)

    class Meta:
        icon = "grip"
        template = "shop/storefront/blocks/_product_shelf.html"


class MarkBlock(blocks.StructBlock):
    product = ProductChooserBlock()
    sku = SkuBlock()
    note = blocks.CharBlock(required=False, max_length=60, help_text=_("A few words below the name, such as a colour."))
    x = blocks.IntegerBlock(min_value=0, max_value=100, help_text=_("Per cent from the left."))
    y = blocks.IntegerBlock(min_value=0, max_value=100, help_text=_("Per cent from the top."))


class ShopTheLookBlock(blocks.StructBlock):
    """A plate: one wide photograph with numbers on it, and the numbered goods below. Words never stand on the picture."""

    title = blocks.CharBlock(required=False)
    image = ImageBlock()
    marks = blocks.ListBlock(MarkBlock(), max_num=8)

    class Meta:
        icon = "view"
        template = "shop/storefront/blocks/_shop_the_look.html"


class StoryBlocks(blocks.StreamBlock):
    """What a story is made of."""

    paragraph = blocks.RichTextBlock(features=RICH, template="shop/storefront/blocks/_paragraph.html")
    heading = blocks.CharBlock(template="shop/storefront/blocks/_heading.html", icon="title")
    quote = QuoteBlock()
    picture = PictureBlock()
    product = ProductCardBlock()
    shelf = ProductShelfBlock()
    look = ShopTheLookBlock()


def product_page_ids(*streams: blocks.StreamValue) -> list[int]:
    """Ids of the product pages that the streams' blocks choose, in their order, each once.

    Pages that have been deleted since are not among them (their block holds None); unpublished ones are.
    """
    chosen: dict[int, None] = {}
    for stream in streams:
        for model, pk, _model_path, _content_path in stream.stream_block.extract_references(stream):
            if model._meta.label == "shop.ProductPage":
                chosen[int(pk)] = None
    return list(chosen)
