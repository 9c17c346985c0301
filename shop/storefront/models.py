"""What listings and search are read from: rows computed from pages, goods, prices and stock, which can be thrown away.

They are never the truth: nothing is charged by them. `indexing` makes them anew, product by product, from what
`outbox.stale` has noted; `manage.py reindex` makes all of them; the audit compares each with a fresh computation.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q

from shop.catalogue.models import Product
from shop.money import AmountField, CurrencyField

LANGUAGE_LENGTH = 10


class Edition(models.Model):
    """How often what editors keep has changed. A process that remembers a page or a menu remembers the number with it."""

    number = models.BigIntegerField(default=1)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_edition")]

    def __str__(self) -> str:
        return str(self.number)


class ListingRow(models.Model):
    """A product as it is listed in one language and one currency. There is a row only while it is for sale."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="+", db_index=False)
    page = models.ForeignKey("wagtailcore.Page", models.CASCADE, related_name="+")
    language = models.CharField(max_length=LANGUAGE_LENGTH)
    currency = CurrencyField()
    title = models.CharField(max_length=255)
    url = models.CharField(max_length=1000, help_text="Path of its page.")
    price = AmountField(help_text="The lowest that can be paid for a variant, of those in stock first.")
    compare_at = AmountField(null=True)
    sold_out = models.BooleanField()
    on_sale = models.BooleanField()
    created_at = models.DateTimeField()
    rating = models.DecimalField(max_digits=3, decimal_places=2, default=0, help_text="Mean stars; 0 without reviews.")
    rating_count = models.PositiveIntegerField(default=0)
    popularity = models.PositiveIntegerField(default=0, help_text="Units sold lately.")
    facets = ArrayField(models.IntegerField(), help_text="Ids of attribute values; of the brand, negative.")
    card = models.JSONField(help_text="What cards of any kind show: see cards.Card.")
    html = models.TextField(help_text="The card of a listing, ready to be sent.")
    looks = models.JSONField(
        default=dict,
        help_text="{id of a colour: [sku, photograph]}: what the card shows where that colour is asked for.",
    )
    made_with = models.CharField(max_length=12, help_text="Which templates and code made it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "language", "currency"], name="listing_row_unique"),
            models.CheckConstraint(condition=Q(price__gt=0), name="listing_row_has_a_price"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.language}, {self.currency})"


class Assortment(models.Model):
    """A set of products that pages list, in one language and one currency, with its counts."""

    class Kind(models.TextChoices):
        EVERYTHING = "everything"
        CATEGORY = "category"
        COLLECTION = "collection"

    kind = models.CharField(max_length=10, choices=Kind)
    ref = models.BigIntegerField(default=0, help_text="Id of the category or collection.")
    language = models.CharField(max_length=LANGUAGE_LENGTH)
    currency = CurrencyField()
    count = models.PositiveIntegerField(default=0)
    facets = models.JSONField(
        default=dict, help_text="What can be chosen, and how often it is there: see facets.Counts."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "ref", "language", "currency"], name="assortment_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.ref} ({self.language}, {self.currency})"


class AssortmentEntry(models.Model):
    """A product in an assortment. Repeats of its row what listings filter and sort by, so that they need no join."""

    assortment = models.ForeignKey(Assortment, models.CASCADE, related_name="entries", db_index=False)
    row = models.ForeignKey(ListingRow, models.CASCADE, related_name="entries")
    rank = models.BigIntegerField(help_text="Our order: the editors' placement, pins first.")
    sold_out = models.BooleanField()
    on_sale = models.BooleanField()
    price = AmountField()
    created_at = models.DateTimeField()
    name_key = models.CharField(max_length=255, db_collation="C", help_text="The title without capitals and accents.")
    rating = models.DecimalField(max_digits=3, decimal_places=2)
    popularity = models.PositiveIntegerField()
    facets = ArrayField(models.IntegerField())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["assortment", "row"], name="assortment_entry_unique")]
        indexes = [
            models.Index("assortment", "sold_out", "rank", "row", name="entry_our_order"),
            models.Index("assortment", "price", "row", name="entry_price"),
            models.Index("assortment", F("created_at").desc(), "row", name="entry_newest"),
            models.Index("assortment", "name_key", "row", name="entry_name"),
            models.Index("assortment", F("rating").desc(), "row", name="entry_rating"),
            models.Index("assortment", F("popularity").desc(), "row", name="entry_popular"),
            GinIndex(fields=["facets"], name="entry_facets"),
        ]

    def __str__(self) -> str:
        return f"{self.row_id} in {self.assortment_id}"


class BoughtTogether(models.Model):
    """In how many paid orders of late two products were bought together; see recommendations.gather."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="+", db_index=False)
    other = models.ForeignKey(Product, models.CASCADE, related_name="+")
    orders = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product", "other"], name="bought_together_unique")]

    def __str__(self) -> str:
        return f"{self.product_id} and {self.other_id}: {self.orders}"


class SearchDocument(models.Model):
    """The words of a product's page in its language: title and skus (A), attributes (B), summary (C), story (D)."""

    page = models.OneToOneField("wagtailcore.Page", models.CASCADE, primary_key=True, related_name="+")
    product = models.ForeignKey(Product, models.CASCADE, related_name="+")
    language = models.CharField(max_length=LANGUAGE_LENGTH)
    title = models.CharField(max_length=255)
    document = SearchVectorField()

    class Meta:
        indexes = [
            GinIndex(fields=["document"], name="search_document"),
            GinIndex(
                models.Func("document", models.Value("{a}"), function="ts_filter", output_field=SearchVectorField()),
                name="search_document_title",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class PageViews(models.Model):
    """How often a page was read on a day of the shop; see visits. Numbers outlive their page, as what it sold does."""

    day = models.DateField()
    page_id = models.BigIntegerField()
    views = models.PositiveIntegerField()

    class Meta:
        verbose_name = verbose_name_plural = "page views"
        constraints = [models.UniqueConstraint(fields=["day", "page_id"], name="page_views_unique")]
        indexes = [models.Index(fields=["page_id", "day"], name="page_views_of_page")]

    def __str__(self) -> str:
        return f"{self.views} of page {self.page_id} on {self.day}"
