"""The pages of the shop in Wagtail's tree. They hold words, pictures and layout; nothing that money or stock depends on."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, InlinePanel
from wagtail.fields import StreamField
from wagtail.models import Orderable, Page

from shop.catalogue.models import Category, Picture, Product
from shop.storefront.blocks import QuestionBlock, SpecBlock, StoryBlocks


class ShopPage(Page):
    """The root of the shop: everything that is for sale."""

    intro = models.TextField(blank=True)

    content_panels = [*Page.content_panels, FieldPanel("intro")]
    parent_page_types = ["home.HomePage"]
    subpage_types = ["shop.CategoryPage"]
    template = "shop/storefront/shop.html"


class CategoryPage(Page):
    """Words around the live listing of a category. One per category and language."""

    category = models.ForeignKey(Category, models.PROTECT, null=True, related_name="pages")
    language = models.CharField(max_length=10, editable=False, help_text="Copy of the locale's code, for the constraint.")
    intro = models.TextField(blank=True)
    story = StreamField(StoryBlocks(), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("category"), FieldPanel("intro"), FieldPanel("story")]
    parent_page_types = ["shop.ShopPage", "shop.CategoryPage"]
    subpage_types = ["shop.CategoryPage", "shop.ProductPage"]
    template = "shop/storefront/category.html"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["category", "language"], name="category_page_per_language")
        ]


class ProductPage(Page):
    """Words and pictures of a product. Price, stock and variants live with `product`, out of reach of revisions."""

    product = models.ForeignKey(Product, models.PROTECT, null=True, related_name="pages")
    language = models.CharField(max_length=10, editable=False, help_text="Copy of the locale's code, for the constraint.")
    summary = models.CharField(max_length=300, blank=True, help_text=_("One line, on cards and above the price."))
    story = StreamField(StoryBlocks(), blank=True)
    specs = StreamField([("spec", SpecBlock())], blank=True)
    faq = StreamField([("question", QuestionBlock())], blank=True)

    content_panels = [
        *Page.content_panels,
        FieldPanel("product"),
        FieldPanel("summary"),
        InlinePanel("photos", heading=_("Photographs")),
        FieldPanel("story"),
        FieldPanel("specs"),
        FieldPanel("faq"),
    ]
    parent_page_types = ["shop.CategoryPage"]
    subpage_types: list[str] = []
    template = "shop/storefront/product.html"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product", "language"], name="product_page_per_language")]


class ProductPhoto(Orderable):
    page = ParentalKey(ProductPage, on_delete=models.CASCADE, related_name="photos")
    image = models.ForeignKey(Picture, models.CASCADE, related_name="+")
    alt = models.CharField(
        _("alternative text"), max_length=300, blank=True, help_text=_("What is to be seen, for those who cannot.")
    )

    panels = [FieldPanel("image"), FieldPanel("alt")]
