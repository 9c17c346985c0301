"""The list of refunds: what goes back, by whom, and for those by hand whether the customer has told an account."""

import django_filters
from django.db.models import Q, QuerySet
from django.forms import CheckboxSelectMultiple
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn, StatusTagColumn, TitleColumn
from wagtail.admin.views import generic

from shop.desk import SafeExport, SeenViewSet
from shop.money import format_money
from shop.payments.models import Refund

TO_SEND = Q(manual=True, state=Refund.State.CREATED)


class RefundFilterSet(WagtailFilterSet):
    state = django_filters.MultipleChoiceFilter(
        label=_("State"), choices=Refund.State.choices, widget=CheckboxSelectMultiple
    )
    by_hand = django_filters.ChoiceFilter(
        label=_("By hand"),
        method="filter_by_hand",
        choices=[("told", _("to be sent, account told")), ("asked", _("to be sent, account asked for"))],
    )
    created_at = django_filters.DateFromToRangeFilter(label=_("Asked for"), widget=DateRangePickerWidget)

    class Meta:
        model = Refund
        fields = ["state", "created_at"]

    def filter_by_hand(self, refunds: QuerySet, _name: str, value: str) -> QuerySet:
        return refunds.filter(TO_SEND, account__isnull=value == "asked")


class RefundIndexView(SafeExport, generic.IndexView):
    def get_base_queryset(self) -> QuerySet[Refund]:
        return super().get_base_queryset().select_related("payment__order", "account")


def sent_how(refund: Refund) -> str:
    """Of an account its bank and the end of its number: whole it stands where it is sent from."""
    account = getattr(refund, "account", None)
    if account:
        return f"{account.bank_name} …{account.ending}"
    if refund.manual and refund.state == Refund.State.CREATED:
        return _now("by hand, account asked for")
    return _now("by hand") if refund.manual else refund.payment.provider.capitalize()


class RefundViewSet(SeenViewSet):
    model = Refund
    name = url_prefix = "refunds"
    icon = "rotate"
    menu_label = _("Refunds")
    list_display = (
        TitleColumn(
            "order",
            label=_("Order"),
            accessor="payment.order.number",
            get_url=lambda refund: reverse("orders:inspect", args=[refund.payment.order_id]),
        ),
        DateColumn("created_at", label=_("Asked for"), sort_key="created_at"),
        Column("amount", label=_("Amount"), accessor=lambda refund: format_money(refund.money, get_language() or "en")),
        Column("reason", label=_("Reason")),
        Column("how", label=_("Goes to"), accessor=sent_how),
        StatusTagColumn(
            "state",
            label=_("State"),
            accessor="get_state_display",
            primary=lambda refund: refund.state == Refund.State.SUCCEEDED,
        ),
    )
    list_export = (
        *("payment.order.number", "payment.reference", "created_at", "amount", "payment.currency", "shipping", "state"),
        *("reason", "manual", "external", "requested_by", "settled_at", "provider_ref"),
    )
    export_filename = "refunds"
    filterset_class = RefundFilterSet
    search_fields = ("payment__order__number", "payment__reference", "provider_ref")
    index_view_class = RefundIndexView
