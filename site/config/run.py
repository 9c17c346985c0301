"""The whole shop from one command: `python -m config.run`, which is what `make run` does.

It starts PostgreSQL and Redis (unless DATABASE_URL and REDIS_URL are set), stand-ins for Stripe and Midtrans (unless
STRIPE_SECRET_KEY, MIDTRANS_SERVER_KEY are set), the worker with its clock, and the web server on 127.0.0.1:PORT; it says
where to go, passes on what they print, and stops them in order on Ctrl-C. If one of them ends, all do. VERBOSE=1 shows
more.
"""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NoReturn

from config import homes, processes
from config.embedded import EmbeddedError, servers
from config.prepare import is_prepared

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var"
HOST = "127.0.0.1"
READY_SECONDS = 90
SANDBOX_OFFSET = {"stripe": 10, "midtrans": 11}  # the stand-ins listen so far above the shop when those ports are free
LEAVING_SECONDS = 8
REMEMBERED = (
    *("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "SECRET_KEY", "BASE_URL", "STRIPE_SECRET_KEY"),
    *("STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_API_BASE", "STRIPE_JS_URL"),
    *("MIDTRANS_SERVER_KEY", "MIDTRANS_CLIENT_KEY", "MIDTRANS_API_BASE", "MIDTRANS_SNAP_BASE"),
)


class CannotRun(Exception):
    """The shop cannot start or go on; the message is one line that says why."""


class Stopped(Exception):
    """Somebody asked us to stop."""


# --- ports and addresses -------------------------------------------------------------------------


def chosen_port(environment: Mapping[str, str]) -> int:
    """The port of PORT (8000 if unset) when it can be had. Raises CannotRun."""
    text = environment.get("PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise CannotRun(f"PORT must be a number from 1 to 65535, not {text!r}.")
    if int(text) < 1024 and os.geteuid() != 0:
        raise CannotRun(f"Port {text} is for root only; choose one above 1023.")
    if not is_free(int(text)):
        raise CannotRun(f"Port {text} is taken. Choose another: make run PORT={int(text) % 65535 + 1}")
    return int(text)


def is_free(port: int) -> bool:
    """Whether we may listen on `port` of this machine."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError:
            return False
    return True


def sandbox_port(port: int, provider: str) -> int:
    """A free port for a stand-in: the same one every time, if possible."""
    wanted = port + SANDBOX_OFFSET[provider]
    if wanted < 65536 and is_free(wanted):
        return wanted
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return listener.getsockname()[1]


def stripe_environment(port: int) -> dict[str, str]:
    """The settings that point the shop to the stand-in for Stripe at `port`. The keys open nothing."""
    return {
        "STRIPE_SECRET_KEY": "sk_test_etalase",
        "STRIPE_PUBLISHABLE_KEY": "pk_test_etalase",
        "STRIPE_WEBHOOK_SECRET": "whsec_etalase",
        "STRIPE_API_BASE": f"http://{HOST}:{port}",
        "STRIPE_JS_URL": f"http://{HOST}:{port}/endive/stripe.js",
    }


def midtrans_environment(port: int) -> dict[str, str]:
    """The same for Midtrans."""
    return {
        "MIDTRANS_SERVER_KEY": "SB-Mid-server-etalase",
        "MIDTRANS_CLIENT_KEY": "SB-Mid-client-etalase",
        "MIDTRANS_API_BASE": f"http://{HOST}:{port}",
        "MIDTRANS_SNAP_BASE": f"http://{HOST}:{port}/snap/v1",
    }


def kept_secret() -> str:
    """A SECRET_KEY of this desk alone, made once, so that nobody is logged out by a restart."""
    keeper = VAR / "secret-key"
    if not keeper.exists():
        keeper.touch(mode=0o600)
        keeper.write_text(secrets.token_urlsafe(50))
    return keeper.read_text()


def remember(environment: Mapping[str, str]) -> None:
    """Keep the addresses and keys in var/run.env, where `manage.py` in another terminal finds them."""
    file = VAR / "run.env"
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text("".join(f"{name}={environment[name]}\n" for name in REMEMBERED if environment.get(name)))


# --- the processes -------------------------------------------------------------------------------


def commands(port: int, verbose: bool) -> dict[str, list[str | Path]]:
    """What the shop consists of, in the order of starting."""
    level = "info" if verbose else "warning"
    celery = ["celery", "--quiet", "--app", "config", "worker", "--loglevel", level.upper(), "--beat"]
    celery += ["--schedule", str(VAR / "celerybeat-schedule"), "--pool", "threads", "--concurrency", "2"]
    celery += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    web = ["gunicorn", "config.wsgi:application", "--bind", f"{HOST}:{port}", "--reload"]
    web += ["--worker-class", "gthread", "--threads", "8", "--timeout", "120", "--graceful-timeout", "2"]
    web += [
        "--log-level",
        "info" if verbose else "error",
        "--no-control-socket",
        *(["--access-logfile", "-"] if verbose else []),
    ]
    return {
        # As root, on a desk, there is nothing to warn of: the tasks travel as JSON.
        "worker": [sys.executable, "-W", "ignore:You're running the worker", "-m", *celery],
        "web": [sys.executable, "-m", *web],
    }


def sandbox_command(provider: str, port: int, own_port: int, environment: Mapping[str, str]) -> list[str | Path]:
    """What runs a stand-in at `own_port` that tells the shop at `port` what happens."""
    told = {
        "stripe": ["--webhook-url", "/payments/stripe/webhook/", "--webhook-secret", "STRIPE_WEBHOOK_SECRET"],
        "midtrans": ["--notification-url", "/payments/midtrans/notification/", "--server-key", "MIDTRANS_SERVER_KEY"],
    }
    where, address, how, name = told[provider]
    command = [
        sys.executable,
        "-m",
        "sandbox",
        provider,
        "--port",
        str(own_port),
        where,
        f"http://{HOST}:{port}{address}",
    ]
    return [*command, how, environment[name], "--state", VAR / "sandbox" / f"{provider}.json"]


class Shop:
    """The running processes, by name."""

    def __init__(self, environment: Mapping[str, str], embedded: Mapping[str, subprocess.Popen[bytes]]) -> None:
        self.environment = environment
        self.embedded = embedded
        self.children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: list[str | Path]) -> subprocess.Popen[bytes]:
        child = processes.start(command, environment=self.environment, folder=ROOT, output=subprocess.PIPE)
        self.children[name] = child
        threading.Thread(target=pass_on, args=(name, child), daemon=True).start()
        return child

    def run(self, name: str, command: list[str | Path]) -> None:
        """Run a command to its end. Raises CannotRun when it fails."""
        child = self.start(name, command)
        code = child.wait()
        del self.children[name]
        if code:
            raise CannotRun(f"{name} failed with exit code {code}; what it said is above.")

    def check(self) -> None:
        """Raise CannotRun when a process has ended."""
        for name, child in {**self.embedded, **self.children}.items():
            if (code := child.poll()) is not None:
                how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
                raise CannotRun(f"{name} ended {how}; stopping the shop.")

    def stop(self) -> None:
        """End our processes, the latest first, and only then return; the embedded servers follow."""
        processes.stop(*reversed(self.children.values()), patience=LEAVING_SECONDS)


def pass_on(name: str, child: subprocess.Popen[bytes]) -> None:
    """Print each line of `child` with its name before it, even when nobody reads any more."""
    assert child.stdout is not None  # noqa: S101
    for line in child.stdout:
        with contextlib.suppress(OSError, ValueError):
            print(f"{name:>8} | {line.decode(errors='replace').rstrip()}", flush=True)


# --- the run -------------------------------------------------------------------------------------


def stop_on_signals() -> None:
    """Turn Ctrl-C, a closed terminal, and a request to end into Stopped, once; the leaving is not disturbed."""

    def stop(signum: int, frame: object) -> NoReturn:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        raise Stopped

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    if os.environ.get("MAKELEVEL"):  # then make is our parent, and killing it means us
        processes.die_with_parent(signal.SIGTERM, os.getppid())


@contextlib.contextmanager
def database_and_cache(environment: dict[str, str]) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Complete `environment` with the embedded servers, if it names none; gives their processes."""
    if environment.get("DATABASE_URL") and environment.get("REDIS_URL"):
        yield {}
        return
    with servers(ROOT) as here:
        if not here.owned:
            raise CannotRun(f"The shop of this folder runs already (process {homes.keeper(here.home)}).")
        for name, value in here.environment().items():
            environment.setdefault(name, value)
        yield dict(here.children)


def complete(environment: dict[str, str], port: int) -> dict[str, list[str | Path]]:
    """Fill in what the environment does not say; gives the commands of the stand-ins for providers without a key."""
    paths = [str(ROOT / "site"), str(ROOT), *filter(None, [environment.get("PYTHONPATH")])]
    environment.update(PYTHONPATH=os.pathsep.join(paths), PYTHONUNBUFFERED="1")
    environment.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    environment.setdefault("LOG_LEVEL", "INFO" if environment.get("VERBOSE") else "WARNING")
    environment.setdefault("SECRET_KEY", kept_secret())
    environment.setdefault("BASE_URL", f"http://{HOST}:{port}")
    (VAR / "sandbox").mkdir(exist_ok=True)
    commands: dict[str, list[str | Path]] = {}
    for provider, key, settings in (
        ("stripe", "STRIPE_SECRET_KEY", stripe_environment),
        ("midtrans", "MIDTRANS_SERVER_KEY", midtrans_environment),
    ):
        if not environment.get(key):
            own_port = sandbox_port(port, provider)
            environment.update(settings(own_port))
            commands[provider] = sandbox_command(provider, port, own_port, environment)
    return commands


def wait_until_it_answers(shop: Shop, url: str) -> None:
    """Return as soon as `url` gives 200. Raises CannotRun when a process ends or it takes too long."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        shop.check()
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):  # noqa: S310
            return
        time.sleep(0.2)
    raise CannotRun(f"{url} does not answer after {READY_SECONDS} seconds.")


def banner(environment: Mapping[str, str]) -> str:
    base = environment["BASE_URL"]
    password = environment.get("DEMO_PASSWORD", "etalase-demo")
    card = "4242 4242 4242 4242, any date and code" if "sk_test" in environment["STRIPE_SECRET_KEY"] else "live"
    snap = environment.get("MIDTRANS_SNAP_BASE", "")
    counter = f"\n                 numbers in rupiah: {snap.replace('/snap/v1', '/simulator/')}" if HOST in snap else ""
    return f"""
  Etalase is open.

    Shop         {base}/
    Admin        {base}/admin/
    Mail         {base}/dev/mail/
    Style guide  {base}/styleguide/

    Log in as    owner@example.com (staff), alice@example.com (customer); password {password}
    Pay with     {card}{counter}

  Ctrl-C closes it.
"""


def run() -> None:
    """Open the shop and keep it open. Raises CannotRun or EmbeddedError, and Stopped when asked to leave."""
    port = chosen_port(os.environ)
    environment = dict(os.environ)
    VAR.mkdir(exist_ok=True)
    with database_and_cache(environment) as embedded:
        sandboxes = complete(environment, port)
        remember(environment)
        shop = Shop(environment, embedded)
        with contextlib.ExitStack() as leaving:
            leaving.callback(shop.stop)
            if not is_prepared(environment["DATABASE_URL"]):
                shop.run("prepare", [sys.executable, "-m", "config.prepare"])
            for name, command in sandboxes.items():
                shop.start(name, command)
            for name, command in commands(port, bool(environment.get("VERBOSE"))).items():
                shop.start(name, command)
            wait_until_it_answers(shop, f"http://{HOST}:{port}/livez")
            print(banner(environment), flush=True)
            while True:
                shop.check()
                time.sleep(0.3)


def main() -> int:
    """Run the shop; gives the exit code: 0 when somebody stopped it, 1 when it could not go on."""
    try:
        stop_on_signals()
        run()
    except Stopped:
        print("\n  Etalase is closed.")
    except (CannotRun, EmbeddedError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
