"""What has changed while somebody was checking out, named: which thing, which amount, which code."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shop.cart.listing import CartView
from shop.cart.pricing import Totals
from shop.checkout.operations import TotalChanged
from shop.money import Money, format_money

NAMES = ("subtotal", "discount", "delivery_to_pay", "tax")


def parts_of(totals: Totals) -> str:
    """ "48.00 0.00 5.00 4.80": what a total is made of. The page sends it along so that a change can be named."""
    return " ".join(str(getattr(totals, name).amount) for name in NAMES)


def blocked(bag: CartView) -> str:
    """Why this cart cannot be ordered as it is, thing by thing."""
    reasons = [f"{line.title}: {line.notice}" for line in bag.lines if line.notice and line.notice.blocks]
    return " ".join([_("Your cart has changed, and nothing was charged."), *reasons])


def changed_total(error: TotalChanged, bag: CartView, parts: str) -> str:
    """Why the total is not what the shopper agreed to any more. `bag`: the cart as it is now; `parts`: of parts_of then."""
    words = _("The total was %(expected)s and is now %(actual)s.") % {
        "expected": format_money(error.expected),
        "actual": format_money(error.actual),
    }
    return " ".join(
        [*_causes(error, bag, parts), words, _("Nothing was charged. Please check it and press Pay again.")]
    )


def _causes(error: TotalChanged, bag: CartView, parts: str) -> Iterator[str]:
    if error.expected.currency != error.actual.currency:
        codes = {"old": error.expected.currency.code, "new": error.actual.currency.code}
        yield _("Your cart is in %(new)s now, and was in %(old)s.") % codes
        return
    told = [f"{line.title}: {line.notice}" for line in bag.lines if line.notice and line.notice.code == "price_changed"]
    yield from told
    if bag.coupon and bag.coupon.notice:
        yield _("Code %(code)s: %(why)s") % {"code": bag.coupon.code, "why": bag.coupon.notice}
    yield from _parts(parts, bag, named=bool(told))


def _parts(parts: str, bag: CartView, *, named: bool) -> Iterator[str]:
    """What of the sum is different. The goods are named only when no thing was: then more or fewer of them are there."""
    try:
        old = [Decimal(text) for text in parts.split()]
    except InvalidOperation:
        return
    labels = {
        "discount": _("What comes off was %(old)s and is now %(new)s."),
        "delivery_to_pay": _("Delivery was %(old)s and is now %(new)s."),
        "tax": _("Tax was %(old)s and is now %(new)s."),
    }
    for name, was in zip(NAMES, old, strict=False):
        now: Money = getattr(bag.totals, name)
        if not was.is_finite() or now.amount == was:
            continue
        if name in labels:
            yield labels[name] % {"old": format_money(Money(was, now.currency)), "new": format_money(now)}
        elif not named:
            yield _now_in_cart(bag.count)


def _now_in_cart(count: int) -> str:
    words = ngettext("There is now %(n)d thing in your cart.", "There are now %(n)d things in your cart.", count)
    return words % {"n": count}
