"""At each call of a provider, in every step: refused, failed, throttled, answered with garbage or too late, or done
without our hearing of it."""

import time

import pytest

from shop.payments.providers import midtrans_client
from shop.payments.providers import stripe as stripe_adapter
from tests.faults.cases import calls, sampled
from tests.faults.house import House
from tests.faults.points import Hook, watching
from tests.faults.steps import STEPS
from tests.faults.traces import TRACES

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("impatient")]

PATIENCE, LATE = 0.6, 1.0  # seconds: ours, instead of the real ones, and the provider's
FAULTS = {
    "refused": {"kind": "refuse"},
    "500": {"kind": "status", "status": 500},
    "503": {"kind": "status", "status": 503},
    "429": {"kind": "status", "status": 429},
    "garbage": {"kind": "garbage"},
    "answer lost": {"kind": "lose_response"},
    "too late": {"kind": "delay", "seconds": LATE},
    "500 kept": {"kind": "status", "status": 500, "pinned": True},
}


def cases():
    for provider, name, at in calls():
        to_stripe = "/v1/" in TRACES[provider, name][at].removeprefix("POST /snap")
        posts = TRACES[provider, name][at].startswith("POST")
        for fault in FAULTS:
            if fault != "500 kept" or (to_stripe and posts):  # under an idempotency key, which only Stripe keeps
                yield provider, name, at, fault


def failing(house: House, at: int, fault: str) -> Hook:
    """Plan the fault right before the call number `at`, at whom it is for."""

    def hook(moment: str, number: int, name: str) -> None:
        if (moment, number) == ("before", at):
            stripes = " /v1/" in name
            bank = house.bank if (house.bank.name == "stripe") == stripes else house.other
            bank.control.fault(**FAULTS[fault])

    return hook


@pytest.fixture
def hurried(monkeypatch):
    monkeypatch.setattr(stripe_adapter, "CONNECT_AND_READ_SECONDS", (2, PATIENCE))
    monkeypatch.setattr(midtrans_client, "CONNECT_AND_READ_SECONDS", (2, PATIENCE))


@pytest.mark.parametrize(("provider", "name", "at", "fault"), sampled(cases(), every=45))
def test_whatever_a_provider_answers_it_ends_well(house, name, at, fault, provider, request):
    STEPS[name].before(house)
    if fault == "too late":
        request.getfixturevalue("hurried")
        stripe_adapter._client.cache_clear()
    with watching(failing(house, at, fault)) as watch:
        STEPS[name].act(house)
    if fault == "too late":
        time.sleep(LATE)  # what we did not wait for is done by now
    assert len(watch.seen) > at
    assert not house.bank.control.state()["faults"] + house.other.control.state()["faults"], "nobody met the fault"
    STEPS[name].ends_well(house)
