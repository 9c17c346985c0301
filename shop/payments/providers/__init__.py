"""The providers there are, by name."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from shop.payments.providers.base import PaymentProvider
from shop.payments.providers.stripe import Stripe

PROVIDERS: dict[str, PaymentProvider] = {"stripe": Stripe()}


def offered(currency: str, amount: Decimal) -> list[PaymentProvider]:
    """Those that can charge `amount` of `currency`, in the order shoppers see them."""
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
