"""A whole shop for a browser: demo goods, web server, Celery worker, payment sandboxes and a mail server, on loopback."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import axe_playwright_python
import pytest
from celery.contrib.testing.worker import start_worker
from django.db import connection, connections
from playwright.sync_api import Browser, BrowserContext, Page, expect

from config import celery_app, testing
from sandbox.midtrans import MidtransSandbox, midtrans_sandbox
from sandbox.stripe import StripeSandbox, stripe_sandbox
from tests.outbox.post_office import PostOffice, free_port, post_office

expect.set_options(timeout=20_000)  # a busy machine is no fault of the page

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
# Colours change in transitions, and what inherits a colour begins its own when its parent's is through.
SETTLED = """(async () => {
    const frames = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    const running = () => document.getAnimations().filter(animation => animation.playState === "running");
    for (await frames(); running().length; await frames())
        await Promise.allSettled(running().map(animation => animation.finished));
})()"""
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
DESK = {"viewport": {"width": 1280, "height": 900}}


@dataclass
class OpenShop:
    url: str
    stripe: StripeSandbox
    midtrans: MidtransSandbox
    letters: PostOffice
    browser: Browser

    def visitor(self, **options: Any) -> BrowserContext:
        """A new person's browser; a phone unless `options` say otherwise. It may not leave this machine."""
        context = self.browser.new_context(base_url=self.url, **{**PHONE, **options})
        context.set_default_timeout(20_000)
        return context

    def wait_for_letter(self, words: str, seconds: float = 20) -> EmailMessage:
        """The letter whose subject has these words, once it has arrived."""
        deadline = monotonic() + seconds
        while monotonic() < deadline:
            for letter in self.letters.letters:
                if words in letter["subject"]:
                    return letter
            sleep(0.1)
        raise AssertionError(f"no letter says {words!r}: {[letter['subject'] for letter in self.letters.letters]}")


@pytest.fixture
def shop(demo_database, live_server, browser: Browser, settings) -> Iterator[OpenShop]:
    kept, settings.MEDIA_ROOT = demo_database
    name = str(connection.settings_dict["NAME"])
    connections.close_all()
    testing.renew_database(name, kept)
    with ExitStack() as house:
        stripe = house.enter_context(
            stripe_sandbox(
                webhook_url=f"{live_server.url}/payments/stripe/webhook/",
                webhook_secret=settings.STRIPE_WEBHOOK_SECRET,
            )
        )
        midtrans = house.enter_context(
            midtrans_sandbox(
                server_key=settings.MIDTRANS_SERVER_KEY,
                notification_url=f"{live_server.url}/payments/midtrans/notification/",
            )
        )
        settings.MIDTRANS_API_BASE, settings.MIDTRANS_SNAP_BASE = midtrans.base_url, midtrans.snap_url
        settings.STRIPE_API_BASE = stripe.base_url
        settings.STRIPE_JS_URL = f"{stripe.base_url}/endive/stripe.js"
        settings.BASE_URL = live_server.url
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
        letters = house.enter_context(post_office(settings.EMAIL_PORT))
        house.enter_context(start_worker(celery_app, pool="solo", perform_ping_check=False))
        yield OpenShop(live_server.url, stripe, midtrans, letters, browser)


BY_DAY: dict[str, Any] = {"light": {}}
BY_DAY_AND_NIGHT = {**BY_DAY, "dark": {"runOnly": ["color-contrast"]}}


def violations(page: Page, schemes: dict[str, dict] = BY_DAY_AND_NIGHT) -> list[str]:
    """What axe holds against the page by its own rules of WCAG 2.2 AA and good practice; by night, against its colours."""
    found = []
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE)
    for scheme, rules in schemes.items():
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        page.evaluate(SETTLED)
        report = page.evaluate(
            "rules => axe.run(document, {...rules, resultTypes: ['violations'], preload: false})", rules
        )
        found += [
            f"{scheme} {rule['id']}: {node['html'][:160]}" for rule in report["violations"] for node in rule["nodes"]
        ]
    page.emulate_media(color_scheme="light")
    return found


def violations_by_day(page: Page) -> list[str]:
    return violations(page, BY_DAY)


def violations_of_both_widths(page: Page) -> list[str]:
    """On a phone, where the page stays, and at a desk; by night the colours are the same at both."""
    page.set_viewport_size(DESK["viewport"])
    wide = violations(page, BY_DAY)
    page.set_viewport_size(PHONE["viewport"])
    return [*violations(page), *(f"wide: {found}" for found in wide)]


# For tests that look at many pages: what always runs, and what `make quality` runs.
LOOKS = pytest.mark.parametrize(
    "look",
    [violations_by_day, pytest.param(violations_of_both_widths, marks=pytest.mark.sweep)],
    ids=["by-day", "in-every-light"],
)
