"""A Stripe test account on this machine: the API of the pinned SDK, webhooks, Stripe.js and 3-D Secure pages.

`stripe_sandbox()` runs one in a thread for tests; `StripeApp` is what `python -m sandbox stripe` serves.
The address of the stand-in for Stripe.js is `<base_url>/endive/stripe.js`.

Not offered, and refused with an error that says so: Connect, Checkout Sessions, SetupIntents, subscriptions,
multicapture, confirmation tokens. Not known: Stripe's real per-currency maxima, fees, payouts, Radar.
"""

from sandbox.stripe.account import api_version
from sandbox.stripe.app import StripeApp, StripeSandbox, stripe_sandbox

__all__ = ["StripeApp", "StripeSandbox", "api_version", "stripe_sandbox"]
