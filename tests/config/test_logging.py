import io
import json
import logging
import logging.config
import sys

import pytest

from config.logging import configuration, mask, request_id


@pytest.fixture
def written(monkeypatch):
    """Loggers set up as in production; call it for the lines that were written so far."""
    stream = io.StringIO()
    before = {name: (logger.handlers[:], logger.level) for name, logger in _loggers().items()}
    setup = configuration(json=True)
    setup["handlers"]["stderr"]["stream"] = stream
    logging.config.dictConfig(setup)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    for name, (handlers, level) in before.items():
        logging.getLogger(name).handlers[:] = handlers
        logging.getLogger(name).setLevel(level)


def _loggers():
    names = [name for name in logging.root.manager.loggerDict if not name.startswith("faker")]
    return {name: logging.getLogger(name) for name in ["", *names]}


def test_a_line_is_one_json_object_with_the_request_it_belongs_to(written):
    token = request_id.set("abc12345")
    logging.getLogger("shop.orders").info("order %s is paid", "ET-10001", extra={"order": "ET-10001"})
    request_id.reset(token)
    [line] = written()
    assert line["message"] == "order ET-10001 is paid"
    assert (line["level"], line["logger"]) == ("INFO", "shop.orders")
    assert (line["request_id"], line["order"]) == ("abc12345", "ET-10001")
    assert line["time"]


def test_a_traceback_carries_no_address_out(written):
    try:
        raise ValueError("no such person: ani.wijaya+shop@example.co.id")
    except ValueError:
        logging.getLogger("shop").exception("lost %s", "budi@example.com")
    [line] = written()
    assert "example" not in json.dumps(line)
    assert "no such person: <e-mail>" in line["exc_info"]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("to ani@example.com.", "to <e-mail>."),
        ("?email=ani%40example.com&x=1", "?email=<e-mail>&x=1"),
        ("/orders/ET-10001/kT3x9_-abc/", "/orders/ET-10001/<secret>/"),
        ("/account/confirm-email/MQ:1x:abc/", "/account/confirm-email/<secret>/"),
        ("/account/password/reset/key/1-abc-def/", "/account/password/reset/key/<secret>/"),
        ("key sk_live_51abc and whsec_x9", "key <key> and <key>"),
        ("pi_3Nx_secret_Y7", "pi_3Nx_secret_<secret>"),
        ("order ET-10001 at 12:00 @ 3 x 4", "order ET-10001 at 12:00 @ 3 x 4"),
        ("/orders/lookup/", "/orders/lookup/"),
    ],
)
def test_what_is_masked_and_what_is_not(text, masked):
    assert mask(text) == masked


@pytest.mark.django_db
def test_a_request_leaves_one_line_without_its_query(client, caplog):
    caplog.set_level("INFO", "config.requests")
    response = client.get("/account/login/?next=/orders/ET-1/secret/&email=ani@example.com")
    [record] = caplog.records
    assert record.getMessage().startswith("GET /account/login/ 200 in ")
    assert (record.path, record.status) == ("/account/login/", 200)
    assert response["X-Request-ID"]


@pytest.mark.django_db
def test_secret_parts_of_an_address_are_not_logged(client, caplog):
    caplog.set_level("INFO", "config.requests")
    client.get("/account/confirm-email/MQ:1abc:secretpart/")
    assert "secretpart" not in caplog.text


@pytest.mark.django_db
def test_refusals_are_not_shouted(client, written):
    client.raise_request_exception = False
    client.get("/account/login/", headers={"host": "evil.example"})
    client.get("/nowhere/")
    assert {(line["logger"], line["level"]) for line in written()} == {("config.requests", "INFO")}


def test_a_desk_reads_lines(capsys):
    setup = configuration(json=False)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.config.DictConfigurator(setup).configure_formatter(setup["formatters"]["lines"]))
    record = logging.LogRecord("shop", logging.WARNING, "f.py", 1, "mail to %s", ("ani@example.com",), None)
    record.request_id = "abc12345"
    handler.emit(record)
    assert "WARNING shop mail to <e-mail> abc12345" in capsys.readouterr().out
