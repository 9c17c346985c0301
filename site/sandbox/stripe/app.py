"""The stand-in as a whole: which address is answered by what, and how to run it inside a test."""

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sandbox import server
from sandbox.server import Request, Response
from sandbox.stripe import endpoints, pages
from sandbox.stripe.account import Account, api_version
from sandbox.stripe.api import PREFLIGHT, Api
from sandbox.stripe.controls import Controls, call
from sandbox.stripe.errors import StripeError
from sandbox.stripe.webhooks import DEVELOPMENT_RETRIES, Worker


class StripeApp:
    """See `stripe_sandbox` for the arguments."""

    def __init__(
        self,
        *,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
        state_file: str | None = None,
        settle_after: float | None = None,
        retry_delays: Sequence[float] = DEVELOPMENT_RETRIES,
    ) -> None:
        if bool(webhook_url) != bool(webhook_secret):
            raise server.Refused("A webhook needs both its URL and its secret.")
        endpoint = (webhook_url, webhook_secret) if webhook_url and webhook_secret else None
        if endpoint and not server.is_loopback(urlsplit(endpoint[0]).hostname or ""):
            raise server.Refused("The sandbox delivers webhooks to this machine only.")
        self.account = Account(state_file, settle_after)
        self.worker = Worker(self.account, retry_delays)
        self.control = Controls(self.account, self.worker, endpoint)
        self.api = Api(self.account, self.control)

    def open(self, base_url: str) -> None:
        with self.account.lock:
            self.account.base_url = base_url
            if self.control.endpoint:
                endpoints.configure(self.account, *self.control.endpoint)
            self.account.commit()
        self.worker.start()

    def close(self) -> None:
        if self.worker.thread.is_alive():
            self.worker.stop()
        with self.account.lock:
            self.account.close()

    def handle(self, request: Request) -> Response:
        path = request.path
        if path.startswith("/v1/"):
            return Response(204, headers=PREFLIGHT) if request.method == "OPTIONS" else self.api.handle(request)
        if path.startswith("/_test/"):
            return self._control(request)
        if path.startswith("/3d_secure/"):
            return pages.three_d_secure(self.account, request)
        if path == "/":
            return Response(200, f"Stripe sandbox, API {api_version}. Development and tests only.\n".encode())
        return pages.static(request)

    def _control(self, request: Request) -> Response:
        # A page open in the developer's browser must not reach these; programs send no Origin.
        if "Origin" in request.headers or request.headers.get("Sec-Fetch-Site", "none") != "none":
            return Response(403, b"The controls are not for web pages.")
        try:
            result = call(self.control, request.path.removeprefix("/_test/"), json.loads(request.body or b"{}"))
        except StripeError as error:
            return Response.json(error.status, error.body)
        except (ValueError, TypeError) as error:
            return Response.json(400, {"error": {"type": "invalid_request_error", "message": str(error)}})
        return Response.json(200, result)


@dataclass(frozen=True)
class StripeSandbox:
    """A running stand-in: its address (no trailing slash) and its controls."""

    base_url: str
    control: Controls


@contextlib.contextmanager
def stripe_sandbox(
    *,
    webhook_url: str | None = None,
    webhook_secret: str | None = None,
    port: int = 0,
    state_file: str | None = None,
    settle_after: float | None = None,
    retry_delays: Sequence[float] = (0.05, 0.1, 0.2),
) -> Iterator[StripeSandbox]:
    """Run the stand-in in a thread.

    webhook_url, webhook_secret: an endpoint for all events, set up at once and again by `control.reset()`
    state_file: keeps the account for the next start
    settle_after: seconds until slow payments and refunds end; None leaves that to `control.settle()`
    retry_delays: seconds between deliveries that fail
    """
    app = StripeApp(
        webhook_url=webhook_url,
        webhook_secret=webhook_secret,
        state_file=state_file,
        settle_after=settle_after,
        retry_delays=retry_delays,
    )
    with server.running(app, port=port) as running:
        yield StripeSandbox(running.base_url, app.control)
