"""Local stand-ins for the payment providers, for development and tests only.

They speak the providers' own HTTP, so the shop talks to them through the real SDKs and cannot tell the
difference. They listen on the loopback interface only, refuse to start under production settings, import
nothing of the shop, and need nothing but the standard library and Stripe's SDK (whose schema requests to
its stand-in are checked against).

From a test::

    from sandbox.stripe import stripe_sandbox

    with stripe_sandbox(webhook_url=url, webhook_secret="whsec_test") as stripe:
        client = StripeClient("sk_test_shop", base_addresses={"api": stripe.base_url})
        stripe.control.fault(kind="lose_response", match="POST /v1/payment_intents$")

`sandbox.midtrans` is used the same way. From a shell (in ``site/``, or with it on ``PYTHONPATH``)::

    python -m sandbox stripe --port 8411 --webhook-url http://127.0.0.1:8000/... --webhook-secret whsec_...
    python -m sandbox midtrans --port 8412 --notification-url http://127.0.0.1:8000/...
"""
