"""The returns desk: what waits to be decided, to arrive, to be paid back. What customers asked for is never edited."""

from datetime import timedelta
from typing import Any, ClassVar

import django_filters
from django.db.models import Case, QuerySet, Sum, Value, When
from django.forms import CheckboxSelectMultiple, Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn, StatusTagColumn, TitleColumn
from wagtail.admin.views import generic
from wagtail.log_actions import log

from shop.access import access
from shop.checkout import refunding, settlement
from shop.checkout.admin import OUTCOMES, written
from shop.checkout.refunding import Quote
from shop.desk import ActionView, SafeExport, SeenViewSet
from shop.inventory.operations import InventoryError
from shop.orders.timeline import Moment, moments
from shop.payments import refunds
from shop.payments.models import Refund
from shop.returns import operations as returns
from shop.returns.desk_forms import ApproveForm, ReasonForm, ReceiveForm, RefundForm
from shop.returns.models import Return, ReturnLine
from shop.returns.status import may_move

State = Return.State
MAY = "shop.change_return"
AGES = (2, 7, 14)  # days


def register_log_actions(actions: Any) -> None:
    for name, view in ACTIONS.items():
        actions.register_action(f"shop.return_{name}", view.page_title, view.page_title)


# --- the list ------------------------------------------------------------------------------------


class ReturnFilterSet(WagtailFilterSet):
    state = django_filters.MultipleChoiceFilter(label=_("State"), choices=State.choices, widget=CheckboxSelectMultiple)
    reason = django_filters.MultipleChoiceFilter(
        label=_("Reason"), field_name="lines__reason", choices=ReturnLine.Reason.choices, widget=CheckboxSelectMultiple
    )
    created_at = django_filters.DateFromToRangeFilter(label=_("Asked for"), widget=DateRangePickerWidget)
    waits = django_filters.ChoiceFilter(
        label=_("Waits"),
        choices=[(days, _("more than %(n)s days") % {"n": days}) for days in AGES],
        method="filter_waits",
    )

    class Meta:
        model = Return
        fields: ClassVar[list[str]] = ["state", "created_at"]

    def filter_waits(self, backs: QuerySet, _name: str, days: str) -> QuerySet:
        return backs.filter(state__in=Return.OPEN, moved_at__lt=timezone.now() - timedelta(days=int(days)))


class ReturnIndexView(SafeExport, generic.IndexView):
    def get_base_queryset(self) -> QuerySet[Return]:
        return super().get_base_queryset().select_related("order").annotate(units=Sum("lines__quantity"))

    def order_queryset(self, queryset: QuerySet[Return]) -> QuerySet[Return]:
        """What waits comes first, longest first, unless another order is asked for."""
        if self.ordering != self.default_ordering:
            return super().order_queryset(queryset)
        return queryset.order_by(Case(When(state__in=Return.OPEN, then=Value(0)), default=Value(1)), "moved_at", "-pk")


def waits(back: Return) -> str:
    """ "3 days" since something should be done about it; nothing for what is over."""
    if not back.is_open:
        return ""
    days = (timezone.now() - back.moved_at).days
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


# --- one return ----------------------------------------------------------------------------------


class ReturnView(generic.InspectView):
    """All about a return, and what may be done with it next."""

    page_title = _("Return")
    template_name = "shop/returns/admin/return.html"

    def get_object(self, queryset: QuerySet | None = None) -> Return:
        backs = Return.objects.select_related("order__user", "refund__payment")
        return get_object_or_404(backs.prefetch_related("lines__line", "photos"), pk=self.pk)

    @cached_property
    def header_more_buttons(self) -> list:
        return []

    def get_fields_context(self) -> list:
        return []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        back: Return = self.object
        return super().get_context_data(
            **kwargs, back=back, order=back.order, moments=self.moments(back), actions=self.open_actions()
        )

    def moments(self, back: Return) -> list[Moment]:
        """What the order's timeline says about this return."""
        return [one for one in moments(back.order) if one.note == back.number]

    def open_actions(self) -> list[dict[str, Any]]:
        """What this person may do with it now, as buttons."""
        return [
            {"url": reverse(f"returns_desk:{name}", args=[self.object.pk]), "label": view.page_title, "icon": view.icon}
            for name, view in ACTIONS.items()
            if view.is_open(self.object) and self.request.user.has_perm(view.permission)
        ]


# --- what may be done with it --------------------------------------------------------------------


class ReturnActionView(ActionView):
    permission = MAY
    template_name = "shop/returns/admin/action.html"
    desk = ("returns_desk", _("Returns"))
    illegal = returns.IllegalMove
    refusals: ClassVar[tuple[type[Exception], ...]] = (returns.ReturnError, refunding.RefundingError, InventoryError)
    already = _("Nothing to do here: return %(number)s is “%(state)s”.")
    to: str

    @classmethod
    def is_open(cls, back: Return) -> bool:
        return may_move(back.state, cls.to)

    @cached_property
    def back(self) -> Return:
        return get_object_or_404(Return.objects.select_related("order", "refund"), pk=self.kwargs["pk"])

    @property
    def subject(self) -> Return:
        return self.back

    @property
    def log_action(self) -> str:  # type: ignore[override]
        return f"shop.return_{next(name for name, view in ACTIONS.items() if isinstance(self, view))}"

    def words(self, refusal: Exception) -> str:
        if isinstance(refusal, refunding.NotRestockable):
            return _now("%(line)s came back already: the order's refunds say so.") % {"line": refusal.line.title}
        if isinstance(refusal, returns.NothingChosen):
            return _now("Nothing arrived? Then close the return instead.")
        return _now("This does not fit to what the return is of. Open it anew.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(back=self.back, order=self.back.order, **kwargs)


class ApproveView(ReturnActionView):
    to = State.APPROVED
    form_class = ApproveForm
    page_title = submit_button_label = _("Approve")
    explanation = _("The customer gets a mail with the address, the steps and a slip for the parcel.")
    success_message = _("Return %(number)s is approved.")

    def operate(self, form: Form) -> None:
        returns.approve(return_id=self.back.pk, **form.cleaned_data, actor=self.actor, now=self.now)


class DeclineView(ReturnActionView):
    to = State.DECLINED
    form_class = ReasonForm
    page_title = submit_button_label = _("Decline")
    explanation = _("The customer gets a mail with the reason.")
    success_message = _("Return %(number)s is declined.")
    icon = "cross"

    def operate(self, form: Form) -> None:
        returns.decline(return_id=self.back.pk, **form.cleaned_data, actor=self.actor, now=self.now)


class ReceiveView(ReturnActionView):
    to = State.RECEIVED
    form_class = ReceiveForm
    template_name = "shop/returns/admin/receive.html"
    page_title = submit_button_label = _("Receive")
    success_message = _("Return %(number)s has arrived. The customer gets a mail.")
    icon = "download"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "back": self.back}

    def operate(self, form: Form) -> None:
        arrived = form.arrived()  # type: ignore[attr-defined]
        returns.receive(return_id=self.back.pk, arrived=arrived, actor=self.actor, now=self.now)


class RefundView(ReturnActionView):
    """Pressed again, it shows the same refund; after one that failed, it makes another."""

    permission = "shop.refund_order"
    to = State.REFUNDED
    form_class = RefundForm
    template_name = "shop/returns/admin/refund.html"
    page_title = submit_button_label = _("Refund")
    icon = "rotate"
    refusals = (*ReturnActionView.refusals, refunds.RefundError)

    @classmethod
    def is_open(cls, back: Return) -> bool:
        failed = back.refund is not None and back.refund.state not in Refund.LIVE
        return super().is_open(back) or failed

    @cached_property
    def quotes(self) -> dict[str, Quote | None]:
        """For the goods, and with the delivery where that is more; none when it is refused."""
        try:
            goods, all_of_it = returns.quote(self.back), returns.quote(self.back, delivery=True)
        except self.refusals:
            return {"goods": None, "all_of_it": None}
        return {"goods": goods, "all_of_it": all_of_it if all_of_it.amount != goods.amount else None}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), **self.quotes}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        refund = self.back.refund
        if refund is not None and not self.is_open(self.back):
            return self._done(refund)  # pressed again
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: Form) -> HttpResponse:
        how = {"delivery": form.delivery, "agreed": form.agreed}  # type: ignore[attr-defined]
        try:
            refund = returns.refund(return_id=self.back.pk, **how, actor=self.actor, now=self.now)
        except returns.IllegalMove:
            return self.nothing_to_do()
        except self.refusals as refusal:
            form.add_error(None, self.words(refusal))
            return self.form_invalid(form)
        change = {"subject": self.back.number, "before": {}, "after": {"refund": written(refund.money)}}
        words = {"amount": written(refund.money), "refund": refund.pk, "changes": [change]}
        log(instance=self.back, action="shop.return_refund", user=self.request.user, data=words)
        if not refund.manual:
            settlement.submit_refund(refund_id=refund.pk, now=self.now)
        return self._done(refund)

    def _done(self, refund: Refund) -> HttpResponse:
        refund.refresh_from_db()
        words, tell = OUTCOMES["manual" if refund.manual else refund.state]
        tell(self.request, words % {"amount": written(refund.money), "error": refund.error})
        return redirect(self.get_success_url())

    def words(self, refusal: Exception) -> str:
        if isinstance(refusal, returns.PaidBackAlready):
            return _now("All that arrived has been paid back already, in another way. Close the return.")
        if isinstance(refusal, returns.AmountChanged):
            words = _now("It comes to %(amount)s now: somebody has refunded some of it meanwhile.")
            return words % {"amount": written(refusal.actual)}
        if isinstance(refusal, refunds.TooMuch):
            return _now("Only %(left)s of this payment is left to pay back.") % {"left": written(refusal.left)}
        if isinstance(refusal, refunds.Disputed):
            return _now("The payer's bank is deciding about this money. Refunding it as well would pay twice.")
        return super().words(refusal)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**self.quotes, **kwargs)


class CloseView(ReturnActionView):
    to = State.CLOSED
    form_class = ReasonForm
    page_title = submit_button_label = _("Close without money")
    explanation = _(
        "It never came, came worn, or was paid back in another way. The customer gets a mail with the reason."
    )
    success_message = _("Return %(number)s is closed.")
    icon = "cross"

    def operate(self, form: Form) -> None:
        returns.close(return_id=self.back.pk, **form.cleaned_data, actor=self.actor, now=self.now)


ACTIONS: dict[str, type[ReturnActionView]] = {
    "approve": ApproveView,
    "decline": DeclineView,
    "receive": ReceiveView,
    "refund": RefundView,
    "close": CloseView,
}


class ReturnViewSet(SeenViewSet):
    model = Return
    name = "returns_desk"
    url_prefix = "returns"
    icon = "rotate"
    menu_label = _("Returns")
    menu_order = 192
    list_display = (
        TitleColumn("number", label=_("Number"), sort_key="number", url_name="returns_desk:inspect"),
        Column("order", label=_("Order"), accessor="order.number"),
        Column("email", label=_("Customer"), accessor="order.email"),
        Column("units", label=_("Units")),
        StatusTagColumn(
            "state",
            label=_("State"),
            accessor="get_state_display",
            primary=lambda back: back.state in (State.REQUESTED, State.RECEIVED),
        ),
        Column("waits", label=_("Waits"), accessor=waits),
        DateColumn("created_at", label=_("Asked for"), sort_key="created_at"),
    )
    filterset_class = ReturnFilterSet
    list_export = (
        "number",
        "order.number",
        "order.email",
        "state",
        "units",
        "created_at",
        "moved_at",
        "words",
        "answer",
    )
    export_filename = "returns"
    search_fields = ("number", "order__number", "order__email")
    inspect_view_enabled = True
    index_view_class = ReturnIndexView
    inspect_view_class = ReturnView
    inspect_template_name = ReturnView.template_name

    def get_urlpatterns(self) -> list:
        return super().get_urlpatterns() + [
            path(f"{name}/<int:pk>/", access("staff", view.permission)(self.construct_view(view)), name=name)
            for name, view in ACTIONS.items()
        ]
