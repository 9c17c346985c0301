"""The pages of the shop in Wagtail's tree. They hold words, pictures and layout; nothing that money or stock depends on.

A page is its own view: `get_context` asks the rooms below for what is true now. A product or category has one page per
language; the constraint's column `language` follows the locale. Copies lose their product (it is asked anew),
translations keep it, aliases in the same language show the product of the page that they repeat.
"""

from collections.abc import Iterable
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, InlinePanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import Orderable, Page
from wagtail.search import index

from shop.cart import attribution
from shop.catalogue.currency import currency_of
from shop.catalogue.models import Category, Picture, Product
from shop.storefront import answers, cards, edition, goods, listing, questions, structured, visits
from shop.storefront.blocks import QuestionBlock, SpecBlock, StoryBlocks
from shop.storefront.choice import Choice, resolve
from shop.storefront.clicks import note_click
from shop.storefront.currency import mark_shared
from shop.storefront.edition import remembered
from shop.storefront.mentions import standing_values, story_context
from shop.storefront.product import RELATED, product_context, product_hangs_on
from shop.storefront.reads import STANDING


def trail_of(page: Page, request: HttpRequest) -> list[dict[str, str]]:
    """Breadcrumb: the pages above in the tree, from the home page down, then the page itself. Those above are remembered."""
    key = ("above", page.pk, edition.place(request), get_language())
    above = remembered(edition.of(request), key, lambda: _above(page, request)) if page.pk else _above(page, request)
    return [*above, {"title": page.title, "url": page.get_url(request) or ""}]


def _above(page: Page, request: HttpRequest) -> list[dict[str, str]]:
    return [
        {"title": _now("Home") if step.depth == 2 else step.title, "url": step.get_url(request) or ""}
        for step in page.get_ancestors().filter(depth__gt=1).select_related("locale")
    ]


class Addressed(Page):
    """A page that knows its address by heart while it is lent (see routing): templates ask for it many times."""

    class Meta:
        abstract = True

    def get_url(self, request: HttpRequest | None = None, current_site: Any = None) -> str | None:
        lent = getattr(self, "edition", None)
        if lent is None or current_site is not None:
            return super().get_url(request, current_site)
        key = ("address", self.pk, request and edition.place(request))
        return remembered(lent, key, lambda: super(Addressed, self).get_url(request))

    url = property(get_url)

    def hangs_on(self, request: HttpRequest) -> Iterable[answers.Ask]:
        """The questions that tell whether a whole answer is still true (see `answers`); none: it is never kept."""
        return ()

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        for ask in self.hangs_on(request) if hasattr(self, "edition") else ():
            answers.keep(request, ask)
        response = super().serve(request, *args, **kwargs)
        if response.status_code == HTTPStatus.OK:
            answers.each_visit(request, partial(visits.count, page_id=self.pk))
        return response


class StorefrontPage(Addressed):
    """What the pages share: two templates (whole page, fragment for htmx) and the currency's rules of caching."""

    class Meta:
        abstract = True

    fragment_template: ClassVar[str]

    def get_template(self, request: HttpRequest, *args: Any, **kwargs: Any) -> str:
        htmx = getattr(request, "htmx", None)
        if htmx and not htmx.history_restore_request:
            return self.fragment_template
        return super().get_template(request, *args, **kwargs)

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().serve(request, *args, **kwargs)
        mark_shared(request, response)
        return response


class OnePerLanguage(StorefrontPage):
    """A page about one row of the catalogue (`about` names the field), of which each language has one.

    The field is needed to publish, not to draft.
    """

    class Meta:
        abstract = True

    about: ClassVar[str]
    beside: ClassVar[tuple[str, ...]] = ()  # more relations that a visit needs
    taken_message: ClassVar[Any]

    def _twins(self) -> models.QuerySet:
        """Other pages about the same row in our language."""
        same = {f"{self.about}_id": getattr(self, f"{self.about}_id"), "language": self.locale.language_code}
        return type(self)._default_manager.filter(**same).exclude(pk=self.pk)

    def clean(self) -> None:
        super().clean()
        if not self.locale_id:
            self.locale = self.get_default_locale()
        if getattr(self, f"{self.about}_id") and not self.alias_of_id and (twin := self._twins().first()):
            words = self.taken_message % {"title": twin.title, "language": self.locale.get_display_name()}
            raise ValidationError({self.about: words})

    def full_clean(self, *args: Any, **kwargs: Any) -> None:
        if self.locale_id:
            self.language = self.locale.language_code
        super().full_clean(*args, **kwargs)

    def save(self, *args: Any, **kwargs: Any) -> Any:
        """Keep `language` true; see to it that copies, translations and aliases never collide with their source."""
        if not self.locale_id:
            self.locale = self.get_default_locale()
        self.language = self.locale.language_code
        if self._state.adding and not getattr(self, f"{self.about}_id"):
            self._adopt_from_translation()
        if getattr(self, f"{self.about}_id") and self.alias_of_id and self._twins().exists():
            setattr(self, f"{self.about}_id", None)
        if self.live and not self.alias_of_id and not getattr(self, f"{self.about}_id"):
            self.live, self.has_unpublished_changes = False, True
        if self.alias_of_id and not getattr(self, f"{self.about}_id"):
            self.minimal_clean()
            kwargs["clean"] = False  # it needs no row of its own to be live
        return super().save(*args, **kwargs)

    def _adopt_from_translation(self) -> None:
        """A translation is about the same row as its source: Wagtail drops the field as it does for every copy."""
        sources = type(self)._default_manager.filter(translation_key=self.translation_key)
        source = sources.exclude(**{f"{self.about}_id": None}).first()
        if source:
            setattr(self, f"{self.about}_id", getattr(source, f"{self.about}_id"))
            if self._twins().exists():
                setattr(self, f"{self.about}_id", None)

    def shown(self) -> Any:
        """The row that the page is about, for an alias that of its source; None for a draft that has none yet."""
        row = getattr(self, self.about)
        if row is None and self.alias_of_id:
            return getattr(self.alias_of.specific, self.about)
        return row


def listing_context(page: Any, scope: listing.Scope, request: Any) -> dict[str, Any]:
    """The listing of `scope` in the page's language that the address asks for. Raises Http404 out of its pages."""
    try:
        found = listing.listing(
            request.GET,
            of=scope,
            edition=edition.of(request),
            currency=currency_of(request),
            language=page.locale.language_code,
        )
    except listing.NoSuchPage:
        raise Http404
    return {"listing": found}


def listing_hangs_on(page: Any, scope: listing.Scope, request: Any) -> answers.Ask:
    """What a page hangs on that shows the listing of `scope`."""
    return listing.question(
        request.GET,
        of=scope,
        edition=page.edition,
        currency=currency_of(request),
        language=page.locale.language_code,
        address=page.url_path,
    )


def story_hangs_on(page: Any, request: HttpRequest) -> Iterable[answers.Ask]:
    """What the story around a listing or a product hangs on, beside the page itself: nothing, if it names no goods."""
    values = standing_values(page, page.story, currency=currency_of(request))
    return [questions.asked(STANDING, values)] if values else []


def rooms_below(page: Page, request: HttpRequest) -> list[dict[str, str]]:
    """Links to the category pages right below, remembered."""

    def load() -> list[dict[str, str]]:
        below = cards.shown(page.get_children().type(CategoryPage)).select_related("locale")
        return [{"title": room.title, "url": room.get_url(request) or ""} for room in below]

    return remembered(edition.of(request), ("rooms", page.pk, edition.place(request)), load)


class ShopPage(StorefrontPage):
    """The root of the shop: everything that is for sale."""

    intro = models.TextField(blank=True)

    content_panels = [*Page.content_panels, FieldPanel("intro")]
    parent_page_types = ["home.HomePage"]
    subpage_types = ["shop.CategoryPage"]
    search_fields = [*Page.search_fields, index.SearchField("intro")]
    template = "shop/storefront/shop.html"
    fragment_template = "shop/storefront/_results.html"

    def hangs_on(self, request: HttpRequest) -> Iterable[answers.Ask]:
        return [listing_hangs_on(self, listing.EVERYTHING, request)]

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        trail = trail_of(self, request)
        return {
            **super().get_context(request, *args, **kwargs),
            **listing_context(self, listing.EVERYTHING, request),
            "rooms": rooms_below(self, request),
            "trail": trail,
            "structured": [structured.breadcrumb(trail, request)],
        }


class CategoryPage(OnePerLanguage):
    """Words around the live listing of a category. One per category and language."""

    category = models.ForeignKey(Category, models.PROTECT, null=True, related_name="pages")
    language = models.CharField(
        max_length=10, editable=False, help_text="Copy of the locale's code, for the constraint."
    )
    intro = models.TextField(blank=True)
    story = StreamField(StoryBlocks(), blank=True)

    about = "category"
    beside = ("category",)
    taken_message = _("This category already has a page in %(language)s: %(title)s.")
    exclude_fields_in_copy = ["category"]
    content_panels = [*Page.content_panels, FieldPanel("category"), FieldPanel("intro"), FieldPanel("story")]
    parent_page_types = ["shop.ShopPage", "shop.CategoryPage"]
    subpage_types = ["shop.CategoryPage", "shop.ProductPage"]
    search_fields = [*Page.search_fields, index.SearchField("intro"), index.SearchField("story")]
    template = "shop/storefront/category.html"
    fragment_template = "shop/storefront/_results.html"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["category", "language"], name="category_page_per_language")]

    def hangs_on(self, request: HttpRequest) -> Iterable[answers.Ask]:
        if not self.category_id:
            return ()
        scope = listing.Scope("category", self.category_id)
        return [listing_hangs_on(self, scope, request), *story_hangs_on(self, request)]

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        trail = trail_of(self, request)
        category = self.shown()
        scope = listing.Scope("category", category.pk) if category else None
        mine = listing_context(self, scope, request) if scope else {}
        return {
            **super().get_context(request, *args, **kwargs),
            **mine,
            **story_context(self, self.story, request=request),
            "rooms": rooms_below(self, request),
            "trail": trail,
            "structured": [structured.breadcrumb(trail, request)],
        }


class ProductPage(OnePerLanguage):
    """Words and pictures of a product. Price, stock and variants live with `product`, out of reach of revisions."""

    product = models.ForeignKey(Product, models.PROTECT, null=True, related_name="pages")
    language = models.CharField(
        max_length=10, editable=False, help_text="Copy of the locale's code, for the constraint."
    )
    summary = models.CharField(max_length=300, blank=True, help_text=_("One line, on cards and above the price."))
    story = StreamField(StoryBlocks(), blank=True)
    specs = StreamField([("spec", SpecBlock())], blank=True)
    faq = StreamField([("question", QuestionBlock())], blank=True)

    about = "product"
    beside = ("product", "product__brand")
    taken_message = _("This product already has a page in %(language)s: %(title)s.")
    exclude_fields_in_copy = ["product"]
    content_panels = [
        *Page.content_panels,
        FieldPanel("product", help_text=_("What the page sells. Price, stock and variants are kept with the product.")),
        FieldPanel("summary"),
        InlinePanel("photos", heading=_("Photographs"), label=_("Photograph")),
        FieldPanel("story"),
        MultiFieldPanel([FieldPanel("specs"), FieldPanel("faq")], heading=_("Details")),
        InlinePanel(
            "picks",
            heading=_("Goes well with it"),
            label=_("Product"),
            max_num=RELATED,
            help_text=_("Shown first; what is often bought together and what stands on the same shelf follow."),
        ),
    ]
    parent_page_types = ["shop.CategoryPage"]
    subpage_types: list[str] = []
    search_fields = [*Page.search_fields, index.SearchField("summary"), index.SearchField("story")]
    template = "shop/storefront/product.html"
    fragment_template = "shop/storefront/_product.html"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product", "language"], name="product_page_per_language")]

    def hangs_on(self, request: HttpRequest) -> Iterable[answers.Ask]:
        return [product_hangs_on(self, request), *story_hangs_on(self, request)] if self.product_id else ()

    def minimal_clean(self) -> None:
        self._take_slug()
        super().minimal_clean()

    def full_clean(self, *args: Any, **kwargs: Any) -> None:
        self._take_slug()
        super().full_clean(*args, **kwargs)

    def _take_slug(self) -> None:
        """A page without slug takes the product's code."""
        if not self.slug and self.product:
            self.slug = self._get_autogenerated_slug(self.product.code)

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Options chosen one by one (a form without JavaScript) lead to the address of the variant that they make."""
        product = self.shown()
        if product and request.GET and "variant" not in request.GET:
            at, currency = request.commerce_now, currency_of(request)  # type: ignore[attr-defined]
            found = goods.load([product.pk], at=at, currency=currency)[product.pk]
            if sku := resolve(Choice.of(found, ""), request.GET):
                via = str(attribution.clicked(request) or "")
                return redirect(f"{self.get_url(request)}?{Choice.address(sku, via=via)}")
        response = super().serve(request, *args, **kwargs)
        note_click(request, response)
        return response

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        return context | product_context(self, trail_of(self, request), request)


class ProductPhoto(Orderable):
    page = ParentalKey(ProductPage, on_delete=models.CASCADE, related_name="photos")
    image = models.ForeignKey(Picture, models.CASCADE, related_name="+")
    alt = models.CharField(
        _("alternative text"), max_length=300, help_text=_("What is to be seen, for those who cannot.")
    )

    panels = [FieldPanel("image"), FieldPanel("alt")]


class ProductPick(Orderable):
    """Another product that an editor recommends beside this one."""

    page = ParentalKey(ProductPage, on_delete=models.CASCADE, related_name="picks")
    other = models.ForeignKey(ProductPage, models.CASCADE, related_name="+", verbose_name=_("product"))

    panels = [FieldPanel("other")]
