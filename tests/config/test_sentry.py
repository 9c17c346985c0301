"""What leaves the house when something goes wrong, caught on its way by a transport of our own."""

import json

import pytest
import sentry_sdk
from django.core.exceptions import ImproperlyConfigured
from sentry_sdk.transport import Transport

from config import sentry

PERSONAL = ("Wulandari", "Nutmeg", "wulan@example.com", "5550142", "203.0.113.7", "sessionid", "kT3x9secret")
SECRETS = ("sk_live_hush", "whsec_hush", "pi_1_secret_hush")


class Caught(Transport):
    """Keeps what would be sent."""

    def __init__(self, options=None) -> None:
        super().__init__(options)
        self.sent: list[str] = []

    def capture_envelope(self, envelope) -> None:
        self.sent += [item.payload.get_bytes().decode() for item in envelope.items]


@pytest.fixture
def house():
    """Sentry's own client with our options; the one of the process stays as it is."""
    caught = Caught()
    client = sentry_sdk.Client(
        "https://key@sentry.example/1", transport=caught, auto_enabling_integrations=False, **sentry.options()
    )
    with sentry_sdk.isolation_scope() as isolated, sentry_sdk.new_scope() as scope:
        isolated.set_client(client)
        scope.set_client(client)
        yield scope, caught


def test_personal_data_is_off_by_default_in_the_version_that_is_locked(house):
    chosen = house[0].get_client().options
    assert not chosen["send_default_pii"]
    assert not chosen["include_local_variables"]


def go_wrong(words: str) -> None:
    name, card = "Wulandari Kusuma", "sk_live_hush"
    raise RuntimeError(f"{words} for {len(name) + len(card)}")


def test_an_error_leaves_with_its_place_and_nothing_about_anybody(house):
    scope, caught = house
    scope.set_user({"id": "7", "email": "wulan@example.com", "ip_address": "203.0.113.7"})
    scope.set_extra("address", "17 Nutmeg Lane")
    scope.set_tag("phone", "5550142")
    sentry_sdk.add_breadcrumb(category="query", message="SELECT 'Wulandari'", data={"db.params": ["Nutmeg"]})
    sentry_sdk.add_breadcrumb(category="log", message="whsec_hush for wulan@example.com")
    try:
        go_wrong("sk_live_hush, pi_1_secret_hush, /orders/ET-1/kT3x9secret/\nDETAIL: Failing row (Wulandari, Nutmeg)")
    except RuntimeError as error:
        scope.capture_exception(error)
    (sent,) = caught.sent
    event = json.loads(sent)
    for frame in event["exception"]["values"][0]["stacktrace"]["frames"]:
        for line in ("pre_context", "context_line", "post_context"):
            frame.pop(line, None)  # of the code itself, where this test has its words
    said = json.dumps(event)
    assert [word for word in (*PERSONAL, *SECRETS) if word in said] == []
    assert event["exception"]["values"][0]["type"] == "RuntimeError"
    assert event["exception"]["values"][0]["stacktrace"]["frames"][-1]["function"] == "go_wrong"
    assert "<key>" in event["exception"]["values"][0]["value"]


def test_of_a_request_only_its_method_and_its_masked_path_leave():
    event = {
        "user": {"email": "wulan@example.com"},
        "server_name": "web-1",
        "request": {
            "url": "https://shop.example/orders/ET-1/kT3x9secret/?email=wulan@example.com",
            "method": "POST",
            "query_string": "email=wulan@example.com",
            "cookies": {"sessionid": "x"},
            "headers": {"Authorization": "Bearer sk_live_hush", "X-Forwarded-For": "203.0.113.7"},
            "data": {"name": "Wulandari", "line1": "17 Nutmeg Lane"},
            "env": {"REMOTE_ADDR": "203.0.113.7"},
        },
        "logentry": {"message": "refused %s", "params": ["Wulandari"], "formatted": "refused wulan@example.com"},
        "something new": "Nutmeg",
    }
    scrubbed = sentry.scrub(event)
    assert scrubbed["request"] == {"method": "POST", "url": "https://shop.example/orders/ET-1/<secret>/"}
    assert scrubbed["logentry"] == {"message": "refused <e-mail>"}
    assert set(scrubbed) == {"request", "logentry"}


def test_asked_for_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sentry_sdk", None)
    with pytest.raises(ImproperlyConfigured, match="requirements/observe.txt"):
        sentry.begin("https://key@sentry.example/1", environment="production")
