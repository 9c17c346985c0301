"""The proof: `python -m config.check all`, which is what `make test` does (`static` and `fast` do parts of it, `faults`
and `sweep` more of one).

Steps run one after another; each says its name and its seconds, a failed one says why, and the first failure ends the
run with exit code 1. Nothing is skipped silently.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from config import testing
from config.embedded import EmbeddedError, servers

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
SOURCES = ("manage.py", "site", "shop", "home", "search", "tests")
# Dummies in the shape of the real things, for looking at production's settings only.
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "SECRET_KEY": "a-key-for-looking-at-the-settings-" + "0123456789abcdefghijklmnopqrstuvwxyz",
    "ALLOWED_HOSTS": "shop.example",
    "BASE_URL": "https://shop.example",
    "EMAIL_URL": "smtp://mail.example:25",
    "STRIPE_SECRET_KEY": "sk_live_none",
    "STRIPE_PUBLISHABLE_KEY": "pk_live_none",
    "STRIPE_WEBHOOK_SECRET": "whsec_none",
}
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT / 'site'}{os.pathsep}{ROOT}"}
PYTEST = ("pytest", "-n", "2", "--dist", "worksteal")


class Failed(Exception):
    """A step found something; it has been printed."""


def step(name: str, command: Sequence[str], extra: Mapping[str, str] | None = None, *, quiet: bool = True) -> None:
    """Run a program of this environment. A quiet one speaks only when it fails. Raises Failed."""
    started = time.monotonic()
    print(f"--- {name}", flush=True)
    done = subprocess.run(
        [sys.executable, "-m", *command] if command[0] == "pytest" else [BIN / command[0], *command[1:]],
        cwd=ROOT,
        env={**ENVIRONMENT, **(extra or {})},
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
        text=True,
        check=False,
    )
    if done.returncode:
        print(f"{done.stdout or ''}{name} failed: {' '.join(command)}", flush=True)
        raise Failed
    print(f"    {time.monotonic() - started:.1f} s", flush=True)


def static() -> None:
    """Everything that is known without running the shop."""
    step("style", ["ruff", "check", *SOURCES])
    step("layout", ["ruff", "format", "--check", *SOURCES])
    step("walls", ["lint-imports"])
    step("templates", ["djlint", "--lint", "--quiet", "templates"])
    step("types", ["mypy"])
    with servers(ROOT, throwaway=True) as here:
        manage = ["python", "manage.py"]
        test = {**here.environment(), "DJANGO_SETTINGS_MODULE": "config.settings.test"}
        step("migrations are complete", [*manage, "makemigrations", "--check", "--dry-run"], test)
        step("migrations are safe", ["python", "-m", "config.migration_lint"], test)
        production = {**here.environment(), **PRODUCTION}
        step("production settings", [*manage, "check", "--deploy", "--fail-level", "WARNING"], production)


def fast() -> None:
    """The tests that need neither database, browser nor patience: rules, amounts, words, templates. Within a minute."""
    unwanted = ("database", "browser", "slow", "faults", "sweep")
    step("fast tests", [*PYTEST, "-m", " and ".join(f"not {one}" for one in unwanted)], quiet=False)


def faults() -> None:
    """Every fault at every step, of which `all` runs a fixed sample."""
    step("faults", [*PYTEST, "tests/faults", "-m", "faults or not faults"], quiet=False)


def sweep() -> None:
    """Every page at both widths, by day and by night; `all` looks at them on a phone by day."""
    step("pages", [*PYTEST, "-m", "sweep"], quiet=False)


def everything() -> None:
    get_chromium()
    # Migrating keeps one processor busy; what fails there fails again, and speaks, when the tests begin.
    schema = subprocess.Popen(
        [BIN / "python", "-m", "config.testing"], cwd=ROOT, env=ENVIRONMENT, stderr=subprocess.DEVNULL
    )
    try:
        static()
    finally:
        schema.wait()
    step("tests", PYTEST, quiet=False)


def get_chromium() -> None:
    """Make sure of a browser: install Debian's when we may, else say what to type. Raises Failed."""
    if testing.find_chromium():
        return
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if shutil.which("apt-get") and (not sudo or shutil.which("sudo")):
        print("--- Installing Chromium for the browser tests", flush=True)
        for command in (["update"], ["install", "-y", testing.BROWSERS[0]], ["install", "-y", testing.BROWSERS[1]]):
            if testing.find_chromium():
                break
            apt = [*sudo, "apt-get", "-qq", *command]
            subprocess.run(apt, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, check=False)
    if not testing.find_chromium():
        print(f"The browser tests need Chromium. Type: {testing.INSTALL_CHROMIUM}", flush=True)
        raise Failed


PARTS = {"all": everything, "static": static, "fast": fast, "faults": faults, "sweep": sweep}


def main(arguments: Sequence[str]) -> int:
    """Run one of PARTS; gives 0 when nothing was found."""
    try:
        PARTS[arguments[0] if arguments else "all"]()
    except Failed:
        return 1
    except EmbeddedError as error:
        print(error, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
