"""The sandbox as a process: where it refuses to run, what it keeps over a restart, how it is controlled from outside."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import stripe

from sandbox import server
from sandbox.stripe import StripeApp, api_version, stripe_sandbox

SITE = Path(server.__file__).parents[1]


def spawn(*arguments: str, settings: str = "config.settings.dev") -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": str(SITE), "DJANGO_SETTINGS_MODULE": settings}
    command = [sys.executable, "-m", "sandbox", "stripe", "--port", "0", *arguments]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=SITE
    )


def post(url: str, body: bytes = b"{}", **headers: str):
    """Status and body."""
    request = urllib.request.Request(url, body, headers)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "shop.example"])
def test_it_listens_on_loopback_only(host):
    with pytest.raises(server.Refused, match="loopback"):
        server.LoopbackServer(StripeApp(), host)


def test_it_refuses_production_settings(monkeypatch):
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings.production")
    with pytest.raises(server.Refused, match="production"), stripe_sandbox():
        pass


def test_it_refuses_to_call_another_machine():
    with pytest.raises(server.Refused, match="this machine"):
        StripeApp(webhook_url="https://shop.example/hook", webhook_secret="whsec_x")


def test_the_command_says_why_it_refuses():
    with spawn(settings="config.settings.production") as process:
        output, errors = process.communicate(timeout=10)
    assert (process.returncode, output) == (1, "")
    assert "does not run with DJANGO_SETTINGS_MODULE=config.settings.production" in errors
    assert errors.count("\n") == 1


def test_the_command_serves_until_sigterm_and_keeps_its_state(tmp_path, connected):
    state = str(tmp_path / "stripe.sqlite3")
    paid = {
        "amount": 2500,
        "currency": "usd",
        "confirm": True,
        "payment_method": "pm_card_visa",
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
    }
    seen = []
    for _ in range(2):
        with spawn("--state", state) as process:
            client = connected(re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline()).group())
            intent = client.v1.payment_intents.create(paid, {"idempotency_key": "pay-1"})
            again = client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
            seen.append((intent.id, again.status, again.latest_charge.id))
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=10)
        assert (process.returncode, errors) == (0, "")
    assert seen[0] == seen[1]


def test_a_killed_sandbox_lost_nothing_and_goes_on_delivering(tmp_path, connected, endpoint):
    state = str(tmp_path / "stripe.sqlite3")
    arguments = ("--webhook-url", endpoint.url, "--webhook-secret", "whsec_test", "--state", state)
    endpoint.status = 500
    with spawn(*arguments) as process:
        client = connected(re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline()).group())
        intent = client.v1.payment_intents.create({"amount": 500, "currency": "usd"})
        process.kill()
        process.communicate()
    endpoint.status = 200

    with stripe_sandbox(webhook_url=endpoint.url, webhook_secret="whsec_test", state_file=state) as running:
        restarted = connected(running.base_url)
        assert restarted.v1.payment_intents.retrieve(intent.id).amount == 500
        assert running.control.wait_until_delivered()
        assert len(restarted.v1.webhook_endpoints.list({}).data) == 1
        assert restarted.v1.events.list({"delivery_success": True}).data[0].type == "payment_intent.created"


def test_slow_refunds_settle_by_themselves_when_told_so(connected):
    with stripe_sandbox(settle_after=0.05) as running:
        client = connected(running.base_url)
        intent = client.v1.payment_intents.create(
            {
                "amount": 2500,
                "currency": "usd",
                "confirm": True,
                "payment_method": "pm_card_pendingRefund",
                "allowed_payment_method_types": ["card"],
            }
        )
        refund = client.v1.refunds.create({"payment_intent": intent.id})
        running.control.clock(1)
        assert client.v1.refunds.retrieve(refund.id).status in ("pending", "succeeded")
        for _ in range(100):
            if client.v1.refunds.retrieve(refund.id).status == "succeeded":
                break
        assert client.v1.refunds.retrieve(refund.id).status == "succeeded"


def test_the_controls_answer_programs_not_pages(sandbox):
    url = f"{sandbox.base_url}/_test/"
    assert post(f"{url}fault", json.dumps({"kind": "status", "status": 503}).encode()) == (200, b"null")
    assert json.loads(post(f"{url}state")[1])["faults"][0]["status"] == 503
    assert post(f"{url}fault", b'{"kind": "earthquake"}')[0] == 400
    assert post(f"{url}fault", b'{"colour": "red"}')[0] == 400
    assert post(f"{url}nothing")[0] == 400
    assert post(f"{url}state", b"[]")[0] == 400
    assert post(f"{url}settle", b'{"id": "pi_x"}')[0] == 404
    assert post(f"{url}reset", Origin="http://evil.example")[0] == 403


def test_it_answers_to_loopback_names_only(sandbox):
    assert post(f"{sandbox.base_url}/_test/state", Host="evil.example")[0] == 403
    assert post(f"{sandbox.base_url}/_test/state", Host="localhost:80")[0] == 200


def test_a_file_that_is_not_its_own_is_left_alone(tmp_path):
    other, text = tmp_path / "other.sqlite3", tmp_path / "notes.txt"
    database = sqlite3.connect(other)
    database.execute("PRAGMA user_version = 99")
    database.close()
    text.write_text("Not a database, but long enough to be mistaken for one. " * 20)
    for path in (other, text):
        before = path.read_bytes()
        with pytest.raises(OSError, match="remove it"):
            StripeApp(state_file=str(path))
        assert path.read_bytes() == before


def test_it_speaks_the_pinned_version():
    assert api_version == stripe.api_version
    assert api_version.endswith(".endive")
