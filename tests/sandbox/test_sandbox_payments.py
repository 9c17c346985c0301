"""The Stripe sandbox: PaymentIntents from creation to their end, over HTTP with the real SDK."""

import json
import urllib.error
import urllib.parse
import urllib.request

import pytest
import stripe

NO_REDIRECTS = {"enabled": True, "allow_redirects": "never"}
EIGHT_DAYS = 8 * 86400


def test_a_card_that_works_pays_at_once(client, pay):
    intent = pay(metadata={"order": "A1"})

    assert intent.status == "succeeded"
    assert intent.amount_received == 2500
    again = client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert again.metadata["order"] == "A1"
    assert again.latest_charge.captured
    assert again.latest_charge.payment_method_details.card.last4 == "4242"


def test_an_intent_waits_for_a_method_then_for_confirmation(client):
    intents = client.v1.payment_intents
    intent = intents.create({"amount": 1999, "currency": "usd", "automatic_payment_methods": {"enabled": True}})
    assert intent.status == "requires_payment_method"
    assert intent.client_secret.startswith(f"{intent.id}_secret_")

    assert intents.update(intent.id, {"payment_method": "pm_card_visa"}).status == "requires_confirmation"
    assert intents.confirm(intent.id, {"return_url": "http://127.0.0.1/back"}).status == "succeeded"


@pytest.mark.parametrize(
    ("method", "code", "reason"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", None),
    ],
)
def test_a_decline_leaves_the_intent_open(client, pay, method, code, reason):
    with pytest.raises(stripe.CardError) as refusal:
        pay(method)

    error = refusal.value.error
    assert (error.code, getattr(error, "decline_code", None)) == (code, reason)
    intent = client.v1.payment_intents.retrieve(error.payment_intent.id)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error.code == code
    paid = client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert (paid.id, paid.status) == (intent.id, "succeeded")


# ------------------------------------------------------------------ 3-D Secure


class _Stop(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


def answer_bank(url: str, answer: str) -> dict[str, str]:
    """Press a button of the bank's page; the query of the address it leads to."""
    with urllib.request.urlopen(url) as page:
        assert b"<h1>" in page.read()
    request = urllib.request.Request(url, f"answer={answer}".encode())
    with pytest.raises(urllib.error.HTTPError) as redirect:
        urllib.request.build_opener(_Stop).open(request)
    with redirect.value as response:
        assert response.code == 303
        address = response.headers["Location"]
    assert address.startswith("http://127.0.0.1/back?order=7&")
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))


@pytest.mark.parametrize(
    ("method", "answer", "status", "outcome"),
    [
        ("pm_card_authenticationRequired", "complete", "succeeded", "succeeded"),
        ("pm_card_authenticationRequired", "fail", "requires_payment_method", "failed"),
        ("pm_card_threeDSecureRequiredChargeDeclined", "complete", "requires_payment_method", "failed"),
    ],
)
def test_3d_secure_asks_and_returns_with_the_outcome(client, pay, method, answer, status, outcome):
    intent = pay(method, return_url="http://127.0.0.1/back?order=7")
    assert intent.status == "requires_action"

    query = answer_bank(intent.next_action.redirect_to_url.url, answer)

    assert query == {
        "order": "7",
        "payment_intent": intent.id,
        "payment_intent_client_secret": intent.client_secret,
        "redirect_status": outcome,
    }
    assert client.v1.payment_intents.retrieve(intent.id).status == status


def test_a_challenge_is_worth_nothing_once_the_amount_changed(client, pay):
    intent = pay("pm_card_authenticationRequired", return_url="http://127.0.0.1/back")
    client.v1.payment_intents.update(intent.id, {"amount": 9900})

    with pytest.raises(urllib.error.HTTPError) as gone:
        urllib.request.urlopen(intent.next_action.redirect_to_url.url, b"answer=complete")

    with gone.value as response:
        assert response.code == 410
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_confirmation"


def test_a_card_that_must_be_authenticated_is_declined_when_nobody_is_there(pay):
    with pytest.raises(stripe.CardError) as refusal:
        pay("pm_card_authenticationRequired", off_session=True)
    assert refusal.value.code == "authentication_required"


# ------------------------------------------------------------------ slow methods, capture, cancelling


@pytest.mark.parametrize(("ok", "status"), [(True, "succeeded"), (False, "requires_payment_method")])
def test_a_bank_debit_is_processing_until_it_settles(client, sandbox, pay, ok, status):
    intent = pay("pm_usBankAccount_processing")
    assert intent.status == "processing"

    sandbox.control.settle(intent.id, ok=ok)

    assert client.v1.payment_intents.retrieve(intent.id).status == status


def test_a_method_outside_the_allowed_types_is_refused(client):
    params = {"amount": 900, "currency": "usd", "allowed_payment_method_types": ["card"]}
    intent = client.v1.payment_intents.create(params)
    with pytest.raises(stripe.InvalidRequestError, match="us_bank_account"):
        client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_usBankAccount_processing"})
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_payment_method"


def test_an_authorised_amount_is_captured_in_part(client, pay):
    intent = pay(capture_method="manual")
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 2500)

    with pytest.raises(stripe.InvalidRequestError, match="capturable"):
        client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 2501})
    captured = client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 2000})

    assert (captured.status, captured.amount_received) == ("succeeded", 2000)


def test_an_authorisation_lapses_after_a_week(client, sandbox, pay, endpoint):
    intent = pay(capture_method="manual")
    sandbox.control.clock(EIGHT_DAYS)
    sandbox.control.wait_until_delivered()
    assert client.v1.payment_intents.retrieve(intent.id).status == "canceled"


def test_cancelling_is_final_and_refused_once_paid(client, pay):
    intent = client.v1.payment_intents.create({"amount": 999, "currency": "usd"})
    canceled = client.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")

    for id in (intent.id, pay().id):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            client.v1.payment_intents.cancel(id)
        assert refusal.value.code == "payment_intent_unexpected_state"
        assert refusal.value.error.payment_intent.id == id


# ------------------------------------------------------------------ finding


def test_lists_page_newest_first_in_both_directions(client):
    ids = [client.v1.payment_intents.create({"amount": 100, "currency": "usd"}).id for _ in range(5)][::-1]

    first = client.v1.payment_intents.list({"limit": 2})
    after = client.v1.payment_intents.list({"limit": 2, "starting_after": ids[1]})
    before = client.v1.payment_intents.list({"limit": 2, "ending_before": ids[4]})

    assert [each.id for each in first.data] == ids[:2]
    assert first.has_more
    assert [each.id for each in after.data] == ids[2:4]
    assert [each.id for each in before.data] == ids[2:4]
    assert [each.id for each in client.v1.payment_intents.list({"limit": 2}).auto_paging_iter()] == ids


def test_search_finds_metadata_a_minute_later(client, sandbox):
    intent = client.v1.payment_intents.create({"amount": 100, "currency": "usd", "metadata": {"order": "A1"}})
    query = {"query": "metadata['order']:'A1' AND status:'requires_payment_method'"}
    assert client.v1.payment_intents.search(query).data == []
    sandbox.control.clock(61)
    assert [each.id for each in client.v1.payment_intents.search(query).data] == [intent.id]


# ------------------------------------------------------------------ the publishable key


def call(sandbox, path, **params):
    """A browser's call: status and JSON."""
    url = f"{sandbox.base_url}{path}?{urllib.parse.urlencode(params)}"
    request = urllib.request.Request(url, headers={"Authorization": "Bearer pk_test_shop"})
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_a_publishable_key_sees_one_intent_with_its_secret_and_no_metadata(client, sandbox):
    intent = client.v1.payment_intents.create({"amount": 100, "currency": "usd", "metadata": {"order": "A1"}})
    path = f"/v1/payment_intents/{intent.id}"

    status, seen = call(sandbox, path, client_secret=intent.client_secret)
    assert (status, seen["amount"]) == (200, 100)
    assert not {"metadata", "customer", "latest_charge"} & seen.keys()
    assert call(sandbox, path)[0] == 401
    assert call(sandbox, path, client_secret=f"{intent.id}_secret_guess")[0] == 400
    assert call(sandbox, "/v1/payment_intents")[0] == 401
    assert call(sandbox, "/v1/refunds")[0] == 401
