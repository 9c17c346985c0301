"""The stock desk: what is on the shelves, how it came there, and what staff may do about it."""

from typing import Any

import django_filters
from django.db.models import Count, F, Q, QuerySet
from django.forms import Form, ModelForm
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, NumberColumn, StatusFlagColumn, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.admin.widgets.button import HeaderButton
from wagtail.permission_policies import ModelPermissionPolicy

from shop.desk import OperationFormMixin, OperationView
from shop.inventory import operations as inventory
from shop.inventory.forms import AdjustForm, CountForm, ReceiveForm, RulesForm
from shop.inventory.models import StockItem

MOVEMENTS_SHOWN = 100
# Who asked to be told when a variant is back. `stock_asks` are the wishlist's, known here by their relation alone.
WAITING = Count("stock_asks", Q(stock_asks__confirmed_at__isnull=False, stock_asks__told_at__isnull=True))


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
        return super().get_context_data(
            **kwargs,
            movements=self.object.movements.order_by("-pk")[:MOVEMENTS_SHOWN],
            reservations=self.object.reservations.filter(state__in=("held", "firm")).order_by("pk"),
            variants=self.object.variants.select_related("product").annotate(waiting=WAITING),
        )


class StockEditView(OperationFormMixin, generic.EditView):
    """The rules of a shelf. Whoever raises a threshold above what is there gets the mail that the sale would have sent."""


class StockFilterSet(WagtailFilterSet):
    low = django_filters.ChoiceFilter(
        label=_("Low"), choices=[("yes", _("low")), ("no", _("not low"))], method="filter_low"
    )

    class Meta:
        model = StockItem
        fields = ["policy"]

    def filter_low(self, items: QuerySet, _name: str, value: str) -> QuerySet:
        low = Q(on_hand__lte=F("reserved") + F("low_stock_threshold")) & ~Q(policy=StockItem.Policy.INFINITE)
        return items.filter(low if value == "yes" else ~low)


class StockOperationView(OperationView):
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
        StatusFlagColumn("is_low", label=_("Low"), true_label=_("low")),
        Column("policy", label=_("May be sold"), accessor="get_policy_display"),
    ]
    filterset_class = StockFilterSet
    edit_view_class = StockEditView
    list_export = ["name", "on_hand", "reserved", "available", "policy"]
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
        return super().get_urlpatterns() + [
            path(f"{name}/<int:pk>/", self.construct_view(view), name=name) for name, view in actions.items()
        ]
