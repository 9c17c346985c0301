"""What a page must say of payments."""

from django import template

from shop.payments.providers import PROVIDERS

register = template.Library()


@register.simple_tag
def is_test_shop() -> bool:
    """{% is_test_shop as is_test %}: whether no real money moves here, by one provider at least."""
    return any(provider.is_configured() and provider.is_test() for provider in PROVIDERS.values())
