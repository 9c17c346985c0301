"""What `manage.py check` says about payment keys: money must not go astray because of a mixed-up environment."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

LIVE_SECRETS = ("sk_live_", "rk_live_")


@register(Tags.security)
def stripe_keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Keys of one mode; a live secret goes to Stripe only, and not to a developer's desk."""
    found: list[CheckMessage] = []
    live = settings.STRIPE_SECRET_KEY.startswith(LIVE_SECRETS)
    if settings.STRIPE_PUBLISHABLE_KEY and live != settings.STRIPE_PUBLISHABLE_KEY.startswith("pk_live_"):
        words = "STRIPE_SECRET_KEY and STRIPE_PUBLISHABLE_KEY are not of the same mode."
        found.append(Error(words, hint="Take both from the same page of the Stripe Dashboard.", id="payments.E001"))
    if live and not _is_stripe():
        words = "A live STRIPE_SECRET_KEY would be sent to a stand-in."
        found.append(Error(words, hint="Unset STRIPE_API_BASE and STRIPE_JS_URL.", id="payments.E002"))
    if live and settings.DEBUG:
        found.append(Error("A live STRIPE_SECRET_KEY is set in development.", id="payments.E003"))
    return found


def _is_stripe() -> bool:
    urls = (settings.STRIPE_API_BASE, settings.STRIPE_JS_URL)
    return all(urlsplit(url).scheme == "https" and f".{urlsplit(url).hostname}".endswith(".stripe.com") for url in urls)
