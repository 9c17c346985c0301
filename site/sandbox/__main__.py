"""Run a stand-in in the foreground: `python -m sandbox stripe --port N --webhook-url URL ...`, or `midtrans`."""

import argparse
import sys

from sandbox import server
from sandbox.midtrans import MidtransApp
from sandbox.midtrans.notifications import DEVELOPMENT_RETRIES as NOTIFICATION_RETRIES
from sandbox.stripe import StripeApp, api_version
from sandbox.stripe.webhooks import DEVELOPMENT_RETRIES


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m sandbox", description="Local payment provider for development.")
    providers = top.add_subparsers(dest="provider", required=True)
    stripe = providers.add_parser("stripe", help="a Stripe account on this machine")
    stripe.add_argument("--webhook-url", help="where events go; on this machine")
    stripe.add_argument("--webhook-secret", help="signs them, whsec_...")
    midtrans = providers.add_parser("midtrans", help="a Midtrans account on this machine")
    midtrans.add_argument("--server-key", default="SB-Mid-server-etalase", help="its only key (default %(default)s)")
    midtrans.add_argument("--notification-url", default="", help="where notifications go; on this machine")
    for provider, port in ((stripe, 8411), (midtrans, 8412)):
        provider.add_argument("--host", default="127.0.0.1", help="a loopback address (default %(default)s)")
        provider.add_argument("--port", type=int, default=port, help="0 takes a free one (default %(default)s)")
        provider.add_argument("--state", help="file that keeps the account over restarts (default: memory)")
        provider.add_argument(
            "--settle-after",
            type=float,
            default=20,
            metavar="SECONDS",
            help="when slow payments, refunds and captured cards reach their end (default %(default)s)",
        )
    return top


def stripe_app(options: argparse.Namespace) -> tuple[StripeApp, str]:
    app = StripeApp(
        webhook_url=options.webhook_url,
        webhook_secret=options.webhook_secret,
        state_file=options.state,
        settle_after=options.settle_after,
        retry_delays=DEVELOPMENT_RETRIES,
    )
    return app, f"Stripe sandbox (API {api_version})"


def midtrans_app(options: argparse.Namespace) -> tuple[MidtransApp, str]:
    app = MidtransApp(
        server_key=options.server_key,
        notification_url=options.notification_url,
        state_file=options.state,
        settle_after=options.settle_after,
        retry_delays=NOTIFICATION_RETRIES,
    )
    return app, "Midtrans sandbox"


def main(argv: list[str] | None = None) -> int:
    options = parser().parse_args(argv)
    app: server.App
    try:
        server.refuse_unsafe_place(options.host)
        app, banner = {"stripe": stripe_app, "midtrans": midtrans_app}[options.provider](options)
        server.serve_forever(app, host=options.host, port=options.port, banner=banner)
    except (server.Refused, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
