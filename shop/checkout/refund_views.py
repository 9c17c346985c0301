"""Where money is to be sent that cannot go back the way it came: told on the order's page, by its unguessable link."""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from shop.access import access
from shop.checkout.forms import RefundAccountForm
from shop.checkout.order_views import find, show
from shop.checkout.pay import order_path
from shop.customers import operations as customers
from shop.orders.models import Order
from shop.payments import accounts
from shop.payments.accounts import Account
from shop.web import ShopRequest, no_referrer

FORM = "#refund-account"  # its place on the order's page


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@no_referrer
@access("token")
def refund_account(request: ShopRequest, number: str, token: str) -> HttpResponse:
    """POST `bank_name`, `account_number` and `account_holder`; GET leads to the form. Nothing of it is shown again but
    the bank and the end of the number."""
    order = find(number, token)
    place = order_path(order) + FORM
    if request.method != "POST":
        return redirect(place)
    limit, minutes = settings.REFUND_ACCOUNT_LIMIT
    attempt = {"scope": "refund.account", "key": order.number}
    try:
        customers.throttle(**attempt, limit=limit, period=timedelta(minutes=minutes), now=request.commerce_now)
    except customers.TooManyAttempts:
        return render(request, "429.html", status=429)
    form = RefundAccountForm(request.POST)
    if not accounts.waiting(order).exists():
        return _nothing_waits(request, order)
    if not form.is_valid():
        return show(request, order, account=form, status=422)
    try:
        accounts.tell_account(order_id=order.pk, account=Account(**form.cleaned_data), now=request.commerce_now)
    except accounts.NothingWaits:  # somebody has sent it at this moment
        return _nothing_waits(request, order)
    messages.success(request, _("Thank you. We have noted where to send the money, and written to you."))
    return redirect(place)


def _nothing_waits(request: ShopRequest, order: Order) -> HttpResponse:
    messages.error(request, _("No money waits to be sent to an account, so we have kept nothing."))
    return redirect(order_path(order))
