"""What every stand-in shares: plain requests and responses, and a server that never leaves this machine.

A stand-in is an `App`: it answers a `Request` with a `Response` (or raises `Hangup` to cut the connection).
`running(app)` serves it from a thread, `serve_forever(app)` in the foreground until SIGTERM or Ctrl-C.
"""

import contextlib
import ipaddress
import json
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import urlsplit

log = logging.getLogger(__name__)

MAX_BODY = 1024 * 1024


class Refused(Exception):
    """The stand-in must not run here; the text says why."""


class Hangup(Exception):
    """Raised by an app to close the connection without an answer."""


@dataclass(frozen=True)
class Request:
    """One HTTP request; `path` is without the query, header names are case-insensitive."""

    method: str
    path: str
    query: str
    headers: Message
    body: bytes


@dataclass(frozen=True)
class Response:
    """One HTTP answer."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, status: int, data: Any, headers: dict[str, str] | None = None) -> "Response":
        return cls(status, json.dumps(data, indent=2).encode(), "application/json", headers or {})


class App(Protocol):
    """A stand-in, before it has an address."""

    def open(self, base_url: str) -> None:
        """Start background work; `base_url` has no trailing slash."""

    def handle(self, request: Request) -> Response: ...

    def close(self) -> None:
        """Stop background work and keep the state, if it has a file."""


def is_loopback(host: str) -> bool:
    """True for localhost, any name below it, and loopback addresses; no name is looked up."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def refuse_unsafe_place(host: str) -> None:
    """Raise `Refused` unless `host` is this machine's own and the settings are not those of production."""
    if not is_loopback(host):
        raise Refused(f"The payment sandbox listens on the loopback interface only, not on {host!r}.")
    settings = os.environ.get("DJANGO_SETTINGS_MODULE", "")
    if settings.endswith("production"):
        raise Refused(f"The payment sandbox does not run with DJANGO_SETTINGS_MODULE={settings}.")


class LoopbackServer(ThreadingHTTPServer):
    """Serves one app on a loopback address; port 0 takes a free one."""

    daemon_threads = True
    request_queue_size = 128
    app: App

    def __init__(self, app: App, host: str = "127.0.0.1", port: int = 0) -> None:
        refuse_unsafe_place(host)
        if ":" in host:
            self.address_family = socket.AF_INET6
        super().__init__((host, port), Handler)
        self.app = app
        shown = f"[{host}]" if ":" in host else host
        self.base_url = f"http://{shown}:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; anything else is logged with its traceback."""
        log.info("connection from %s ended early", client_address, exc_info=True)


class Handler(BaseHTTPRequestHandler):
    """Translates between the socket and the app."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: LoopbackServer

    def log_message(self, *args: Any) -> None:
        log.debug(*args)

    def do_any(self) -> None:
        try:
            self.reply(self.answer())
        except Hangup:
            self.hang_up()

    do_GET = do_POST = do_DELETE = do_OPTIONS = do_HEAD = do_PUT = do_PATCH = do_any

    def answer(self) -> Response:
        # A page elsewhere must not reach us by pointing its own name at 127.0.0.1.
        if not is_loopback(urlsplit(f"//{self.headers.get('Host', '')}").hostname or ""):
            return Response(403, b"This server answers to loopback names only.")
        length = self.headers.get("Content-Length") or "0"
        if not length.isdecimal() or int(length) > MAX_BODY:
            self.close_connection = True
            return Response(413, b"The body is too long or its length is not a number.")
        parts = urlsplit(self.path)
        body = self.rfile.read(int(length))
        request = Request(self.command, parts.path, parts.query, self.headers, body)
        try:
            return self.server.app.handle(request)
        except Hangup:
            raise
        except Exception:
            log.exception("%s %s failed", self.command, self.path)
            return Response.json(500, {"error": {"type": "api_error", "message": "The sandbox itself failed."}})

    def reply(self, response: Response) -> None:
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def hang_up(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def running(app: App, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[LoopbackServer]:
    """Serve `app` from a thread; yields the server (`.base_url`), and everything is stopped at the end."""
    with contextlib.closing(app), LoopbackServer(app, host, port) as server:
        app.open(server.base_url)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="sandbox", daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def serve_forever(app: App, *, host: str = "127.0.0.1", port: int = 0, banner: str = "Sandbox") -> None:
    """Serve `app` in the foreground; returns after SIGTERM, SIGINT or Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        contextlib.suppress(KeyboardInterrupt),
        contextlib.closing(app),
        LoopbackServer(app, host, port) as server,
    ):
        app.open(server.base_url)
        print(f"{banner} on {server.base_url}", flush=True)  # noqa: T201
        server.serve_forever(0.2)
