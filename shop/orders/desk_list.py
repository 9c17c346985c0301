"""The list of the orders desk: what it filters and finds by, and how long each order has waited."""

from datetime import datetime
from typing import Any

import django_filters
from django.core.cache import cache
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.forms import CheckboxSelectMultiple
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.timesince import timesince
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.ui.tables import Column
from wagtail.admin.views import generic
from wagtail.admin.widgets.button import HeaderButton

from shop.customers.addresses import country_name
from shop.delivery.models import Method
from shop.delivery.pricing import countries
from shop.desk import SafeExport
from shop.orders.models import Fulfilment, Order, OrderAddress, OrderEvent, OrderLine

State = Order.State
WAITS = {
    State.PENDING: _("unpaid for %(age)s"),
    State.PROCESSING: _("to pack for %(age)s"),
    State.SHIPPED: _("on its way for %(age)s"),
}
PARCELS = [
    ("none", _("nothing packed yet")),
    ("packed", _("packed, to be handed over")),
    ("part", _("partly shipped")),
]
RETURNED = Order.objects.filter(returns__isnull=False)


def _choices() -> tuple[list[str], dict[str, str]]:
    """Where we deliver to, and the ways by their code, each under one of its names."""
    return countries(), dict(Method.objects.order_by("-pk").values_list("code", "name"))


class OrderFilterSet(WagtailFilterSet):
    # Each of these is a column of the order itself, so that none is found twice: without `distinct`, which sorts them all.
    state = django_filters.MultipleChoiceFilter(
        label=_("State"), choices=State.choices, widget=CheckboxSelectMultiple, distinct=False
    )
    payment_status = django_filters.MultipleChoiceFilter(
        label=_("Payment"), choices=Order.PaymentStatus.choices, widget=CheckboxSelectMultiple, distinct=False
    )
    placed_at = django_filters.DateFromToRangeFilter(label=_("Placed"), widget=DateRangePickerWidget)
    country = django_filters.MultipleChoiceFilter(
        label=_("Country"), choices=[], method="filter_country", widget=CheckboxSelectMultiple
    )
    delivery_code = django_filters.MultipleChoiceFilter(
        label=_("Delivery"), choices=[], widget=CheckboxSelectMultiple, distinct=False
    )
    flagged = django_filters.ChoiceFilter(
        label=_("Flag"), choices=[("yes", _("flagged")), ("no", _("not flagged"))], method="filter_flagged"
    )
    returned = django_filters.ChoiceFilter(
        label=_("Return"), choices=[("yes", _("with a return")), ("no", _("without"))], method="filter_returned"
    )
    parcels = django_filters.ChoiceFilter(label=_("Parcels"), choices=PARCELS, method="filter_parcels")
    refund = django_filters.ChoiceFilter(label=_("Refund"), choices=[("due", _("to be sent"))], method="filter_refund")

    class Meta:
        model = Order
        fields = ["state", "payment_status", "placed_at", "country", "delivery_code", "flagged", "returned"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Choices that the shop itself makes are looked up once; a callable would be asked for each use of them."""
        super().__init__(*args, **kwargs)
        codes, ways = cache.get_or_set("orders/choices", _choices, 60) or _choices()
        named = [(code, country_name(code)) for code in codes]
        self.filters["country"].extra["choices"] = sorted(named, key=lambda country: country[1])
        self.filters["delivery_code"].extra["choices"] = sorted(ways.items(), key=lambda way: way[1])

    def filter_country(self, orders: QuerySet, _name: str, codes: list[str]) -> QuerySet:
        if not codes:
            return orders
        there = OrderAddress.objects.filter(kind=OrderAddress.Kind.SHIPPING, country__in=codes)
        return orders.filter(pk__in=there.values("order"))

    def filter_flagged(self, orders: QuerySet, _name: str, value: str) -> QuerySet:
        return orders.exclude(needs_attention="") if value == "yes" else orders.filter(needs_attention="")

    def filter_returned(self, orders: QuerySet, _name: str, value: str) -> QuerySet:
        back = Q(pk__in=RETURNED.values("pk"))
        return orders.filter(back if value == "yes" else ~back)

    def filter_parcels(self, orders: QuerySet, _name: str, value: str) -> QuerySet:
        packed = Fulfilment.objects.filter(shipped_at__isnull=True)
        if value == "packed":
            return orders.filter(pk__in=packed.values("order"))
        waiting = orders.filter(state=State.PROCESSING)
        if value == "part":
            left = Fulfilment.objects.filter(order=OuterRef("pk"), shipped_at__isnull=False)
            return waiting.filter(Exists(left))
        return waiting.exclude(pk__in=Fulfilment.objects.values("order"))

    def filter_refund(self, orders: QuerySet, _name: str, _value: str) -> QuerySet:
        due = Order.objects.filter(payments__refunds__state__in=("created", "submitted"))
        return orders.filter(pk__in=due.values("pk"))


def found_by(words: str) -> QuerySet:
    """Keys of the orders whose number, e-mail, name, sku or tracking number holds `words`.

    One arm for each table, so that each uses its own index of trigrams; a plain OR would read all orders.
    """
    orders = Order.objects.filter(Q(number__icontains=words) | Q(email__icontains=words)).order_by()
    return orders.values("pk").union(
        OrderAddress.objects.filter(name__icontains=words).values("order"),
        OrderLine.objects.filter(sku__icontains=words).order_by().values("order"),
        Fulfilment.objects.filter(tracking_number__icontains=words).order_by().values("order"),
    )


class OrderIndexView(SafeExport, generic.IndexView):
    template_name = "shop/orders/admin/orders.html"

    def paginate_queryset(self, queryset: QuerySet, page_size: int) -> tuple:
        """Its keys first: for the thousands of orders before a late page nothing is computed that rows show."""
        paginator, page, rows, more = super().paginate_queryset(queryset, page_size)
        told = Order.objects.annotate(since=in_its_state_since(), **how_far())
        page.object_list = told.filter(pk__in=rows.values("pk")).order_by(*rows.query.order_by)
        return paginator, page, page.object_list, more

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        if not self.request.user.has_perm("shop.ship_order"):
            return []
        return [HeaderButton(_("Ship from a file"), url=reverse("orders:ship_file"), icon_name="upload")]

    def search_queryset(self, queryset: QuerySet) -> QuerySet:
        """By number, e-mail, name, sku or tracking number, or a part of them; each order once."""
        words = self.search_query.strip() if self.is_searching else ""
        return queryset.filter(pk__in=found_by(words)) if words else queryset


def how_far() -> dict[str, Exists]:
    """Whether something of an order has left, something is packed, and something is in no parcel yet."""
    parcels = Fulfilment.objects.filter(order=OuterRef("pk"))
    inside = Coalesce(Sum("fulfilments__quantity"), 0)
    lines = OrderLine.objects.filter(order=OuterRef("pk")).annotate(inside=inside)
    return {
        "has_left": Exists(parcels.filter(shipped_at__isnull=False)),
        "has_packed": Exists(parcels.filter(shipped_at__isnull=True)),
        "has_rest": Exists(lines.filter(quantity__gt=F("dropped") + F("inside"))),
    }


def state_of_row(order: Any) -> str:
    """The state of an order in the list, which wants `how_far`; the words of its page are admin.state_words."""
    if order.state == State.PROCESSING and order.has_left:
        return _now("partly shipped")
    if order.state == State.PROCESSING and order.has_packed and not order.has_rest:
        return _now("packed")
    return str(order.get_state_display())


def in_its_state_since() -> Coalesce:
    """When an order came into the state that it is in."""
    events = OrderEvent.objects.filter(order=OuterRef("pk"), kind=OuterRef("state")).order_by("-pk")
    return Coalesce(Subquery(events.values("at")[:1]), "placed_at")


def age(order: Order, now: datetime) -> str:
    """ "to pack for 2 days"; nothing for what is done. Wants `order.since`."""
    if order.state not in WAITS:
        return ""
    return _now(str(WAITS[State(order.state)])) % {"age": timesince(order.since, now, depth=1)}  # type: ignore[attr-defined]


class AgeColumn(Column):
    def get_cell_context_data(self, instance: Order, parent_context: Any) -> dict[str, Any]:
        context = super().get_cell_context_data(instance, parent_context)
        return context | {"value": age(instance, parent_context["request"].commerce_now)}

    def get_value(self, instance: Order) -> datetime:
        return instance.since  # type: ignore[attr-defined]
