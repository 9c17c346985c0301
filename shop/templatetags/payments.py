"""What a page must say of payments."""

from typing import Any

from django import template

from shop.payments.providers import PROVIDERS

register = template.Library()


@register.inclusion_tag("components/_test_shop.html")
def test_shop() -> dict[str, Any]:
    """{% test_shop %}: a line that no real money moves here; nothing where it does."""
    return {"is_test": any(provider.is_configured() and provider.is_test() for provider in PROVIDERS.values())}
