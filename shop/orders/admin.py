"""The orders desk: find an order, see all about it, send it on its way. What was sold is never edited."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from django.forms import Form
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import (
    BulkActionsCheckboxColumn,
    Column,
    DateColumn,
    StatusFlagColumn,
    StatusTagColumn,
    TitleColumn,
)
from wagtail.admin.views import generic

from shop.access import access
from shop.catalogue.models import Picture
from shop.catalogue.pictures import filters
from shop.desk import ActionView, SeenViewSet
from shop.inventory import operations as inventory
from shop.inventory.models import StockItem
from shop.money import format_money
from shop.orders import contents, print_desk, shipping_desk, timeline
from shop.orders import operations as orders
from shop.orders.desk_list import AgeColumn, OrderFilterSet, OrderIndexView, state_of_row
from shop.orders.models import Order, OrderEvent, OrderLine
from shop.orders.status import may_move
from shop.outbox.models import Mail

State = Order.State
TO_DO = {State.PROCESSING}


def register_log_actions(actions: Any) -> None:
    actions.register_action("shop.deliver_order", _("Mark order as delivered"), _("Marked as delivered"))
    actions.register_action("shop.clear_order_flag", _("Clear flag of order"), _("Flag cleared"))


def state_words(order: Order) -> str:
    """The state of an order, and how far it is between "to be packed" and "shipped"."""
    if contents.is_partly_shipped(order):
        return _now("partly shipped")
    return _now("packed") if contents.is_packed(order) else order.get_state_display()


def total(order: Order) -> str:
    return format_money(order.money("total"), get_language() or "en")


# --- the order -----------------------------------------------------------------------------------


class OrderView(generic.InspectView):
    """All about an order, and what may be done with it next. `actions` are those of its desk, by name."""

    actions: ClassVar[dict[str, type["OrderActionView"]]] = {}
    page_title = _("Order")
    template_name = "shop/orders/admin/order.html"

    def get_object(self, queryset: QuerySet | None = None) -> Order:
        pictures = Picture.objects.prefetch_renditions(*filters("thumb"))
        lines = OrderLine.objects.select_related("reservation").prefetch_related(Prefetch("image", pictures))
        events = OrderEvent.objects.select_related("address_change")
        orders = Order.objects.select_related("user").prefetch_related(
            Prefetch("lines", lines), "addresses", Prefetch("events", events), "fulfilments__lines__line"
        )
        return get_object_or_404(orders, pk=self.pk)

    @cached_property
    def header_more_buttons(self) -> list:
        return []

    def get_fields_context(self) -> list:
        return []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        order: Order = self.object
        may_see_money = self.request.user.has_perm("shop.view_payment")
        return super().get_context_data(
            **kwargs,
            order=order,
            actions=self.open_actions(),
            state_words=state_words(order),
            lines=contents.standing(order),
            papers=print_desk.papers_of(order),
            payments=order.payments.prefetch_related("transitions", "refunds__lines__line", "refunds__account")
            if may_see_money
            else [],
            may_see_money=may_see_money,
            cancel_reason=timeline.cancel_reason(order.cancel_reason),
            moments=timeline.moments(order),
            mails=Mail.objects.filter(order_number=order.number).defer("text", "html"),
        )

    def open_actions(self) -> list[dict[str, Any]]:
        """What this person may do with the order now, as buttons."""
        return [
            {"url": reverse(f"orders:{name}", args=[self.object.pk]), "label": view.page_title, "icon": view.icon}
            for name, view in self.actions.items()
            if view.is_for(self.object, self.request.user)
        ]


# --- what may be done with it --------------------------------------------------------------------


class OrderActionView(ActionView):
    template_name = "shop/orders/admin/action.html"
    desk = ("orders", _("Orders"))
    illegal: ClassVar[type[Exception] | tuple[type[Exception], ...]] = orders.IllegalMove
    refusals: ClassVar[tuple[type[Exception], ...]] = (orders.OrderError, inventory.InventoryError)
    already = _("Nothing to do here: order %(number)s is %(state)s.")

    @classmethod
    def is_for(cls, order: Order, user: Any) -> bool:
        """Whether this person may do it with the order as it is."""
        return cls.is_open(order) and user.has_perm(cls.permission)

    @cached_property
    def order(self) -> Order:
        return get_object_or_404(Order, pk=self.kwargs["pk"])

    @property
    def subject(self) -> Order:
        return self.order

    def logged(self, form: Form) -> dict[str, Any] | None:
        return form.cleaned_data or None

    def facts(self) -> dict[str, Any]:
        return {
            "state": self.order.state,
            "payment": self.order.payment_status,
            "flagged": bool(self.order.needs_attention),
        }

    def words(self, refusal: Exception) -> str:
        return kind_words(refusal)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(order=self.order, **kwargs)


class DeliverView(OrderActionView):
    permission = "shop.ship_order"
    page_title = submit_button_label = _("Mark as delivered")
    explanation = _("The parcel has arrived. The order is done.")
    success_message = _("Order %(number)s has arrived.")
    log_action = "shop.deliver_order"

    @staticmethod
    def is_open(order: Order) -> bool:
        return may_move(order.state, State.DELIVERED)

    def operate(self, form: Form) -> None:
        orders.mark_delivered(order_id=self.order.pk, actor=self.actor, now=self.now)


class ClearFlagView(OrderActionView):
    permission = "shop.change_order"
    page_title = submit_button_label = _("Clear the flag")
    explanation = _("Say that somebody has looked at it and nothing is left to do. The reason stays in the timeline.")
    success_message = _("The flag of order %(number)s is cleared.")
    log_action = "shop.clear_order_flag"

    @staticmethod
    def is_open(order: Order) -> bool:
        return bool(order.needs_attention)

    def operate(self, form: Form) -> None:
        orders.clear_flag(order_id=self.order.pk, actor=self.actor, now=self.now)


ACTIONS: dict[str, type[OrderActionView]] = {"deliver": DeliverView, "clear_flag": ClearFlagView}


def kind_words(refusal: Exception) -> str:
    """Why the shop refused, and what helps."""
    if isinstance(refusal, orders.NotPaid):
        return _now("It is not paid in full. Nothing leaves before its money has come.")
    if isinstance(refusal, inventory.OutOfStock):
        names = StockItem.objects.in_bulk([shortage.stock_item_id for shortage in refusal.shortages])
        short = [
            f"{names[shortage.stock_item_id]} ({shortage.available} / {shortage.wanted})"
            for shortage in refusal.shortages
        ]
        words = _now("The shelves hold less than was sold: %(short)s. Receive or count stock first.")
        return words % {"short": ", ".join(short)}
    return _now("No stock is kept for this order any more. Have it looked at before anything is sent.")


def guarded(view: type[OrderActionView], viewset: "OrderViewSet") -> Callable:
    return access("staff", view.permission)(viewset.construct_view(view))


class OrderViewSet(SeenViewSet):
    model = Order
    actions = ACTIONS
    name = "orders"
    url_prefix = "orders"
    icon = "parcel"
    menu_label = _("Orders")
    menu_order = 190
    list_display = (
        BulkActionsCheckboxColumn("bulk_actions", obj_type="order"),
        TitleColumn(
            "number",
            label=_("Number"),
            sort_key="number",
            url_name="orders:inspect",
            get_title_id=lambda order: f"order_{order.pk}_title",
        ),
        DateColumn("placed_at", label=_("Placed"), sort_key="placed_at"),
        Column("email", label=_("Customer")),
        Column("total", label=_("Total"), accessor=total),
        StatusTagColumn(
            "payment_status",
            label=_("Payment"),
            accessor="get_payment_status_display",
            primary=lambda order: order.payment_status == Order.PaymentStatus.PAID,
        ),
        StatusTagColumn("state", label=_("State"), accessor=state_of_row, primary=lambda order: order.state in TO_DO),
        AgeColumn("since", label=_("Waits")),
        StatusFlagColumn("needs_attention", label=_("Flag"), true_label=_("flagged")),
    )
    filterset_class = OrderFilterSet
    list_export = (
        *("number", "placed_at", "email", "state", "payment_status", "needs_attention", "currency"),
        *("subtotal", "discount", "shipping", "shipping_discount", "tax", "tax_included", "total"),
    )
    export_filename = "orders"
    search_fields = ("number",)  # only that there is a search: see OrderIndexView
    inspect_view_enabled = True
    index_view_class = OrderIndexView
    index_template_name = OrderIndexView.template_name
    inspect_view_class = OrderView
    inspect_template_name = OrderView.template_name

    def get_urlpatterns(self) -> list:
        extra = [*print_desk.urlpatterns(), *shipping_desk.urlpatterns()]
        return [*super().get_urlpatterns(), *extra] + [
            path(f"{name.replace('_', '-')}/<int:pk>/", guarded(view, self), name=name)
            for name, view in self.actions.items()
        ]

    def get_inspect_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_inspect_view_kwargs(actions=self.actions, **kwargs)
