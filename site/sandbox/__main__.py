"""Run a stand-in in the foreground: `python -m sandbox stripe --port N --webhook-url URL ...`."""

import argparse
import sys

from sandbox import server
from sandbox.stripe import StripeApp, api_version
from sandbox.stripe.webhooks import DEVELOPMENT_RETRIES


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m sandbox", description="Local payment provider for development.")
    providers = top.add_subparsers(dest="provider", required=True)
    stripe = providers.add_parser("stripe", help="a Stripe account on this machine")
    stripe.add_argument("--host", default="127.0.0.1", help="a loopback address (default %(default)s)")
    stripe.add_argument("--port", type=int, default=8411, help="0 takes a free one (default %(default)s)")
    stripe.add_argument("--webhook-url", help="where events go; on this machine")
    stripe.add_argument("--webhook-secret", help="signs them, whsec_...")
    stripe.add_argument("--state", help="file that keeps the account over restarts (default: memory)")
    stripe.add_argument(
        "--settle-after",
        type=float,
        default=20,
        metavar="SECONDS",
        help="when slow payments and refunds reach their end (default %(default)s)",
    )
    return top


def main(argv: list[str] | None = None) -> int:
    options = parser().parse_args(argv)
    try:
        server.refuse_unsafe_place(options.host)
        app = StripeApp(
            webhook_url=options.webhook_url,
            webhook_secret=options.webhook_secret,
            state_file=options.state,
            settle_after=options.settle_after,
            retry_delays=DEVELOPMENT_RETRIES,
        )
        banner = f"Stripe sandbox (API {api_version})"
        server.serve_forever(app, host=options.host, port=options.port, banner=banner)
    except (server.Refused, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
