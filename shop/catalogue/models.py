from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from wagtail.images.models import AbstractImage, AbstractRendition, Image

from shop.inventory.models import StockItem
from shop.money import AmountField, CurrencyField, Money
from shop.wording import Named


class Picture(AbstractImage):
    """A photograph in Wagtail's library. `description` is its alternative text wherever a place gives none of its own."""

    admin_form_fields = Image.admin_form_fields

    class Meta(AbstractImage.Meta):
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        permissions = [("choose_picture", "Can choose picture")]


class Rendition(AbstractRendition):
    image = models.ForeignKey(Picture, models.CASCADE, related_name="renditions")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["image", "filter_spec", "focal_point_key"], name="rendition_unique")
        ]


class Currency(models.Model):
    """A currency that the shop sells in. Exactly one is the base; the others may derive missing prices from it."""

    code = CurrencyField(primary_key=True)
    is_base = models.BooleanField(default=False)
    rate = models.DecimalField(
        max_digits=18, decimal_places=6, default=Decimal(1), help_text=_("Units for one unit of the base currency.")
    )
    rounding = AmountField(
        default=Decimal("0.01"), help_text=_("Derived prices are rounded half up to this, such as 1000 for rupiah.")
    )
    prices_include_tax = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name_plural = _("currencies")
        ordering = ["position", "code"]
        constraints = [
            models.UniqueConstraint(F("is_base"), condition=Q(is_base=True), name="one_base_currency"),
            models.CheckConstraint(condition=Q(rate__gt=0, rounding__gt=0), name="currency_rate_positive"),
        ]

    def __str__(self) -> str:
        return self.code


class TaxClass(models.Model):
    code = models.SlugField(unique=True)
    name = models.CharField(max_length=100)

    class Meta:
        verbose_name_plural = _("tax classes")

    def __str__(self) -> str:
        return self.name


class Brand(models.Model):
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=100)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Attribute(Named):
    """A typed property: an option that variants differ in (colour, size) or a fact of the product (material, origin)."""

    code = models.SlugField(unique=True)
    name = models.CharField(max_length=100)
    filterable = models.BooleanField(default=True, help_text=_("Offered as a filter in listings and search."))
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class AttributeValue(Named):
    attribute = models.ForeignKey(Attribute, models.CASCADE, related_name="values")
    slug = models.SlugField()
    name = models.CharField(max_length=100)
    swatch = models.SlugField(blank=True, help_text=_("Name of a colour in swatch.css, for colours."))
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["attribute", "position", "name"]
        constraints = [models.UniqueConstraint(fields=["attribute", "slug"], name="attribute_value_unique")]

    def __str__(self) -> str:
        return self.name


class Category(Named):
    """A shelf that promotions and listings can name, without language. Its pages show it."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=100)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    picture = models.ForeignKey(Picture, models.SET_NULL, null=True, blank=True, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name_plural = _("categories")
        ordering = ["position", "name"]
        constraints = [models.CheckConstraint(condition=~Q(parent=F("id")), name="category_not_own_parent")]

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """The commercial thing, without language and without page. Never deleted once it has been ordered."""

    class Lifecycle(models.TextChoices):
        ACTIVE = "active", _("for sale")
        DISCONTINUED = "discontinued", _("no longer sold")
        ARCHIVED = "archived", _("archived")

    code = models.SlugField(unique=True, max_length=100)
    name = models.CharField(max_length=200, help_text=_("For staff; shoppers read the title of the page."))
    lifecycle = models.CharField(max_length=12, choices=Lifecycle, default=Lifecycle.ACTIVE)
    tax_class = models.ForeignKey(TaxClass, models.PROTECT)
    brand = models.ForeignKey(Brand, models.SET_NULL, null=True, blank=True)
    category = models.ForeignKey(
        Category,
        models.PROTECT,
        related_name="home_of",
        help_text=_("Canonical: its page lives below this category's."),
    )
    categories: ClassVar[models.ManyToManyField] = models.ManyToManyField(
        Category, through="Placement", related_name="products"
    )
    options: ClassVar[models.ManyToManyField] = models.ManyToManyField(
        Attribute, blank=True, related_name="+", help_text=_("What its variants differ in.")
    )
    facts: ClassVar[models.ManyToManyField] = models.ManyToManyField(
        AttributeValue, blank=True, related_name="products", help_text=_("Material, origin and the like.")
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Placement(models.Model):
    """A product on a shelf, at a place. A product may stand on many."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="placements")
    category = models.ForeignKey(Category, models.CASCADE, related_name="placements")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["product", "category"], name="placement_unique")]

    def __str__(self) -> str:
        return f"{self.product} in {self.category}"


class Collection(models.Model):
    """Goods chosen by rules and by hand, without language: what promotions and listings can name. Its pages show it.

    Rules left empty do not count; those given must all hold (of several categories, or of several values of one
    attribute, one is enough). Without any rule only what is pinned belongs to it. Pins come first, in their order;
    what is on the never list is never in it.
    """

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=100)
    picture = models.ForeignKey(Picture, models.SET_NULL, null=True, blank=True, related_name="+")
    active = models.BooleanField(default=True)
    categories: ClassVar[models.ManyToManyField] = models.ManyToManyField(
        Category, blank=True, related_name="+", help_text=_("In one of these, or below it.")
    )
    values: ClassVar[models.ManyToManyField] = models.ManyToManyField(
        AttributeValue, blank=True, related_name="+", help_text=_("Made of, coloured, sized like this.")
    )
    price_min = AmountField(null=True, blank=True, help_text=_("In the base currency."))
    price_max = AmountField(null=True, blank=True, help_text=_("In the base currency."))
    new_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=_("In the shop for at most this many days.")
    )
    on_sale = models.BooleanField(default=False, help_text=_("Reduced now."))
    in_stock = models.BooleanField(default=False, help_text=_("Can be sent now."))
    best_selling = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text=_("Among this many that sold most lately, of those for which the other rules hold."),
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(price_min__isnull=True) | Q(price_max__isnull=True) | Q(price_max__gte=F("price_min")),
                name="collection_prices_in_order",
            )
        ]

    def __str__(self) -> str:
        return self.name


class CollectionChoice(models.Model):
    """A product that somebody put into a collection by hand, at a place, or keeps out of it for good."""

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="choices")
    product = models.ForeignKey(Product, models.CASCADE, related_name="+")
    never = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["collection", "product"], name="collection_choice_unique")]

    def __str__(self) -> str:
        return f"{'never ' if self.never else ''}{self.product} in {self.collection}"


class CollectionMember(models.Model):
    """A product that belongs to a collection now, computed from rules and choices by storefront's indexing."""

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="members", db_index=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="memberships")
    pinned = models.BooleanField(default=False)
    position = models.PositiveBigIntegerField(
        default=0, help_text="A key to sort by, pins first; the product's id is the last word."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["collection", "product"], name="collection_member_unique")]

    def __str__(self) -> str:
        return f"{self.product_id} in {self.collection_id}"


class Variant(models.Model):
    """What is bought: a product in one combination of its options, with a sku and a place on the shelf."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="variants")
    sku = models.CharField(max_length=64)
    values: ClassVar[models.ManyToManyField] = models.ManyToManyField(
        AttributeValue, blank=True, related_name="variants"
    )
    combination = models.CharField(
        max_length=100, blank=True, editable=False, help_text="Ids of the values, sorted: unique in a product."
    )
    stock_item = models.ForeignKey(StockItem, models.PROTECT, related_name="variants")
    barcode = models.CharField(max_length=14, blank=True, help_text="GTIN")
    weight_g = models.PositiveIntegerField(_("weight in grams"), default=0)
    cost_price = AmountField(
        null=True, blank=True, help_text=_("In the base currency; for staff only, never shown to shoppers.")
    )
    image = models.ForeignKey(Picture, models.SET_NULL, null=True, blank=True, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(Lower("sku"), name="variant_sku_unique"),
            models.UniqueConstraint(fields=["product", "combination"], name="variant_combination_unique"),
        ]

    def __str__(self) -> str:
        return self.sku


class PriceWindow(models.Model):
    """The price of a variant in a currency during a time. History: only an end in the future may move."""

    variant = models.ForeignKey(Variant, models.PROTECT, related_name="prices")
    currency = CurrencyField()
    amount = AmountField()
    compare_at = AmountField(null=True, blank=True, help_text=_("The higher price that a sale is compared with."))
    valid = DateTimeRangeField()
    source = models.CharField(max_length=50, default="manual")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["variant", "currency", "valid"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="price_positive"),
            models.CheckConstraint(
                condition=Q(compare_at__isnull=True) | Q(compare_at__gt=F("amount")), name="price_below_compare_at"
            ),
            ExclusionConstraint(
                name="price_windows_apart",
                expressions=[
                    ("variant", RangeOperators.EQUAL),
                    ("currency", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.money} for {self.variant_id}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def was(self) -> Money | None:
        return None if self.compare_at is None else Money(self.compare_at, self.currency)
