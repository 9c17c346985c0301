"""The Stripe sandbox: money going back, by the shop's will or the cardholder's."""

import pytest
import stripe


def refuse(client, **params) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create(params)
    return caught.value


def test_refunds_add_up_to_the_payment_and_no_further(client, pay):
    intent = pay()
    part = client.v1.refunds.create({"payment_intent": intent.id, "amount": 1000, "metadata": {"key": "r1"}})
    assert (part.status, part.amount, part.metadata["key"]) == ("succeeded", 1000, "r1")

    assert refuse(client, payment_intent=intent.id, amount=1501).param == "amount"
    assert client.v1.refunds.create({"payment_intent": intent.id}).amount == 1500
    assert refuse(client, payment_intent=intent.id).code == "charge_already_refunded"

    charge = client.v1.charges.retrieve(intent.latest_charge, {"expand": ["refunds"]})
    assert (charge.refunded, charge.amount_refunded) == (True, 2500)
    assert [each.amount for each in charge.refunds.data] == [1500, 1000]
    assert len(client.v1.refunds.list({"payment_intent": intent.id}).data) == 2


def test_an_over_refund_refused_is_pinned_to_its_key(client, pay):
    intent = pay()
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            client.v1.refunds.create({"payment_intent": intent.id, "amount": 9999}, {"idempotency_key": "r1"})
    assert caught.value.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("amount", [0, -1])
def test_a_refund_is_of_something(client, pay, amount):
    assert refuse(client, payment_intent=pay().id, amount=amount).code == "parameter_invalid_integer"


def test_what_was_not_captured_cannot_be_refunded(client, pay):
    unpaid = client.v1.payment_intents.create({"amount": 500, "currency": "usd"})
    assert "successful charge" in str(refuse(client, payment_intent=unpaid.id))
    assert "captured" in str(refuse(client, payment_intent=pay(capture_method="manual").id))


def test_only_the_captured_part_can_be_refunded(client, pay):
    intent = pay(capture_method="manual")
    client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 2000})
    assert refuse(client, payment_intent=intent.id, amount=2001).param == "amount"
    assert client.v1.refunds.create({"payment_intent": intent.id}).amount == 2000


def test_a_refund_may_be_pending(client, sandbox, pay):
    refund = client.v1.refunds.create({"payment_intent": pay("pm_card_pendingRefund").id})
    assert refund.status == "pending"
    sandbox.control.settle(refund.id)
    assert client.v1.refunds.retrieve(refund.id).status == "succeeded"


def test_a_refund_may_fail_later_and_the_money_is_back(client, sandbox, pay, endpoint):
    intent = pay("pm_card_refundFail")
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    assert refund.status == "succeeded"

    sandbox.control.settle(refund.id, ok=False)

    assert client.v1.refunds.retrieve(refund.id).status == "failed"
    assert client.v1.charges.retrieve(intent.latest_charge).amount_refunded == 0
    assert sandbox.control.wait_until_delivered()
    assert "refund.failed" in endpoint.types


def test_a_dispute_takes_the_money_and_blocks_refunds(client, sandbox, pay, endpoint):
    intent = pay()
    dispute = sandbox.control.dispute(intent.id)
    assert refuse(client, payment_intent=intent.id).code == "charge_disputed"
    assert client.v1.disputes.list({"payment_intent": intent.id}).data[0].status == "needs_response"

    sandbox.control.close_dispute(dispute["id"], won=True)

    assert client.v1.refunds.create({"payment_intent": intent.id}).status == "succeeded"
    assert sandbox.control.wait_until_delivered()
    told = {type.removeprefix("charge.dispute.") for type in endpoint.types if "dispute" in type}
    assert told == {"created", "funds_withdrawn", "funds_reinstated", "closed"}


def test_evidence_sends_a_dispute_to_the_bank(client, pay):
    intent = pay("pm_card_createDispute")
    dispute = client.v1.disputes.list({"payment_intent": intent.id}).data[0]
    answered = client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "It was delivered."}})
    assert answered.status == "under_review"
    assert client.v1.disputes.close(dispute.id).status == "lost"
