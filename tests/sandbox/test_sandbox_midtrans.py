"""The Midtrans sandbox, through Midtrans' own SDK and through a browser's plain requests."""

import json
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import midtransclient
import pytest
from midtransclient.error_midtrans import MidtransAPIError

from sandbox import server
from sandbox.midtrans import MidtransApp, MidtransSandbox, midtrans_sandbox
from sandbox.midtrans.notifications import signature

KEY = "SB-Mid-server-test"
WIB = timezone(timedelta(hours=7))


class Endpoint(ThreadingHTTPServer):
    """Keeps what it is told and answers `status`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/told/"
        self.status = 200
        self.told: list[dict[str, Any]] = []

    @property
    def statuses(self) -> list[str]:
        return [each["transaction_status"] for each in self.told]


class Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        self.server.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        if self.server.status in (301, 307):
            self.send_header("Location", "/told")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as told:
        thread = threading.Thread(target=told.serve_forever, args=(0.02,))
        thread.start()
        yield told
        told.shutdown()
        thread.join()


@pytest.fixture
def midtrans(endpoint: Endpoint) -> Iterator[MidtransSandbox]:
    with midtrans_sandbox(server_key=KEY, notification_url=endpoint.url) as running:
        yield running


def connect(sandbox: MidtransSandbox, key: str = KEY, **headers: str) -> midtransclient.Snap:
    snap = midtransclient.Snap(server_key=key, custom_headers=headers, proxies={})
    snap.api_config.SNAP_SANDBOX_BASE_URL = sandbox.snap_url
    snap.api_config.CORE_SANDBOX_BASE_URL = sandbox.base_url
    return snap


@pytest.fixture
def snap(midtrans: MidtransSandbox) -> midtransclient.Snap:
    return connect(midtrans)


def order(order_id: str = "ET-1-1", gross: Any = 13000, **more: Any) -> dict[str, Any]:
    return {"transaction_details": {"order_id": order_id, "gross_amount": gross}, **more}


def refusal(call: Any) -> str:
    with pytest.raises(MidtransAPIError) as raised:
        call()
    body = raised.value.api_response_dict
    return body.get("status_code") or " ".join(body["error_messages"])


# --- pages -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (order("x" * 51), "order_id too long"),
        (order("A#1"), "invalid characters"),
        (order(gross="13000.00"), "not a number"),
        (order(gross=130.5), "must not have decimals"),
        (order(gross=0), "greater than or equal"),
        (order(item_details=[{"id": "a", "name": "x", "price": 7000, "quantity": 1}]), "not equal to the sum"),
        (order(expiry={"start_time": "tomorrow", "duration": 1, "unit": "day"}), "expiry is not valid"),
        (order(page_expiry={"duration": 1, "unit": "minute"}), "between 5 minutes and 7 days"),
        (order(callbacks={"finish": "https://shop.evil.com/"}), "this machine only"),
        (order(enabled_payments=["barter"]), "barter is unknown"),
        (order(colour="red"), "colour is unknown"),
        ({}, "transaction_details is required"),
    ],
)
def test_it_refuses_what_midtrans_would(snap, asked, words):
    assert words in refusal(lambda: snap.create_transaction(asked))


def test_another_key_is_refused(midtrans):
    assert "Access denied" in refusal(lambda: connect(midtrans, "SB-other").create_transaction(order()))
    assert refusal(lambda: connect(midtrans, "SB-other").transactions.status("x")) == "401"


def test_nothing_is_known_before_a_method_is_chosen(snap, midtrans):
    made = snap.create_transaction(order())
    assert made["redirect_url"].endswith(made["token"])
    assert refusal(lambda: snap.transactions.status("ET-1-1")) == "404"


def test_a_new_page_revokes_the_old_until_a_method_is_chosen(snap, midtrans):
    first = snap.create_transaction(order())
    snap.create_transaction(order())
    assert visit(first["redirect_url"])[0] == 410
    midtrans.control.choose("ET-1-1")
    assert "sudah digunakan" in refusal(lambda: snap.create_transaction(order()))


def test_an_idempotency_key_gives_the_same_page_for_five_minutes(midtrans):
    snap = connect(midtrans, **{"Idempotency-Key": "k1"})
    first = snap.create_transaction(order())
    assert snap.create_transaction(order()) == first
    midtrans.control.clock(301)
    assert snap.create_transaction(order())["token"] != first["token"]


def test_a_page_that_is_closed_takes_nothing_more(snap, midtrans):
    made = snap.create_transaction(order())

    def close(token):
        url = f"{midtrans.snap_url}/transactions/{token}/cancel"
        return snap.http_client.request("post", KEY, url, {}, {}, {})[0]

    midtrans.control.choose("ET-1-1")
    assert "in progress" in refusal(lambda: close(made["token"]))
    snap.transactions.expire("ET-1-1")
    assert "canceled_at" in close(made["token"])
    assert "already canceled" in refusal(lambda: close(made["token"]))
    assert "not found" in refusal(lambda: close("nothing"))
    assert visit(made["redirect_url"])[0] == 410
    assert midtrans.control.state()["open_pages"] == []


def test_closing_the_transaction_does_not_close_the_page(snap, midtrans):
    snap.create_transaction(order())
    midtrans.control.choose("ET-1-1")
    snap.transactions.expire("ET-1-1")
    assert midtrans.control.pay("ET-1-1", "gopay")["transaction_status"] == "settlement"


def test_a_page_closes_by_itself(snap, midtrans):
    snap.create_transaction(order(page_expiry={"duration": 10, "unit": "minutes"}))
    midtrans.control.clock(601)
    assert midtrans.control.state()["open_pages"] == []


def test_numbers_expire_when_the_shop_said_so(snap, midtrans, endpoint):
    start = datetime.now(WIB).strftime("%Y-%m-%d %H:%M:%S %z")
    snap.create_transaction(order(expiry={"start_time": start, "duration": 2, "unit": "hour"}))
    midtrans.control.choose("ET-1-1", "bni_va")
    midtrans.control.clock(7201)
    assert snap.transactions.status("ET-1-1")["transaction_status"] == "expire"
    assert midtrans.control.wait_until_delivered()
    assert set(endpoint.statuses) == {"pending", "expire"}


# --- transactions ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "status", "field"),
    [
        ("credit_card", "capture", "masked_card"),
        ("gopay", "settlement", "settlement_time"),
        ("other_qris", "settlement", "acquirer"),
        ("bca_va", "settlement", "va_numbers"),
        ("permata_va", "settlement", "permata_va_number"),
        ("echannel", "settlement", "bill_key"),
        ("indomaret", "settlement", "payment_code"),
    ],
)
def test_each_channel_says_what_it_says_there(snap, midtrans, endpoint, channel, status, field):
    snap.create_transaction(order())
    midtrans.control.pay("ET-1-1", channel)
    answer = snap.transactions.status("ET-1-1")
    assert (answer["transaction_status"], answer["gross_amount"], answer["status_code"]) == (status, "13000.00", "200")
    assert field in answer
    assert ("fraud_status" in answer) == (channel != "indomaret")
    assert midtrans.control.wait_until_delivered()
    last = max(endpoint.told, key=lambda told: told["transaction_status"] != "pending")
    assert last["signature_key"] == signature("ET-1-1", "200", "13000.00", KEY)


def test_a_denied_card_can_be_tried_again(snap, midtrans):
    snap.create_transaction(order())
    midtrans.control.pay("ET-1-1", "credit_card", outcome="deny")
    assert snap.transactions.status("ET-1-1")["status_code"] == "202"
    midtrans.control.pay("ET-1-1", "credit_card")
    assert snap.transactions.status("ET-1-1")["transaction_status"] == "capture"


def test_a_challenge_is_decided_by_staff(snap, midtrans):
    for number, decide in (("A-1", "approve"), ("A-2", "deny")):
        snap.create_transaction(order(number))
        midtrans.control.pay(number, "credit_card", outcome="challenge")
        assert snap.transactions.status(number)["fraud_status"] == "challenge"
        getattr(snap.transactions, decide)(number)
    assert snap.transactions.status("A-1")["fraud_status"] == "accept"
    assert snap.transactions.status("A-2")["transaction_status"] == "deny"


def test_an_expiry_answers_407_and_is_no_error(snap, midtrans):
    snap.create_transaction(order())
    midtrans.control.choose("ET-1-1")
    assert snap.transactions.expire("ET-1-1")["status_code"] == "407"
    assert refusal(lambda: snap.transactions.expire("ET-1-1")) == "412"


def test_a_captured_card_is_cancelled_and_a_settled_one_refunded(snap, midtrans):
    snap.create_transaction(order("A-1"))
    midtrans.control.pay("A-1", "credit_card")
    assert refusal(lambda: snap.transactions.refund("A-1", {"refund_key": "r1", "amount": 1000})) == "412"
    assert snap.transactions.cancel("A-1")["transaction_status"] == "cancel"
    snap.create_transaction(order("A-2"))
    midtrans.control.pay("A-2", "credit_card")
    midtrans.control.settle("A-2")
    assert refusal(lambda: snap.transactions.cancel("A-2")) == "412"
    assert (
        snap.transactions.refund("A-2", {"refund_key": "r1", "amount": 3000})["transaction_status"] == "partial_refund"
    )
    assert snap.transactions.refund("A-2", {"refund_key": "r1", "amount": 3000})["refund_amount"] == "3000.00"
    assert refusal(lambda: snap.transactions.refund("A-2", {"refund_key": "r2", "amount": 10001})) == "414"
    assert snap.transactions.refund("A-2", {"refund_key": "r3"})["transaction_status"] == "refund"
    assert [each["refund_amount"] for each in snap.transactions.status("A-2")["refunds"]] == ["3000.00", "10000.00"]


@pytest.mark.parametrize("channel", ["bca_va", "echannel", "alfamart"])
def test_transfers_cannot_be_refunded(snap, midtrans, channel):
    snap.create_transaction(order())
    midtrans.control.pay("ET-1-1", channel)
    assert refusal(lambda: snap.transactions.refund("ET-1-1", {"refund_key": "r1"})) == "412"


# --- notifications -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "times"), [(200, 1), (500, 2), (503, 5), (400, 3), (404, 3), (301, 1), (302, 1), (429, 6), (307, 6)]
)
def test_it_tries_again_as_often_as_midtrans(snap, midtrans, endpoint, status, times):
    endpoint.status = status
    snap.create_transaction(order())
    midtrans.control.pay("ET-1-1", "credit_card")
    assert midtrans.control.wait_until_delivered()
    assert len(endpoint.told) == times


def test_they_can_be_held_turned_round_doubled_and_lost(snap, midtrans, endpoint):
    midtrans.control.hold()
    snap.create_transaction(order())
    midtrans.control.pay("ET-1-1", "gopay")
    assert midtrans.control.state()["held"] == 2
    assert midtrans.control.deliver(reverse=True, times=2) == [200] * 4
    assert endpoint.statuses == ["settlement", "settlement", "pending", "pending"]
    midtrans.control.refund("ET-1-1", 1000)
    assert midtrans.control.deliver(drop=True) == []
    assert len(endpoint.told) == 4


def test_they_can_be_forged(snap, midtrans, endpoint):
    snap.create_transaction(order())
    midtrans.control.choose("ET-1-1")
    midtrans.control.wait_until_delivered()
    assert midtrans.control.send(endpoint.url, midtrans.control.notification("ET-1-1", transaction_status="settlement"))
    assert endpoint.told[-1]["signature_key"] == endpoint.told[0]["signature_key"]  # it does not cover the status


# --- faults and places -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "made"),
    [({"kind": "refuse"}, 0), ({"kind": "lose_response"}, 1), ({"kind": "garbage"}, 1), ({"kind": "status"}, 0)],
    ids=str,
)
def test_faults_come_before_or_after_the_work(snap, midtrans, fault, made):
    midtrans.control.fault(match="POST /snap/v1/transactions$", **fault)
    with pytest.raises(Exception):  # noqa: B017, PT011 - the SDK raises whatever it likes
        snap.create_transaction(order())
    assert midtrans.control.state()["objects"].get("page", 0) == made
    assert snap.create_transaction(order())["token"]


def test_it_stays_on_this_machine_and_out_of_production(monkeypatch):
    with pytest.raises(server.Refused, match="this machine"):
        MidtransApp(server_key=KEY, notification_url="https://shop.example/told")
    with pytest.raises(server.Refused, match="SB-"):
        MidtransApp(server_key="Mid-server-live")
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings.production")
    with pytest.raises(server.Refused, match="production"), midtrans_sandbox():
        pass


def test_it_keeps_its_state(tmp_path):
    state = str(tmp_path / "midtrans.sqlite3")
    with midtrans_sandbox(server_key=KEY, state_file=state) as first:
        connect(first).create_transaction(order())
        first.control.choose("ET-1-1")
    with midtrans_sandbox(server_key=KEY, state_file=state) as second:
        assert connect(second).transactions.status("ET-1-1")["transaction_status"] == "pending"


def test_the_controls_answer_programs_not_pages(midtrans):
    assert visit(f"{midtrans.base_url}/_test/state", {"a": "b"}, Origin="http://evil.example")[0] == 403


# --- the page, without a script ----------------------------------------------------------------


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:
        return None


def visit(url: str, form: dict[str, str] | None = None, **headers: str) -> tuple[int, str]:
    """Status, and where it leads or what it says."""
    body = urllib.parse.urlencode(form).encode() if form else None
    try:
        with urllib.request.build_opener(_Stay).open(urllib.request.Request(url, body, headers)) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get("Location") or error.read().decode()


FINISH = {"finish": "http://127.0.0.1:9/back/?o=signed"}


def test_a_number_is_given_and_paid_at_the_counter(snap, midtrans):
    url = snap.create_transaction(order(callbacks=FINISH))["redirect_url"]
    assert "BCA virtual account" in visit(url)[1]
    assert visit(url, {"channel": "bca_va"})[0] == 303
    number = snap.transactions.status("ET-1-1")["va_numbers"][0]["va_number"]
    assert number in visit(url)[1]
    assert visit(url, {"answer": "back"})[1] == (
        "http://127.0.0.1:9/back/?o=signed&order_id=ET-1-1&status_code=201&transaction_status=pending"
    )
    counter = f"{midtrans.base_url}/simulator/"
    assert visit(counter, {"number": "123"})[0] == 404
    assert "Paid: IDR 13,000" in visit(counter, {"number": number})[1]
    assert visit(counter, {"number": number})[0] == 404
    assert snap.transactions.status("ET-1-1")["transaction_status"] == "settlement"


def test_a_card_asks_the_bank_and_a_challenge_is_told_as_captured(snap, midtrans):
    url = snap.create_transaction(order(callbacks=FINISH))["redirect_url"]
    assert "declined" in visit(url, {"channel": "credit_card", "number": "4911 1111 1111 1113"})[1]
    assert visit(url, {"channel": "credit_card", "number": "4511 1111 1111 1117"})[0] == 303
    assert "Is it you" in visit(url)[1]
    status, back = visit(url, {"answer": "accept"})
    assert (status, "transaction_status=capture" in back) == (303, True)
    assert snap.transactions.status("ET-1-1")["fraud_status"] == "challenge"


def test_a_refusal_keeps_the_page_open(snap, midtrans):
    url = snap.create_transaction(order(callbacks=FINISH))["redirect_url"]
    visit(url, {"channel": "other_qris"})
    assert "The payment was refused" in visit(url, {"answer": "refuse"})[1]
    visit(url, {"channel": "gopay"})
    assert "transaction_status=settlement" in visit(url, {"answer": "accept"})[1]
    assert "transaction_status=settlement" in visit(url)[1]
