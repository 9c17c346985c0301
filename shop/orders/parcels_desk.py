"""The orders desk where parcels are made: pack and ship the whole or a part, one order or many."""

from typing import Any, ClassVar

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin import messages
from wagtail.admin.views.bulk_action import BulkAction
from wagtail.log_actions import log

from shop.inventory import operations as inventory
from shop.orders import admin as desk
from shop.orders import contents, parcels
from shop.orders import operations as orders
from shop.orders.forms import ContentsForm, ShipContentsForm, ShipForm
from shop.orders.models import Fulfilment, Order
from shop.orders.status import may_move

MAY = "shop.ship_order"
State = Order.State


def register_log_actions(actions: Any) -> None:
    actions.register_action("shop.ship_order", _("Ship order"), _("Shipped"))
    actions.register_action("shop.pack_order", _("Pack order"), _("Packed"))
    actions.register_action("shop.unpack_order", _("Unpack order"), _("Unpacked"))


def collected_by(order: Order) -> dict[str, str]:
    """In place of a carrier, of what is fetched from us: nothing carries it, and it has no number."""
    return {"carrier": order.delivery_name[:60], "tracking_number": "", "tracking_url": ""}


class ContentsView(desk.OrderActionView):
    """Of an order, a part or all that is in no parcel yet; what is collected waits as a whole."""

    permission = MAY
    template_name = "shop/orders/admin/parcel.html"
    illegal = (orders.IllegalMove, parcels.NothingToPack)
    icon = "parcel"

    @cached_property
    def rows(self) -> list[contents.ToSend]:
        return contents.standing(self.order)

    @property
    def is_parted(self) -> bool:
        """Whether there is something to choose from."""
        return not self.order.collected

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "rows": self.rows if self.is_parted else []}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What was sent before is said before it is judged: there is less left to choose from by now."""
        form = self.get_form()
        form.full_clean()
        key = form.cleaned_data.get("key")
        if key and Fulfilment.objects.filter(key=key, order=self.order).exists():
            messages.warning(request, _now("This form has been sent before: its parcel is below."))
            return redirect(self.get_success_url())
        return super().post(request, *args, **kwargs)

    def logged(self, form: Any) -> dict[str, Any]:
        plain = {name: form.cleaned_data[name] for name in ("carrier", "tracking_number") if name in form.cleaned_data}
        skus = {each.line.pk: each.line.sku for each in self.rows}
        return {**plain, "units": {skus[pk]: quantity for pk, quantity in form.units().items() if quantity}}

    def words(self, refusal: Exception) -> str:
        if isinstance(refusal, parcels.TooMany):
            words = _now("Of %(title)s there are only %(left)s left: somebody has packed them meanwhile.")
            return words % {"title": refusal.line.title, "left": refusal.left}
        if isinstance(refusal, parcels.SeveralParcels):
            return _now("It is in several parcels: ship each of them with its own number.")
        return super().words(refusal)


class PackView(ContentsView):
    form_class = ContentsForm
    page_title = _("Pack")
    submit_button_label = _("Mark as packed")
    explanation = _("It is in its box and waits for the carrier. The goods stay on the books until it leaves.")
    success_message = _("A parcel of order %(number)s is packed.")
    log_action = "shop.pack_order"

    @staticmethod
    def is_open(order: Order) -> bool:
        return may_move(order.state, State.SHIPPED) and any(each.left for each in contents.standing(order))

    def operate(self, form: Any) -> None:
        units = form.units() if self.is_parted else None
        parcels.pack(order_id=self.order.pk, units=units, key=form.cleaned_data["key"], actor=self.actor, now=self.now)


class ShipView(ContentsView):
    """What is in no parcel yet, whole or in part; or the one parcel that all of it is in."""

    page_title = submit_button_label = _("Mark as shipped")
    explanation = _("The goods leave the shelves, and the customer gets a mail with the tracking number.")
    explanation_collected = _("It is packed and waits at the door: the customer gets a mail that it can be fetched.")
    success_message = _("Order %(number)s is on its way.")
    log_action = "shop.ship_order"

    @staticmethod
    def is_open(order: Order) -> bool:
        if not may_move(order.state, State.SHIPPED):
            return False
        return any(each.left for each in contents.standing(order)) or len(contents.here(order)) == 1

    def get_form_class(self) -> type[Form]:
        return ContentsForm if self.order.collected else ShipContentsForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        said = {"explanation": self.explanation_collected} if self.order.collected else {}
        return super().get_context_data(**kwargs) | said

    def operate(self, form: Any) -> None:
        data = form.cleaned_data
        names = ("carrier", "tracking_number", "tracking_url")
        parcel = collected_by(self.order) if self.order.collected else {name: data[name] for name in names}
        units = form.units() if form.is_chosen else form.units() or None  # none: the one parcel that all of it is in
        parcels.ship(order_id=self.order.pk, units=units, key=data["key"], **parcel, actor=self.actor, now=self.now)


# --- one parcel ----------------------------------------------------------------------------------


class ParcelView(desk.OrderActionView):
    """About a parcel that is packed; its address names the parcel."""

    permission = MAY
    illegal = (orders.IllegalMove, parcels.ParcelGone)
    refusals: ClassVar[tuple[type[Exception], ...]] = (orders.OrderError, inventory.InventoryError)
    template_name = "shop/orders/admin/parcel.html"
    icon = "parcel"

    @cached_property
    def parcel(self) -> Fulfilment:
        found = Fulfilment.objects.select_related("order").prefetch_related("lines__line")
        return get_object_or_404(found, pk=self.kwargs["pk"])

    @cached_property
    def order(self) -> Order:  # type: ignore[override]
        return self.parcel.order

    @staticmethod
    def is_open(order: Order) -> bool:
        return may_move(order.state, State.SHIPPED)

    @classmethod
    def is_for(cls, order: Order, user: Any) -> bool:
        return False  # no button for the order: it stands beside the parcel

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.nothing_to_do() if self.parcel.shipped_at else super().get(request, *args, **kwargs)

    def logged(self, form: Form) -> dict[str, Any]:
        return {**form.cleaned_data, "parcel": self.parcel.position}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(parcel=self.parcel, **kwargs)


class ShipParcelView(ParcelView):
    page_title = submit_button_label = _("Mark the parcel as shipped")
    explanation = ShipView.explanation
    success_message = _("A parcel of order %(number)s is on its way.")
    log_action = "shop.ship_order"

    def get_form_class(self) -> type[Form]:
        return Form if self.order.collected else ShipForm

    def operate(self, form: Form) -> None:
        parcel = form.cleaned_data or collected_by(self.order)
        parcels.ship_parcel(parcel_id=self.parcel.pk, **parcel, actor=self.actor, now=self.now)


class UnpackView(ParcelView):
    page_title = submit_button_label = _("Unpack the parcel")
    explanation = _("What is in it is to be packed again, and can be taken out of the order.")
    success_message = _("The parcel of order %(number)s is unpacked.")
    log_action = "shop.unpack_order"
    icon = "rotate"

    def operate(self, form: Form) -> None:
        parcels.unpack(parcel_id=self.parcel.pk, actor=self.actor, now=self.now)


ACTIONS: dict[str, type[desk.OrderActionView]] = {
    "ship": ShipView,
    "pack": PackView,
    "ship_parcel": ShipParcelView,
    "unpack": UnpackView,
}


# --- many orders ---------------------------------------------------------------------------------


class PackBulkAction(BulkAction):
    """All that is in no parcel yet, of each of the orders that were ticked, into one; others are left out and named."""

    models: ClassVar[list] = [Order]
    display_name = _("Mark as packed")
    aria_label = _("Mark the chosen orders as packed")
    action_type = "pack"
    action_priority = 5
    template_name = "shop/orders/admin/pack_many.html"

    def check_perm(self, order: Order) -> bool:
        return self.request.user.has_perm(MAY)

    def object_context(self, order: Order) -> dict[str, Any]:
        return {"item": order, "is_open": PackView.is_open(order)}

    def get_execution_context(self) -> dict[str, Any]:
        return {"request": self.request}

    @classmethod
    def execute_action(cls, objects: list[Order], **context: Any) -> tuple[int, int]:
        request, packed, left_out = context["request"], 0, []
        for order in sorted(objects, key=lambda one: one.pk):  # whoever else packs many waits, and does not deadlock
            try:
                parcels.pack(order_id=order.pk, actor=request.user.get_username(), now=request.commerce_now)
            except orders.OrderError:
                left_out.append(order.number)
            else:
                packed += 1
                log(instance=order, action=PackView.log_action, user=request.user)
        if left_out:
            messages.warning(request, _now("Not to be packed: %(orders)s") % {"orders": ", ".join(left_out)})
        return packed, 0

    def get_success_message(self, packed: int, _children: int) -> str | None:
        words = ngettext("%(n)s order is packed.", "%(n)s orders are packed.", packed)
        return words % {"n": packed} if packed else None


BULK_ACTIONS = [PackBulkAction]
