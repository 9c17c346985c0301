"""A Midtrans merchant account on this machine: Snap with its hosted page, the Core API, notifications.

`midtrans_sandbox()` runs one in a thread for tests; `MidtransApp` is what `python -m sandbox midtrans` serves.
Virtual accounts, bills and payment codes are paid at `<base_url>/simulator/`.

Not offered: charges by the Core API, pre-authorisation, saved cards, subscriptions, snap.js. Not known, so assumed:
the words of most errors, what closing a page in use answers, whether an expired card transaction can be tried again.
"""

from sandbox.midtrans.app import MidtransApp, MidtransSandbox, midtrans_sandbox

__all__ = ["MidtransApp", "MidtransSandbox", "midtrans_sandbox"]
