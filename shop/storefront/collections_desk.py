"""The collections' desk in the Wagtail admin: rules with a preview, who is in it and why, pins and the never list."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import BooleanColumn, Column, NumberColumn, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.widgets.button import HeaderButton

from shop.catalogue import collections as catalogue
from shop.catalogue.admin import CatalogueViewSet, KindDeleteView
from shop.catalogue.collection_forms import ChoiceForm, CollectionForm, PinForm
from shop.catalogue.models import Collection, CollectionChoice, Product, Variant
from shop.catalogue.refusals import CatalogueError
from shop.desk import OperationFormMixin, OperationView
from shop.inventory.models import StockItem
from shop.money import Money
from shop.storefront import collections
from shop.storefront.collection_rules import Rules, matching
from shop.storefront.collections import Member, Reason

SHOWN = 30  # products on one page of the desk
PREVIEWED = 12


@dataclass
class Entry:
    """A product on the desk: what it looks like, costs and has in stock, and why it is in the collection or not."""

    product: Product
    reasons: list[Reason]
    pinned_at: int | None = None
    never: bool = False
    row: Any = None
    variants: list[Variant] = field(default_factory=list)

    @property
    def belongs(self) -> bool:
        return collections.belongs(self.reasons)

    @property
    def told(self) -> list[Reason]:
        """The reasons worth saying: that it is for sale goes without."""
        return [reason for reason in self.reasons if reason.kind != collections.FOR_SALE or not reason.holds]

    @property
    def title(self) -> str:
        return self.row.title if self.row else self.product.name

    @property
    def picture(self) -> Any:
        return next((variant.image for variant in self.variants if variant.image_id), None)

    @property
    def price(self) -> Money | None:
        return Money(self.row.price, self.row.currency) if self.row else None

    @property
    def was(self) -> Money | None:
        return Money(self.row.compare_at, self.row.currency) if self.row and self.row.compare_at else None

    @property
    def stock(self) -> str:
        """ "12 in stock", "Sold out"; "As ordered" where there is no counting."""
        shelves = {variant.stock_item_id: variant.stock_item for variant in self.variants}.values()
        if any(shelf.policy != StockItem.Policy.TRACK for shelf in shelves):
            return _now("As ordered")
        units = sum(max(0, shelf.available) for shelf in shelves)
        return _now("%(units)s in stock") % {"units": units} if units else _now("Sold out")


def entries(collection: Collection, product_ids: Iterable[int], at: Any, rules: Rules | None = None) -> list[Entry]:
    """In the given order; a handful of queries however many they are."""
    ids = list(product_ids)
    products = Product.objects.in_bulk(ids)
    why = collections.reasons(collection, ids, at, rules=rules)
    rows = {row.product_id: row for row in matching([]).filter(product__in=ids).defer("html", "card")}
    variants: dict[int, list[Variant]] = {}
    for variant in Variant.objects.filter(product__in=ids, active=True).select_related("stock_item", "image"):
        variants.setdefault(variant.product_id, []).append(variant)
    choices = list(collection.choices.order_by("position", "pk")) if collection.pk else []
    places = {choice.product_id: n for n, choice in enumerate((c for c in choices if not c.never), 1)}
    never = {choice.product_id for choice in choices if choice.never}
    return [
        Entry(products[pk], why[pk], places.get(pk), pk in never, rows.get(pk), variants.get(pk, []))
        for pk in ids
        if pk in products
    ]


class PreviewMixin(OperationFormMixin):
    """The form of a collection. Its button "preview" shows what the rules give and saves nothing."""

    refusals: ClassVar[tuple[type[Exception], ...]] = (CatalogueError,)

    def form_valid(self, form: Any) -> HttpResponse:
        request: HttpRequest = self.request  # type: ignore[attr-defined]
        if "preview" not in request.POST:
            return super().form_valid(form)
        self.form = form
        return self.render_to_response(self.get_context_data(form=form, preview=self._preview(form)))  # type: ignore[attr-defined]

    def _preview(self, form: Any) -> dict[str, Any]:
        at, rules = self.request.commerce_now, Rules(**form.rules)  # type: ignore[attr-defined]
        found = collections.members(form.instance, at, rules=rules)
        first = [member.product_id for member in found[:PREVIEWED]]
        return {
            "count": len(found),
            "entries": entries(form.instance, first, at, rules),
            "more": len(found) > PREVIEWED,
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)  # type: ignore[misc]
        return context | {"has_unsaved_changes": "preview" in kwargs, "media": context["media"] + context["form"].media}

    def get_success_url(self) -> str:
        return reverse("collection:inspect", args=[self.object.pk])  # type: ignore[attr-defined]


class CollectionCreateView(PreviewMixin, generic.CreateView):
    pass


class CollectionEditView(PreviewMixin, generic.EditView):
    pass


class CollectionDeleteView(KindDeleteView):
    def delete_action(self) -> None:
        now = self.request.commerce_now
        catalogue.delete_collection(collection=self.object, actor=self.request.user.get_username(), now=now)


class CollectionIndexView(generic.IndexView):
    def get_base_queryset(self) -> QuerySet[Collection]:
        collections = super().get_base_queryset()
        return collections.annotate(
            member_count=Count("members", distinct=True), page_count=Count("pages", distinct=True)
        )


class CollectionView(generic.InspectView):
    """A collection at a glance: its products and why each is in it, with ways to pin, move and keep out."""

    template_name = "shop/collections/collection.html"

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        if not self.may_change:
            return []
        return [HeaderButton(_("Change rules"), url=self.get_edit_url(), icon_name="edit")]

    @property
    def may_change(self) -> bool:
        return self.request.user.has_perm("shop.change_collection")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        at = self.request.commerce_now
        asked_about = self._asked_about(at)
        form = ChoiceForm(initial={"product": asked_about and asked_about.product})
        found: list[Member] = collections.members(self.object, at)
        listed = Paginator(found, SHOWN).get_page(self.request.GET.get("p"))
        return super().get_context_data(
            **kwargs,
            listed=listed,
            entries=entries(self.object, [member.product_id for member in listed], at),
            rules=collections.asked(self.object, at),
            form=form,
            media=form.media,
            asked_about=asked_about,
            may_change=self.may_change,
            pages=self.object.pages.select_related("locale"),
            last_pin=self.object.choices.filter(never=False).count(),
            **self._apart({member.product_id for member in found}, at),
        )

    def _asked_about(self, at: Any) -> Entry | None:
        """The product whose reasons were asked for by `?product=`."""
        asked = self.request.GET.get("product", "")
        if not (asked.isascii() and asked.isdecimal() and len(asked) < 19):
            return None
        return next(iter(entries(self.object, [int(asked)], at)), None)

    def _apart(self, member_ids: set[int], at: Any) -> dict[str, list[Entry]]:
        """What was decided by hand and is not to be seen among the members: what is kept out, and pins that wait."""
        choices = CollectionChoice.objects.filter(collection=self.object).exclude(product__in=member_ids)
        apart = entries(
            self.object, choices.order_by("position", "product__name").values_list("product", flat=True), at
        )
        return {
            "kept_out": [entry for entry in apart if entry.never],
            "waiting": [entry for entry in apart if not entry.never],
        }


class ChoiceView(OperationView):
    """One decision by hand about one product."""

    about = "collection"
    permission = "shop.change_collection"
    refusals = (CatalogueError,)
    form_class = ChoiceForm
    header_icon = "folder-inverse"
    decide: ClassVar[Callable[..., Any]]  # the operation

    @cached_property
    def collection(self) -> Collection:
        return get_object_or_404(Collection, pk=self.kwargs["pk"])

    def get_page_subtitle(self) -> str:
        return str(self.collection)

    def get_breadcrumbs_items(self) -> list[dict]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("collection:index"), "label": _("Collections")},
            {"url": self.get_success_url(), "label": str(self.collection)},
            {"url": "", "label": self.page_title},
        ]

    def get_success_url(self) -> str:
        return reverse("collection:inspect", args=[self.collection.pk])

    def operate(self, form: Any) -> None:
        self.decide(collection=self.collection, **form.cleaned_data, actor=self.actor, now=self.now)


class AskView(ChoiceView):
    """Shows why a product is in the collection or not, at an address that can be passed on."""

    permission = "shop.view_collection"
    page_title = submit_button_label = _("Is it in, and why?")

    def form_valid(self, form: Any) -> HttpResponse:
        return redirect(f"{self.get_success_url()}?product={form.cleaned_data['product'].pk}#ask")


class PinView(ChoiceView):
    form_class = PinForm
    page_title = submit_button_label = _("Pin a product")
    success_message = _("Pinned. The shop shows it within seconds.")
    decide = staticmethod(catalogue.pin)


class UnpinView(ChoiceView):
    page_title = submit_button_label = _("Unpin a product")
    success_message = _("Unpinned: the rules decide again.")
    decide = staticmethod(catalogue.unpin)


class NeverView(ChoiceView):
    page_title = submit_button_label = _("Keep a product out")
    success_message = _("It is kept out, whatever the rules say.")
    decide = staticmethod(catalogue.never)


class AllowView(ChoiceView):
    page_title = submit_button_label = _("Let a product in again")
    success_message = _("The rules decide again.")
    decide = staticmethod(catalogue.allow)


class CollectionViewSet(CatalogueViewSet):
    model = Collection
    icon = "folder-inverse"
    menu_label = _("Collections")
    list_display = [
        TitleColumn("name", label=_("Collection"), sort_key="name", url_name="collection:inspect"),
        Column("slug", label=_("Slug"), sort_key="slug"),
        NumberColumn("member_count", label=_("Products")),
        NumberColumn("page_count", label=_("Pages")),
        BooleanColumn("active", label=_("Shown")),
    ]
    list_filter = ["active"]
    list_export = ["name", "slug", "active"]
    search_fields = ["name", "slug"]
    inspect_view_enabled = True
    index_view_class = CollectionIndexView
    add_view_class = CollectionCreateView
    edit_view_class = CollectionEditView
    delete_view_class = CollectionDeleteView
    inspect_view_class = CollectionView
    inspect_template_name = CollectionView.template_name
    create_template_name = edit_template_name = "shop/collections/form.html"

    def get_form_class(self, for_update: bool = False) -> type[CollectionForm]:
        return CollectionForm

    def get_urlpatterns(self) -> list:
        verbs = {"ask": AskView, "pin": PinView, "unpin": UnpinView, "never": NeverView, "allow": AllowView}
        return [
            *super().get_urlpatterns(),
            *[path(f"{name}/<int:pk>/", self.construct_view(view), name=name) for name, view in verbs.items()],
        ]
