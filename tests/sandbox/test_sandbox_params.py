"""The Stripe sandbox refuses what Stripe refuses, with the same codes."""

import re
import urllib.error
import urllib.request

import pytest
import stripe

BASE = {"amount": 1999, "currency": "usd"}


def refusal(call, *args) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        call(*args)
    return caught.value


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"amount": 0}, "parameter_invalid_integer", "amount"),
        ({"amount": -5}, "parameter_invalid_integer", "amount"),
        ({"amount": "19.99"}, "parameter_invalid_integer", "amount"),
        ({"amount": 49}, "amount_too_small", "amount"),
        ({"amount": 100_000_000}, "amount_too_large", "amount"),
        ({"amount": 1001, "currency": "kwd"}, "parameter_invalid_integer", "amount"),
        ({"currency": "zzz"}, None, "currency"),
        ({"currency": "USD"}, None, "currency"),
        ({"payment_method_types": ["card"]}, "payment_method_types_no_longer_supported", "payment_method_types"),
        ({"colour": "red"}, "parameter_unknown", "colour"),
        ({"shipping": {"name": "A", "address": {"planet": "Mars"}}}, "parameter_unknown", "shipping[address][planet]"),
        ({"shipping": {"name": "A"}}, "parameter_missing", "shipping[address]"),
        ({"shipping": "Mars"}, None, "shipping"),
        ({"automatic_payment_methods": {"enabled": "maybe"}}, None, "automatic_payment_methods[enabled]"),
        ({"capture_method": "later"}, None, "capture_method"),
        ({"description": ""}, "parameter_invalid_empty", "description"),
        ({"metadata": {"k" * 41: "v"}}, None, f"metadata[{'k' * 41}]"),
        ({"metadata": {"k": "v" * 501}}, None, "metadata[k]"),
        ({"metadata": {f"k{n}": "v" for n in range(51)}}, None, "metadata"),
        ({"return_url": "http://127.0.0.1/"}, None, "return_url"),
        ({"confirm": True, "payment_method": "pm_card_visa"}, None, "return_url"),
        ({"confirm": True, "payment_method": "pm_card_visa", "return_url": "back"}, "url_invalid", "return_url"),
        ({"customer": "cus_nobody"}, "resource_missing", "customer"),
        ({"payment_method": "pm_nothing"}, "resource_missing", "payment_method"),
        ({"transfer_data": {"destination": "acct_1"}}, None, "transfer_data"),
    ],
)
def test_a_bad_parameter_is_named_and_nothing_is_created(client, sandbox, params, code, param):
    error = refusal(client.v1.payment_intents.create, {**BASE, **params})
    assert (error.code, error.param) == (code, param)
    assert "payment_intent" not in sandbox.control.state()["objects"]


def test_a_missing_parameter_is_named(client):
    error = refusal(client.v1.payment_intents.create, {"currency": "usd"})
    assert (error.code, error.param) == ("parameter_missing", "amount")


@pytest.mark.parametrize(("currency", "amount"), [("idr", 1_300_000), ("jpy", 1300), ("kwd", 1000), ("eur", 50)])
def test_minor_units_are_stripes(client, currency, amount):
    assert client.v1.payment_intents.create({"amount": amount, "currency": currency}).amount == amount


def test_server_side_card_numbers_are_refused(client):
    card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2034, "cvc": "123"}
    with pytest.raises(stripe.CardError, match="generally unsafe"):
        client.v1.payment_methods.create({"type": "card", "card": card})
    data = {"payment_method_data": {"type": "card", "card": card}}
    assert refusal(client.v1.payment_intents.create, {**BASE, **data}).code == "parameter_unknown"


def test_metadata_merges_and_unsets(client):
    intent = client.v1.payment_intents.create({**BASE, "metadata": {"a": "1", "b": "2"}})
    merged = client.v1.payment_intents.update(intent.id, {"metadata": {"b": "", "c": "3"}})
    assert merged.metadata.to_dict() == {"a": "1", "c": "3"}
    assert client.v1.payment_intents.update(intent.id, {"metadata": ""}).metadata.to_dict() == {}


def test_what_is_not_there_is_404(client):
    error = refusal(client.v1.payment_intents.retrieve, "pi_missing")
    assert (error.code, error.http_status) == ("resource_missing", 404)
    assert refusal(client.v1.checkout.sessions.retrieve, "cs_1").http_status == 404


def test_an_attribute_that_is_no_object_cannot_be_expanded(client):
    intent = client.v1.payment_intents.create(BASE)
    assert "expanded" in str(refusal(client.v1.payment_intents.retrieve, intent.id, {"expand": ["amount.x.nope"]}))


def test_a_wrong_key_is_refused_without_being_shown(connected, sandbox):
    for key in ("sk_live_realmoney", "nonsense_nonsense"):
        with pytest.raises(stripe.AuthenticationError) as caught:
            connected(sandbox.base_url, key=key).v1.payment_intents.create(BASE)
        assert key not in str(caught.value)


def test_another_api_version_is_refused(client):
    error = refusal(client.v1.payment_intents.list, {}, {"stripe_version": "2019-01-01"})
    assert "2019-01-01" in str(error)


@pytest.mark.parametrize(
    "body",
    [
        b"\xff=\xfe",
        b"amount[=1",
        b"a=1&a[b]=2",
        b"[]=1",
        b"amount[][][]=1",
        b"&".join([b"a[]=1"] * 3000),
        b"=",
        b"\x00",
    ],
)
def test_garbage_is_a_4xx(sandbox, body):
    request = urllib.request.Request(
        f"{sandbox.base_url}/v1/payment_intents", body, {"Authorization": "Bearer sk_test_x"}
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    with caught.value as response:
        assert re.fullmatch("4..", str(response.code))
