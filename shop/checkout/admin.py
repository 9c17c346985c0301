"""The orders desk where it moves money: cancel, refund, send by hand. The rest of it is in shop.orders.admin."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages
from wagtail.log_actions import log

from shop.checkout import cancellation, corrections_desk, refunding, settlement
from shop.checkout.cancellation import may_cancel, money_of
from shop.checkout.desk_forms import ByHandForm, CancelForm, RefundForm, WithdrawForm
from shop.checkout.pricing import TooManyUnits
from shop.inventory import operations as inventory
from shop.money import Money, format_money
from shop.orders import admin as desk
from shop.orders import parcels_desk
from shop.orders.contents import is_partly_shipped
from shop.orders.models import Order
from shop.payments import refunds
from shop.payments.models import Refund
from shop.payments.providers.base import Rejected, Unknown


def register_log_actions(actions: Any) -> None:
    corrections_desk.register_log_actions(actions)
    parcels_desk.register_log_actions(actions)
    actions.register_action("shop.cancel_order", _("Cancel order"), _("Cancelled"))
    actions.register_action("shop.cancel_rest", _("Do not send the rest of an order"), _("Rest not sent"))
    actions.register_action("shop.refund_order", _("Refund order"), _("Refunded"))
    actions.register_action("shop.refund_sent", _("Say that a refund was sent by hand"), _("Refund sent by hand"))
    actions.register_action("shop.refund_withdrawn", _("Withdraw a refund"), _("Refund withdrawn"))


def written(money: Money) -> str:
    return format_money(money, get_language() or "en")


class CancelView(desk.OrderActionView):
    """Who cancels a paid order gives money back, so that takes both permissions."""

    permission = "shop.cancel_order"
    form_class = CancelForm
    page_title = submit_button_label = _("Cancel the order")
    success_message = _("Order %(number)s is cancelled.")
    log_action = "shop.cancel_order"
    icon = "cross"
    refusals = (cancellation.CancelError, Unknown, Rejected)

    @staticmethod
    def is_open(order: Order) -> bool:
        return may_cancel(order, packed=True)

    @classmethod
    def is_for(cls, order: Order, user: Any) -> bool:
        return super().is_for(order, user) and (not money_of(order) or user.has_perm(RefundView.permission))

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if money_of(self.order) and not request.user.has_perm(RefundView.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @property
    def explanation(self) -> str:  # type: ignore[override]
        back = money_of(self.order)
        if not back:
            return _now("Nothing was paid. The goods and the promotions are anybody's again; the customer gets a mail.")
        words = _now(
            "%(amount)s goes back to the customer. The goods and the promotions are anybody's again; a mail says so."
        )
        return words % {"amount": written(back)}

    def operate(self, form: Form) -> None:
        why = form.cleaned_data["why"]
        cancellation.cancel(order_id=self.order.pk, reason="staff", why=why, actor=self.actor, now=self.now)
        for refund_id in _waiting(self.order):
            settlement.submit_refund(refund_id=refund_id, now=self.now)

    def words(self, refusal: Exception) -> str:
        if isinstance(refusal, cancellation.TooLate):
            return _now(
                "It has left already, or a part of it has. Refund it instead: what is still here with its tick, "
                "what has left when it is back or lost."
            )
        if isinstance(refusal, cancellation.PaymentUnderWay):
            return _now(
                "The bank is working on its payment: it can neither be stopped nor refunded yet. Try again in a few minutes."
            )
        return _now("The payment provider could not be reached or did not agree. Nothing has changed; try again.")


class CancelRestView(desk.OrderActionView):
    """No money moves by it: that is gone already."""

    permission = "shop.cancel_order"
    page_title = submit_button_label = _("Do not send the rest")
    explanation = _(
        "A part of it has left, and its money has gone back. What is still here is not sent: it is unpacked, and anybody's "
        "again. The order counts as shipped."
    )
    success_message = _("The rest of order %(number)s is not sent.")
    log_action = "shop.cancel_rest"
    icon = "cross"
    illegal = cancellation.NoRest

    @staticmethod
    def is_open(order: Order) -> bool:
        return cancellation.may_cancel_rest(order)

    def operate(self, form: Form) -> None:
        cancellation.cancel_rest(order_id=self.order.pk, actor=self.actor, now=self.now)


def _waiting(order: Order) -> list[int]:
    """Refunds that can be sent now, so that whoever asked for them sees how it went."""
    waiting = Refund.objects.filter(payment__order=order, state=Refund.State.CREATED, manual=False)
    return list(waiting.values_list("pk", flat=True))


class RefundView(desk.OrderActionView):
    """Twice asked: the first time it computes, the second time, with the amount agreed to, it refunds."""

    permission = "shop.refund_order"
    form_class = RefundForm
    template_name = "shop/orders/admin/refund.html"
    page_title = _("Refund")
    submit_button_label = _("Check it")
    log_action = "shop.refund_order"
    icon = "rotate"
    refusals = (refunding.RefundingError, TooManyUnits, refunds.RefundError, inventory.InventoryError)
    quote: refunding.Quote | None = None

    @staticmethod
    def is_open(order: Order) -> bool:
        return bool(money_of(order))

    @cached_property
    def here(self) -> refunding.Standing:
        return refunding.standing(self.order)

    def nothing_to_do(self) -> HttpResponse:
        if self.order.total:
            return super().nothing_to_do()
        words = _now(
            "Nothing was paid for order %(number)s, so nothing can go back. If it is not to be sent, cancel it."
        )
        messages.warning(self.request, words % {"number": self.order.number})
        return redirect(self.get_success_url())

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "here": self.here}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        earlier = _sent_with(request.POST.get("key", ""), self.order)
        if earlier is None:
            return super().post(request, *args, **kwargs)
        if _number(request.POST.get("agreed", "")) == earlier.amount:
            return self._done(earlier)  # the same form, pressed again
        words = _now("This form has made a refund of %(amount)s already. Open it anew for another one.")
        messages.warning(request, words % {"amount": written(earlier.money)})
        return redirect(self.get_success_url())

    def form_valid(self, form: Form) -> HttpResponse:
        if not self.is_open(self.order):
            return self.nothing_to_do()
        payment, wish = form.cleaned_data["payment"], form.wish()  # type: ignore[attr-defined]
        try:
            quote = refunding.quote(payment_id=payment.pk, wish=wish)
            if "change" in self.request.POST or form.cleaned_data["agreed"] != quote.amount.amount:
                return self._ask_again(form, quote)
            asked = refunding.refund_order(payment_id=payment.pk, wish=wish, actor=self.actor, now=self.now)
        except self.refusals as refusal:
            form.add_error(None, self.words(refusal))
            return self.form_invalid(form)
        change = {"subject": self.order.number, "before": {}, "after": {"refund": written(asked.money)}}
        words = {"amount": written(asked.money), "refund": asked.pk, "reason": asked.reason, "changes": [change]}
        log(instance=self.order, action=self.log_action, user=self.request.user, data=words)
        if not asked.manual:
            settlement.submit_refund(refund_id=asked.pk, now=self.now)
        return self._done(asked)

    def _ask_again(self, form: Form, quote: refunding.Quote) -> HttpResponse:
        self.quote = None if "change" in self.request.POST else quote
        return self.render_to_response(self.get_context_data(form=form))

    def _done(self, refund: Refund) -> HttpResponse:
        refund.refresh_from_db()
        words, tell = OUTCOMES["manual" if refund.manual else refund.state]
        tell(self.request, words % {"amount": written(refund.money), "error": refund.error})
        return redirect(self.get_success_url())

    def words(self, refusal: Exception) -> str:
        if isinstance(refusal, refunds.TooMuch):
            return _now("Only %(left)s of this payment is left to pay back.") % {"left": written(refusal.left)}
        if isinstance(refusal, refunds.Disputed):
            return _now("The payer's bank is deciding about this money. Refunding it as well would pay twice.")
        if isinstance(refusal, refunding.NothingToSendLeft):
            return _now("Nothing of the order would be left to send. Cancel the order instead: that refunds it too.")
        if isinstance(refusal, refunding.StillPacked):
            return _now("%(line)s is packed: unpack its parcel first.") % {"line": refusal.line.title}
        if isinstance(refusal, refunding.NotRestockable):
            return _now("%(line)s is on the shelf again already.") % {"line": refusal.line.title}
        if isinstance(refusal, TooManyUnits):
            return _now("There are not so many units left of one of the lines: somebody has refunded them meanwhile.")
        return _now("There is nothing to pay back in this.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        partly = is_partly_shipped(self.order)
        return super().get_context_data(here=self.here, quote=self.quote, partly_shipped=partly, **kwargs)


OUTCOMES = {
    "manual": (_("%(amount)s is to be sent by hand. Say so on the order's page when it is."), messages.warning),
    Refund.State.SUCCEEDED: (_("%(amount)s is refunded."), messages.success),
    Refund.State.PENDING: (_("%(amount)s is on its way. The order says so when it has arrived."), messages.success),
    Refund.State.CREATED: (_("%(amount)s will be refunded in a moment."), messages.success),
    Refund.State.SUBMITTED: (
        _("Not through yet (%(error)s). We keep asking; nothing is refunded twice."),
        messages.warning,
    ),
    Refund.State.FAILED: (_("%(amount)s could not be refunded: %(error)s"), messages.error),
    Refund.State.CANCELLED: (_("The refund of %(amount)s was withdrawn."), messages.warning),
}


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _sent_with(key: str, order: Order) -> Refund | None:
    try:
        return Refund.objects.filter(key=key, payment__order=order).select_related("payment").first()
    except (ValueError, TypeError, ValidationError):
        return None


class ByHandView(desk.OrderActionView):
    """About one refund that a person sends; its address names the refund."""

    permission = "shop.refund_order"
    refusals = (refunds.RefundError,)

    @cached_property
    def refund(self) -> Refund:
        return get_object_or_404(
            Refund.objects.select_related("payment__order", "account"), pk=self.kwargs["pk"], manual=True
        )

    @cached_property
    def order(self) -> Order:  # type: ignore[override]
        return self.refund.payment.order

    @staticmethod
    def is_open(order: Order) -> bool:
        return True

    @classmethod
    def is_for(cls, order: Order, user: Any) -> bool:
        return False  # no button for the order: it stands beside the refund

    @property
    def explanation(self) -> str:  # type: ignore[override]
        words = _now("%(amount)s of %(payment)s: %(reason)s")
        facts = {"amount": written(self.refund.money), "payment": self.refund.payment.reference}
        return f"{words % {**facts, 'reason': self.refund.reason}}. {self._account()}"

    def _account(self) -> str:
        told = getattr(self.refund, "account", None)
        if told is None:
            return _now("The customer was asked for the account and has not told it yet.")
        names = ("bank_name", "account_number", "account_holder")
        return _now("To %(bank_name)s, %(account_number)s, %(account_holder)s.") % {n: getattr(told, n) for n in names}

    def words(self, refusal: Exception) -> str:
        return _now("Somebody has settled this refund already.")


class SentView(ByHandView):
    form_class = ByHandForm
    page_title = submit_button_label = _("Sent by hand")
    success_message = _("Noted: the refund of order %(number)s is sent. The customer gets a mail.")
    log_action = "shop.refund_sent"

    def operate(self, form: Form) -> None:
        refunds.finish_by_hand(refund_id=self.refund.pk, actor=self.actor, now=self.now, **form.cleaned_data)


class WithdrawView(ByHandView):
    form_class = WithdrawForm
    page_title = submit_button_label = _("Withdraw the refund")
    success_message = _("The refund of order %(number)s is withdrawn.")
    log_action = "shop.refund_withdrawn"
    icon = "cross"

    def operate(self, form: Form) -> None:
        refunds.withdraw_by_hand(refund_id=self.refund.pk, actor=self.actor, now=self.now, **form.cleaned_data)


class SalesViewSet(desk.OrderViewSet):
    """The orders desk with everything that there is to do."""

    actions = {
        **parcels_desk.ACTIONS,
        **desk.ACTIONS,
        **corrections_desk.ACTIONS,
        "refund": RefundView,
        "cancel": CancelView,
        "cancel_rest": CancelRestView,
        "refund_sent": SentView,
        "refund_withdraw": WithdrawView,
    }
