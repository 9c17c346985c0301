"""The stand-in as a whole: which address is answered by what, and how to run it inside a test."""

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sandbox import server
from sandbox.midtrans import pages
from sandbox.midtrans.api import Api
from sandbox.midtrans.controls import Controls, call
from sandbox.midtrans.errors import MidtransError
from sandbox.midtrans.merchant import Merchant
from sandbox.midtrans.notifications import DEVELOPMENT_RETRIES
from sandbox.midtrans.worker import Worker
from sandbox.server import Request, Response


class MidtransApp:
    """See `midtrans_sandbox` for the arguments."""

    def __init__(
        self,
        *,
        server_key: str,
        notification_url: str = "",
        state_file: str | None = None,
        settle_after: float | None = None,
        retry_delays: Sequence[float] = DEVELOPMENT_RETRIES,
    ) -> None:
        if not server_key.startswith("SB-"):
            raise server.Refused("The server key of the sandbox begins with SB-.")
        if notification_url and not server.is_loopback(urlsplit(notification_url).hostname or ""):
            raise server.Refused("The sandbox notifies this machine only.")
        self.merchant = Merchant(server_key, state_file=state_file, settle_after=settle_after, notify=notification_url)
        self.worker = Worker(self.merchant, retry_delays)
        self.control = Controls(self.merchant, self.worker)
        self.api = Api(self.merchant, self.control)

    def open(self, base_url: str) -> None:
        with self.merchant.lock:
            self.merchant.base_url = base_url
        self.worker.start()

    def close(self) -> None:
        if self.worker.thread.is_alive():
            self.worker.stop()
        with self.merchant.lock:
            self.merchant.close()

    def handle(self, request: Request) -> Response:
        path = request.path
        if path.startswith(("/snap/v1/", "/v2/")):
            return self.api.handle(request)
        if path.startswith("/_test/"):
            return self._control(request)
        if path == "/":
            return Response(200, b"Midtrans sandbox. Development and tests only. Pay a number at /simulator/\n")
        return pages.handle(self.merchant, request)

    def _control(self, request: Request) -> Response:
        # A page open in the developer's browser must not reach these; programs send no Origin.
        if "Origin" in request.headers or request.headers.get("Sec-Fetch-Site", "none") != "none":
            return Response(403, b"The controls are not for web pages.")
        try:
            result = call(self.control, request.path.removeprefix("/_test/"), json.loads(request.body or b"{}"))
        except MidtransError as error:
            return Response.json(error.http_status, error.body)
        except (ValueError, TypeError) as error:
            return Response.json(400, {"error_messages": [str(error)]})
        return Response.json(200, result)


@dataclass(frozen=True)
class MidtransSandbox:
    """A running stand-in: its address (no trailing slash), that of Snap below it, and its controls."""

    base_url: str
    control: Controls

    @property
    def snap_url(self) -> str:
        return f"{self.base_url}/snap/v1"


@contextlib.contextmanager
def midtrans_sandbox(
    *,
    server_key: str = "SB-Mid-server-test",
    notification_url: str = "",
    port: int = 0,
    state_file: str | None = None,
    settle_after: float | None = None,
    retry_delays: Sequence[float] = (0.05, 0.05, 0.1, 0.1, 0.2),
) -> Iterator[MidtransSandbox]:
    """Run the stand-in in a thread.

    server_key: the only one it knows; it also signs notifications
    notification_url: where they go, as set in the dashboard
    settle_after: seconds until a captured card settles; None leaves that to `control.settle()`
    retry_delays: seconds between deliveries that fail
    """
    app = MidtransApp(
        server_key=server_key,
        notification_url=notification_url,
        state_file=state_file,
        settle_after=settle_after,
        retry_delays=retry_delays,
    )
    with server.running(app, port=port) as running:
        yield MidtransSandbox(running.base_url, app.control)
