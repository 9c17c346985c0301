"""The stock desk: what is on the shelves, how it came there, and what staff may do about it."""

from datetime import datetime
from typing import Any

import django_filters
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.forms import Form, ModelForm
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, NumberColumn, StatusFlagColumn, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.admin.widgets.button import HeaderButton
from wagtail.permission_policies import ModelPermissionPolicy

from shop.desk import OperationFormMixin, OperationView, SafeExport
from shop.inventory import count_desk
from shop.inventory import operations as inventory
from shop.inventory.figures import LOW, OUT, SPANS, WAITING, with_figures
from shop.inventory.forms import AdjustForm, CountForm, ReceiveForm, RulesForm
from shop.inventory.models import StockItem

MOVEMENTS_SHOWN = 50  # on one page of a shelf's history
WAITS = Count("stock_asks", WAITING)


class StockPolicy(ModelPermissionPolicy):
    """Shelves come with their variants and go with nobody: no adding, no deleting, for no one."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action not in ("add", "delete") and super().user_has_permission(user, action)


class StockItemView(generic.InspectView):
    """A shelf: its numbers, who holds units of it, its movements, newest first."""

    template_name = "shop/inventory/stock_item.html"

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        if not self.request.user.has_perm("shop.change_stockitem"):
            return []
        verbs = [
            ("receive", _("Receive stock"), "plus"),
            ("count", _("Count"), "list-ol"),
            ("adjust", _("Adjust"), "edit"),
        ]
        return [
            HeaderButton(label, url=reverse(f"stock:{verb}", args=[self.object.pk]), icon_name=icon, priority=n)
            for n, (verb, label, icon) in enumerate(verbs)
        ]

    def get_context_data(self, **kwargs: Any) -> dict:
        history = self.object.movements.order_by("-pk")
        return super().get_context_data(
            **kwargs,
            figures=figures(self.object, self.request.commerce_now),
            movements=Paginator(history, MOVEMENTS_SHOWN).get_page(self.request.GET.get("p")),
            reservations=self.object.reservations.filter(state__in=("held", "firm")).order_by("pk"),
            variants=self.object.variants.select_related("product").annotate(waiting=WAITS),
        )


def figures(item: StockItem, now: datetime) -> list[dict[str, Any]]:
    """For each span of days: days, sold, cover."""
    found = {days: with_figures(StockItem.objects.filter(pk=item.pk), now=now, days=days).get() for days in SPANS}
    return [{"days": days, "sold": one.sold, "cover": one.cover} for days, one in found.items()]  # type: ignore[attr-defined]


class StockEditView(OperationFormMixin, generic.EditView):
    """The rules of a shelf. Whoever raises a threshold above what is there gets the mail that the sale would have sent."""


YES_NO = {"yes": True, "no": False}


class StockFilterSet(WagtailFilterSet):
    low = django_filters.ChoiceFilter(
        label=_("Low"), choices=[("yes", _("low")), ("no", _("not low"))], method="filter_low"
    )
    out = django_filters.ChoiceFilter(
        label=_("Sold out"), choices=[("yes", _("sold out")), ("no", _("there"))], method="filter_out"
    )
    waiting = django_filters.ChoiceFilter(
        label=_("Waited for"),
        choices=[("yes", _("somebody waits")), ("no", _("nobody waits"))],
        method="filter_waiting",
    )
    sales = django_filters.ChoiceFilter(
        label=_("Lasts, by the sales of"),
        choices=[(str(SPANS[0]), _("4 weeks")), (str(SPANS[1]), _("8 weeks"))],
        method="leave",
    )

    class Meta:
        model = StockItem
        fields = ["policy"]

    def filter_low(self, items: QuerySet, _name: str, value: str) -> QuerySet:
        return items.filter(LOW if YES_NO[value] else ~LOW)

    def filter_out(self, items: QuerySet, _name: str, value: str) -> QuerySet:
        return items.filter(OUT if YES_NO[value] else ~OUT)

    def filter_waiting(self, items: QuerySet, _name: str, value: str) -> QuerySet:
        return items.filter(waiting__gt=0) if YES_NO[value] else items.filter(waiting=0)

    def leave(self, items: QuerySet, _name: str, _value: str) -> QuerySet:
        """The list itself has reckoned with it."""
        return items


class StockIndexView(SafeExport, generic.IndexView):
    @cached_property
    def days(self) -> int:
        """Of whose sales it is reckoned how long a shelf lasts."""
        return next((days for days in SPANS if str(days) == self.request.GET.get("sales")), SPANS[0])

    def get_base_queryset(self) -> QuerySet[StockItem]:
        return with_figures(super().get_base_queryset(), now=self.request.commerce_now, days=self.days)

    def search_queryset(self, queryset: QuerySet) -> QuerySet:
        """Each shelf once, however many of its variants have the words."""
        if not self.is_searching:
            return queryset
        found = super().search_queryset(StockItem.objects.order_by())
        return queryset.filter(pk__in=found.values("pk"))

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        if not self.request.user.has_perm(count_desk.MAY):
            return []
        return [
            HeaderButton(_("Count from a file"), url=reverse("stock:count_file"), icon_name="upload"),
            HeaderButton(_("List to count by"), url=reverse("stock:count_sheet"), icon_name="download"),
        ]


def lasts(item: Any) -> str:
    """ "12 days", reckoned by what it sells; nothing where nothing sold."""
    if item.cover is None:
        return ""
    return ngettext("%(n)s day", "%(n)s days", item.cover) % {"n": item.cover}


class StockOperationView(OperationView):
    about = "stock_item"
    permission = "shop.change_stockitem"
    refusals = (inventory.InventoryError,)
    header_icon = "shelf"

    @cached_property
    def stock_item(self) -> StockItem:
        return get_object_or_404(StockItem, pk=self.kwargs["pk"])

    def get_page_subtitle(self) -> str:
        return str(self.stock_item)

    def get_breadcrumbs_items(self) -> list[dict]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("stock:index"), "label": _("Stock")},
            {"url": self.get_success_url(), "label": str(self.stock_item)},
            {"url": "", "label": self.page_title},
        ]

    def get_success_url(self) -> str:
        return reverse("stock:inspect", args=[self.stock_item.pk])


class ReceiveView(StockOperationView):
    form_class = ReceiveForm
    page_title = submit_button_label = _("Receive stock")
    success_message = _("It is on the shelf.")

    def operate(self, form: Form) -> None:
        inventory.receive(stock_item=self.stock_item, **form.cleaned_data, actor=self.actor, now=self.now)


class CountView(StockOperationView):
    form_class = CountForm
    page_title = submit_button_label = _("Count")
    success_message = _("The books say what was counted.")

    def get_form_kwargs(self) -> dict:
        return {**super().get_form_kwargs(), "on_hand": self.stock_item.on_hand}

    def operate(self, form: Form) -> None:
        inventory.count(stock_item=self.stock_item, **form.cleaned_data, actor=self.actor, now=self.now)


class AdjustView(StockOperationView):
    form_class = AdjustForm
    page_title = submit_button_label = _("Adjust")
    success_message = _("The books are corrected.")

    def operate(self, form: Form) -> None:
        delta, note = form.cleaned_data["delta"], form.cleaned_data["note"]
        inventory.adjust(stock_item=self.stock_item, delta=delta, reason_note=note, actor=self.actor, now=self.now)


class StockViewSet(ModelViewSet):
    """Numbers move only through actions; the edit form holds the rules (policy, threshold, what is expected)."""

    model = StockItem
    name = "stock"
    url_prefix = "stock"
    icon = "shelf"
    menu_label = _("Stock")
    menu_order = 210
    add_to_admin_menu = False
    list_display = [
        TitleColumn("name", label=_("Shelf"), sort_key="name", url_name="stock:inspect"),
        NumberColumn("on_hand", label=_("On hand"), sort_key="on_hand"),
        NumberColumn("reserved", label=_("Reserved"), sort_key="reserved"),
        NumberColumn("available", label=_("Available")),
        NumberColumn("sold", label=_("Sold"), sort_key="sold"),
        Column("cover", label=_("Lasts"), accessor=lasts, sort_key="cover"),
        NumberColumn("low_stock_threshold", label=_("Low at"), sort_key="low_stock_threshold"),
        StatusFlagColumn("is_low", label=_("Low"), true_label=_("low")),
        NumberColumn("waiting", label=_("Wait for it"), sort_key="waiting"),
        Column("policy", label=_("May be sold"), accessor="get_policy_display"),
    ]
    list_per_page = 50
    filterset_class = StockFilterSet
    index_view_class = StockIndexView
    index_template_name = "shop/inventory/stock.html"
    edit_view_class = StockEditView
    list_export = [
        *("name", "on_hand", "reserved", "available", "sold", "cover", "low_stock_threshold", "waiting", "policy")
    ]
    export_headings = {"sold": _("Sold"), "cover": _("Lasts (days)"), "waiting": _("Wait for it")}
    export_filename = "stock"
    search_fields = ["name", "variants__sku", "variants__product__name"]
    search_backend_name = None
    ordering = ["name"]
    copy_view_enabled = False
    inspect_view_enabled = True
    inspect_view_class = StockItemView
    inspect_template_name = StockItemView.template_name

    def get_form_class(self, for_update: bool = False) -> type[ModelForm]:
        return RulesForm

    def get_urlpatterns(self) -> list:
        actions = {"receive": ReceiveView, "count": CountView, "adjust": AdjustView}
        return [
            *super().get_urlpatterns(),
            *[path(f"{name}/<int:pk>/", self.construct_view(view), name=name) for name, view in actions.items()],
            *count_desk.urlpatterns(),
        ]
