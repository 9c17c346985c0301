"""StreamField blocks that stories, landing, category and product pages share.

A block that shows products says what becomes of one that is sold out or gone (Policy); `mentions` finds out at each visit.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks import BlockGroup
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.images.blocks import ImageBlock

from shop.catalogue.models import Collection
from shop.storefront.links import CallBlock
from shop.storefront.words import (
    GalleryBlock,
    NewsletterBlock,
    PictureBlock,
    QuestionBlock,
    QuestionsBlock,
    QuoteBlock,
    SpecBlock,
    VideoBlock,
    heading,
    paragraph,
)

__all__ = ["QuestionBlock", "SpecBlock"]  # of product pages, which find them here
SHELF = 12


class Policy(models.TextChoices):
    """What shoppers see of a product that is sold out, or not for sale (any more)."""

    HIDE = "hide", _("Leave it out")
    STAND_IN = "stand_in", _("Show another thing instead")
    KEEP = "keep", _("Keep it and say so")


def policy(default: Policy = Policy.KEEP) -> blocks.ChoiceBlock:
    return blocks.ChoiceBlock(choices=Policy.choices, default=default, label=_("When it is sold out or gone"))


class ProductChooserBlock(blocks.PageChooserBlock):
    """Chooses a product by its page: drafts, moves and "where is it used" come free."""

    def __init__(self, **kwargs):
        kwargs.setdefault("page_type", "shop.ProductPage")
        super().__init__(**kwargs)


class CollectionChooserBlock(blocks.ChooserBlock):
    """Chooses a collection in the dialog of its desk, which needs models that stand above the blocks."""

    target_model = Collection

    @cached_property
    def widget(self) -> Any:
        from shop.catalogue.choosers import collection_chooser

        return collection_chooser.widget_class()

    class Meta:
        icon = "folder-inverse"


def stand_in() -> ProductChooserBlock:
    return ProductChooserBlock(
        required=False, help_text=_("The other thing; empty: one from the same shelf that can be had.")
    )


class SkuBlock(blocks.CharBlock):
    """The sku of the one variant that is meant, where the product alone would not say which colour is in the picture."""

    def __init__(self, **kwargs):
        kwargs.setdefault("required", False)
        kwargs.setdefault("max_length", 64)
        kwargs.setdefault("help_text", _("Sku of the variant to show; empty for the product as a whole."))
        super().__init__(**kwargs)


class GoodsBlock(blocks.StructBlock):
    """Base of the blocks that show products, each with a `policy`. `replaceable`: another of the same shelf may stand in."""

    replaceable = True


class ProductCardBlock(GoodsBlock):
    product = ProductChooserBlock()
    sku = SkuBlock()
    words = blocks.CharBlock(required=False, help_text=_("A line of your own instead of the product's summary."))
    policy = policy()
    stand_in = stand_in()

    class Meta:
        icon = "tag"
        template = "shop/storefront/blocks/_product_card.html"
        form_layout = BlockGroup(children=["product", "sku", "words"], settings=["policy", "stand_in"])
        description = _("One product, in the margin of the text.")


class ProductShelfBlock(GoodsBlock):
    """Products chosen one by one, or the first ones of a collection, which follow it by themselves."""

    title = blocks.CharBlock(required=False)
    products = blocks.ListBlock(ProductChooserBlock(), max_num=SHELF, default=[])
    collection = CollectionChooserBlock(required=False, help_text=_("Instead of products chosen one by one."))
    count = blocks.IntegerBlock(
        default=4, min_value=1, max_value=SHELF, help_text=_("How many of the collection are shown.")
    )
    policy = policy(Policy.HIDE)

    def clean(self, value: Any) -> Any:
        value = super().clean(value)
        if bool(value["products"]) == bool(value["collection"]):
            words = _("Choose products one by one, or a collection, one of the two.")
            raise StructBlockValidationError({"collection": ValidationError(words)})
        return value

    class Meta:
        icon = "grip"
        template = "shop/storefront/blocks/_product_shelf.html"
        form_layout = BlockGroup(children=["title", "products", "collection", "count"], settings=["policy"])
        description = _("Products in a row: chosen one by one, or from a collection.")
        label_format = "{title}"


class MarkBlock(blocks.StructBlock):
    product = ProductChooserBlock()
    sku = SkuBlock()
    note = blocks.CharBlock(required=False, max_length=60, help_text=_("A few words below the name, such as a colour."))
    x = blocks.IntegerBlock(min_value=0, max_value=100, help_text=_("Per cent from the left."))
    y = blocks.IntegerBlock(min_value=0, max_value=100, help_text=_("Per cent from the top."))
    stand_in = stand_in()

    class Meta:
        form_layout = BlockGroup(children=["product", "sku", "note", "x", "y"], settings=["stand_in"])
        label_format = "{product} {note}"


class ShopTheLookBlock(GoodsBlock):
    """A plate: one wide photograph with numbers on it, and the numbered goods below. Words never stand on the picture."""

    title = blocks.CharBlock(required=False)
    image = ImageBlock()
    marks = blocks.ListBlock(MarkBlock(), max_num=8)
    policy = policy()

    class Meta:
        icon = "view"
        template = "shop/storefront/blocks/_shop_the_look.html"
        form_layout = BlockGroup(children=["title", "image", "marks"], settings=["policy"])
        description = _("A wide picture with numbers on it that lead to the things in it.")
        label_format = "{title}"


class IngredientBlock(blocks.StructBlock):
    words = blocks.CharBlock(max_length=120, help_text=_("As it is read: 250 g of palm sugar."))
    product = ProductChooserBlock(required=False, help_text=_("Where it can be had from us."))
    sku = SkuBlock()
    stand_in = ProductChooserBlock(required=False, help_text=_("What serves as well when it is sold out or gone."))

    class Meta:
        form_layout = BlockGroup(children=["words", "product", "sku"], settings=["stand_in"])
        label_format = "{words}"


class RecipeBlock(GoodsBlock):
    """A recipe, or how to make something, with what it takes as products."""

    replaceable = False  # no other thing of the shelf makes the same dish

    kind = blocks.ChoiceBlock(choices=[("recipe", _("Recipe")), ("howto", _("How to"))], default="recipe")
    title = blocks.CharBlock(max_length=120)
    intro = blocks.TextBlock(required=False)
    image = ImageBlock(required=False)
    serves = blocks.CharBlock(required=False, max_length=60, help_text=_("What comes of it: two glasses."))
    minutes = blocks.IntegerBlock(required=False, min_value=1, max_value=2880, help_text=_("From start to end."))
    ingredients = blocks.ListBlock(IngredientBlock(), min_num=1, max_num=30)
    steps = blocks.ListBlock(blocks.TextBlock(rows=2), min_num=1, max_num=30)
    policy = policy()

    class Meta:
        icon = "list-ol"
        template = "shop/storefront/blocks/_recipe.html"
        form_layout = BlockGroup(
            children=["kind", "title", "intro", "image", "serves", "minutes", "ingredients", "steps"],
            settings=["policy"],
        )
        label = _("Recipe")
        description = _("A recipe, or how to make something; what it takes can be bought with it.")
        label_format = "{title}"


class ColumnBlock(blocks.StreamBlock):
    heading = heading()
    paragraph = paragraph()
    quote = QuoteBlock()
    picture = PictureBlock()
    product = ProductCardBlock()

    class Meta:
        icon = "placeholder"


class ColumnsBlock(blocks.StructBlock):
    columns = blocks.ListBlock(ColumnBlock(), min_num=2, max_num=3)

    class Meta:
        icon = "tasks"
        template = "shop/storefront/blocks/_columns.html"
        label = _("Columns")
        description = _("Two or three columns of words, pictures and products.")


class StoryBlocks(blocks.StreamBlock):
    """What a story is made of."""

    paragraph = paragraph()
    heading = heading()
    quote = QuoteBlock()
    picture = PictureBlock()
    gallery = GalleryBlock()
    video = VideoBlock()
    columns = ColumnsBlock()
    questions = QuestionsBlock()
    call = CallBlock()
    newsletter = NewsletterBlock()
    product = ProductCardBlock()
    shelf = ProductShelfBlock()
    look = ShopTheLookBlock()
    recipe = RecipeBlock()
