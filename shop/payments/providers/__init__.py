"""The providers there are, by name."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from shop.payments.providers.base import PaymentProvider
from shop.payments.providers.midtrans import Midtrans
from shop.payments.providers.stripe import Stripe

# In the order shoppers see them: where Midtrans can charge, people know its ways to pay better than cards.
PROVIDERS: dict[str, PaymentProvider] = {"midtrans": Midtrans(), "stripe": Stripe()}


def offered(currency: str, amount: Decimal) -> list[PaymentProvider]:
    """Those that can charge `amount` of `currency`, the first one first."""
    return [
        provider
        for provider in PROVIDERS.values()
        if provider.is_configured() and provider.capabilities.takes(currency, amount)
    ]


def csp_for(names: Iterable[str]) -> dict[str, list[str]]:
    """Content-Security-Policy sources that a page with these providers needs beyond our own, by directive."""
    sources: dict[str, list[str]] = defaultdict(list)
    for name in names:
        for directive, allowed in PROVIDERS[name].csp().items():
            sources[directive] += allowed
    return dict(sources)
