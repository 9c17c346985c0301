"""The payments desk: what was tried and what came, and the inbox of what providers told. Nobody edits either."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.forms import CheckboxSelectMultiple, Form
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn, StatusFlagColumn, StatusTagColumn, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSetGroup
from wagtail.admin.widgets.button import HeaderButton
from wagtail.log_actions import log

from shop.access import access
from shop.desk import OperationView, SafeExport, SeenViewSet
from shop.money import Money, format_money
from shop.payments import inbox
from shop.payments.models import Payment, WebhookEvent
from shop.payments.providers import PROVIDERS
from shop.payments.refund_desk import RefundViewSet

NAMES = [(name, name.capitalize()) for name in PROVIDERS]


def register_log_actions(actions: Any) -> None:
    actions.register_action("shop.replay_webhook", _("Work on a message again"), _("Put back into the inbox"))


# --- payments ------------------------------------------------------------------------------------


class PaymentFilterSet(WagtailFilterSet):
    state = django_filters.MultipleChoiceFilter(
        label=_("State"), choices=Payment.State.choices, widget=CheckboxSelectMultiple
    )
    provider = django_filters.MultipleChoiceFilter(label=_("Provider"), choices=NAMES, widget=CheckboxSelectMultiple)
    disputed = django_filters.ChoiceFilter(
        label=_("Dispute"), choices=[("True", _("disputed")), ("False", _("not disputed"))]
    )
    created_at = django_filters.DateFromToRangeFilter(label=_("Begun"), widget=DateRangePickerWidget)

    class Meta:
        model = Payment
        fields = ["state", "provider", "disputed", "created_at"]


class PaymentIndexView(SafeExport, generic.IndexView):
    def get_base_queryset(self) -> QuerySet[Payment]:
        return super().get_base_queryset().select_related("order")


def written(money: Money) -> str:
    return format_money(money, get_language() or "en")


def came(payment: Payment) -> str:
    return written(payment.captured_money) if payment.captured else ""


class PaymentViewSet(SeenViewSet):
    model = Payment
    name = url_prefix = "payments"
    icon = "tag"
    menu_label = _("Payments")
    list_display = (
        TitleColumn(
            "reference",
            label=_("Attempt"),
            sort_key="reference",
            get_url=lambda payment: reverse("orders:inspect", args=[payment.order_id]),
        ),
        DateColumn("created_at", label=_("Begun"), sort_key="created_at"),
        Column("provider", label=_("Provider"), sort_key="provider", accessor=lambda row: row.provider.capitalize()),
        Column("method", label=_("Paid with"), accessor=lambda payment: payment.method.replace("_", " ")),
        Column("amount", label=_("Asked for"), accessor=lambda payment: written(payment.money)),
        Column("captured", label=_("Came"), accessor=came),
        StatusTagColumn(
            "state",
            label=_("State"),
            accessor="get_state_display",
            primary=lambda payment: payment.state == Payment.State.CAPTURED,
        ),
        StatusFlagColumn("disputed", label=_("Dispute"), true_label=_("disputed")),
    )
    list_export = (
        *("reference", "order.number", "attempt", "created_at", "provider", "method", "kind", "state", "currency"),
        *("amount", "captured", "disputed", "provider_ref"),
    )
    export_filename = "payments"
    filterset_class = PaymentFilterSet
    search_fields = ("reference", "provider_ref", "order__number")
    index_view_class = PaymentIndexView


# --- the inbox -----------------------------------------------------------------------------------


class WebhookFilterSet(WagtailFilterSet):
    state = django_filters.MultipleChoiceFilter(
        label=_("State"), choices=WebhookEvent.State.choices, widget=CheckboxSelectMultiple
    )
    provider = django_filters.MultipleChoiceFilter(label=_("Provider"), choices=NAMES, widget=CheckboxSelectMultiple)
    received_at = django_filters.DateFromToRangeFilter(label=_("Received"), widget=DateRangePickerWidget)

    class Meta:
        model = WebhookEvent
        fields = ["state", "provider", "received_at"]


class WebhookIndexView(generic.IndexView):
    def get_base_queryset(self) -> QuerySet[WebhookEvent]:
        """Without the messages themselves: they are long, and may name the payer."""
        return super().get_base_queryset().select_related("payment").defer("body")


class WebhookView(generic.InspectView):
    """One message: where it came from and what became of it. Its text is not shown, because it may name the payer."""

    page_title = _("Message")
    template_name = "shop/payments/admin/webhook.html"

    def get_object(self, queryset: QuerySet | None = None) -> WebhookEvent:
        return get_object_or_404(WebhookEvent.objects.select_related("payment__order").defer("body"), pk=self.pk)

    def get_fields_context(self) -> list:
        return []

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        if not self.request.user.has_perm(ReplayView.permission):
            return []
        url = reverse("webhooks:replay", args=[self.object.pk])
        return [HeaderButton(ReplayView.page_title, url=url, icon_name=ReplayView.header_icon)]

    @cached_property
    def header_more_buttons(self) -> list:
        return []


class ReplayView(OperationView):
    """Has one message worked on again. It only makes the shop ask the provider anew, so twice does no harm."""

    permission = "shop.change_webhookevent"
    form_class = Form
    template_name = "shop/payments/admin/replay.html"
    page_title = submit_button_label = _("Work on it again")
    header_icon = "rotate"
    success_message = _("It is back in the inbox, and worked on within a minute.")
    refusals = (inbox.UnderWork,)

    @cached_property
    def event(self) -> WebhookEvent:
        return get_object_or_404(WebhookEvent.objects.defer("body"), pk=self.kwargs["pk"])

    def operate(self, form: Form) -> None:
        inbox.replay_event(event_id=self.event.pk, now=self.now)
        log(instance=self.event, action="shop.replay_webhook", user=self.request.user)

    def get_page_subtitle(self) -> str:
        return self.event.kind

    def get_success_url(self) -> str:
        return reverse("webhooks:inspect", args=[self.event.pk])

    def get_breadcrumbs_items(self) -> list[dict]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("webhooks:index"), "label": _("Webhooks")},
            {"url": self.get_success_url(), "label": self.event.kind},
            {"url": "", "label": self.page_title},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(event=self.event, **kwargs)


class WebhookViewSet(SeenViewSet):
    model = WebhookEvent
    name = url_prefix = "webhooks"
    icon = "download"
    menu_label = _("Webhooks")
    list_display = (
        TitleColumn("kind", label=_("Message"), sort_key="kind", url_name="webhooks:inspect"),
        DateColumn("received_at", label=_("Received"), sort_key="received_at"),
        Column("provider", label=_("Provider"), sort_key="provider", accessor=lambda row: row.provider.capitalize()),
        Column("payment", label=_("Attempt")),
        StatusTagColumn(
            "state",
            label=_("State"),
            accessor="get_state_display",
            primary=lambda event: event.state == WebhookEvent.State.PROCESSED,
        ),
        Column("attempts", label=_("Tries"), sort_key="attempts"),
        Column("error", label=_("Error")),
    )
    filterset_class = WebhookFilterSet
    search_fields = ("kind", "dedupe_key", "reference", "provider_ref", "payment__reference")
    inspect_view_enabled = True
    index_view_class = WebhookIndexView
    inspect_view_class = WebhookView
    inspect_template_name = WebhookView.template_name

    def get_urlpatterns(self) -> list:
        replay = access("staff", ReplayView.permission)(self.construct_view(ReplayView))
        return [*super().get_urlpatterns(), path("replay/<int:pk>/", replay, name="replay")]


class PaymentsGroup(ModelViewSetGroup):
    items = (PaymentViewSet, RefundViewSet, WebhookViewSet)
    menu_label = _("Payments")
    menu_icon = "tag"
    menu_order = 195
