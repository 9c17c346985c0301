"""Each rule is broken once behind the application's back, and the audit says so; a shop in order is green."""

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.utils import InternalError

from shop import audit
from shop.catalogue.models import Variant
from shop.checkout import reminders
from shop.checkout.models import CheckoutDraft
from shop.inventory import operations as inventory
from shop.inventory.models import StockItem
from shop.orders import operations as orders
from shop.orders.models import Order
from shop.outbox import operations as outbox
from shop.outbox.models import Job, Mail
from tests.checkout.world import NOW, fill_cart, place, sell
from tests.orders.helpers import LATER, expire, paid_order, pay, placed_order, refund, send

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def check_now() -> None:
    """Run the deferred constraints, so that tables with pending checks can be altered."""
    sql("SET CONSTRAINTS ALL IMMEDIATE")


def without(table: str, constraint: str) -> None:
    check_now()
    sql(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")


def rewrite_history(table: str) -> None:
    check_now()
    sql(f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only")


def change_parcels(statement: str) -> None:
    check_now()
    for trigger in ("shop_parcel_line_stays", "shop_parcels_within_ordered"):
        sql(f"ALTER TABLE shop_fulfilmentline DISABLE TRIGGER {trigger}")
    sql(statement)


def found(name: str, now=LATER) -> list[str]:
    """The breaches that the check of that name finds."""
    return next(finding for finding in audit.audit(now=now) if finding.name == name).breaches


# --- a shop in order -----------------------------------------------------------------------------


@pytest.fixture
def busy_shop() -> None:
    """An order in each state, all mails written."""
    sell("MUG", stock=50)
    for further in (pay, expire, lambda order: send(pay(order)), lambda order: order):
        further(placed_from("MUG"))
    refund(send(pay(placed_from("MUG"))), "10.00")
    refund(send(pay(placed_from("MUG"))))
    done = send(pay(placed_from("MUG")))
    orders.mark_delivered(order_id=done.pk, actor="test", now=LATER)
    outbox.relay(now=LATER + timedelta(hours=1))


def placed_from(sku: str) -> Order:
    return place(fill_cart(Variant.objects.get(sku=sku), quantity=2))


def test_a_shop_in_order_is_green(busy_shop):
    assert {order.state for order in Order.objects.all()} == set(Order.State.values)
    assert Mail.objects.filter(sent_at=None).count() == 0 < Mail.objects.count()
    assert [finding for finding in audit.audit(now=NOW) if finding.breaches] == []


def test_an_empty_shop_is_green():
    assert [finding for finding in audit.audit(now=NOW) if finding.breaches] == []


# Checks whose breaches need more of a world than there is here.
BROKEN_ELSEWHERE = {
    "listings_are_true": "storefront/test_indexing.py",
    "members_equal_a_fresh_computation": "audit/test_collections.py",
    "never_is_never": "audit/test_collections.py",
    "budgets_hold": "audit/test_promotions.py",
    "discounts_are_told_apart": "audit/test_promotions.py",
    "refunds_stay_within_captured": "audit/test_refunds.py",
    "lines_are_refunded_once": "audit/test_refunds.py",
    "nothing_comes_back_twice": "audit/test_refunds.py",
    "refund_history_is_a_chain": "audit/test_refunds.py",
    "provider_objects_have_one_payment": "audit/test_refunds.py",
    "refunds_get_through": "audit/test_refunds.py",
    "refunds_are_told": "audit/test_refunds.py",
    "accounts_are_for_what_a_person_sends": "audit/test_refunds.py",
    "returns_stay_within_shipped": "audit/test_returns.py",
    "returned_goods_are_in_the_ledger": "audit/test_returns.py",
    "refunded_returns_have_their_refund": "audit/test_returns.py",
    "returns_are_told": "audit/test_returns.py",
    "forgotten_orders_name_nobody": "account/test_privacy.py",
    "erasures_are_on_time": "account/test_privacy.py",
    "uses_follow_their_order": "audit/test_promotions.py",
    "uses_keep_to_the_limits": "audit/test_promotions.py",
    "asks_are_told_once": "audit/test_wishes.py",
    "files_are_done_with_all_lines": "merchandising/test_files.py",
    "nobody_waits_twice": "audit/test_wishes.py",
    "price_letters_once_a_day": "audit/test_wishes.py",
}


def test_every_check_says_its_rule_and_is_broken():
    names = [check.__name__ for check in audit.CHECKS]
    assert len(set(names)) == len(names)
    assert all(check.__doc__ for check in audit.CHECKS)
    assert set(names) == set(BREAKERS) | set(BROKEN_ELSEWHERE)


@pytest.mark.parametrize(("name", "file"), BROKEN_ELSEWHERE.items())
def test_a_check_that_is_broken_elsewhere_is_named_there(name, file):
    assert name in (Path(__file__).parents[1] / file).read_text()


def test_it_only_reads():
    def write(books):
        books.cursor.execute("UPDATE shop_stockitem SET on_hand = 0")

    with pytest.raises(InternalError, match="read-only"), transaction.atomic():
        audit.audit(now=NOW, checks=[write])
    sell("MUG")
    audit.audit(now=NOW)
    sell("CUP")  # the transaction around it may write again


# --- the command ---------------------------------------------------------------------------------


def run(*options: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("audit_shop", *options, stdout=out)
    except SystemExit as end:
        return end.code, out.getvalue()
    return 0, out.getvalue()


def test_the_command_prints_each_check_and_ends_with_0(busy_shop):
    Order.objects.filter(state="pending").update(needs_attention="old, in a test")
    code, text = run()
    assert code == 0
    assert text.count("ok      ") == len(audit.CHECKS)
    assert text.endswith(f"{len(audit.CHECKS)} checks, 0 breaches\n")


def test_the_command_prints_breaches_and_ends_with_1(busy_shop):
    sql("UPDATE shop_stockitem SET on_hand = on_hand + 3")
    code, text = run()
    assert code == 1
    assert "shelf_equals_ledger" in text
    assert "45 on hand, its movements say 42" in text


def test_the_command_speaks_to_programs(busy_shop):
    sql("UPDATE shop_stockitem SET on_hand = on_hand + 3")
    Order.objects.filter(state="pending").update(needs_attention="old, in a test")
    code, text = run("--json")
    report = json.loads(text)
    assert code == 1
    assert report["breaches"] == 1
    assert {check["name"] for check in report["checks"] if check["breaches"]} == {"shelf_equals_ledger"}


# --- every rule, broken --------------------------------------------------------------------------

BREAKERS: dict[str, Callable[[], str]] = {}


def breaks(function: Callable[[], str]) -> Callable[[], str]:
    """A function that breaks the rule of its name and returns what the audit must then say."""
    BREAKERS[function.__name__] = function
    return function


@pytest.mark.parametrize("name", [name for check in audit.CHECKS if (name := check.__name__) not in BROKEN_ELSEWHERE])
def test_a_breach_is_reported(name):
    expected = BREAKERS[name]()
    breaches = found(name)
    assert any(expected in breach for breach in breaches), breaches


@breaks
def shelf_equals_ledger():
    sell("MUG", stock=5)
    sql("UPDATE shop_stockitem SET on_hand = 7")
    return "7 on hand, its movements say 5"


@breaks
def ledger_balances():
    sell("MUG", stock=5)
    rewrite_history("shop_stockmovement")
    sql("UPDATE shop_stockmovement SET balance = 9")
    return "balance 9, should be 5"


@breaks
def reserved_equals_reservations():
    placed_order()
    sql("UPDATE shop_stockitem SET reserved = 1")
    return "1 reserved, its reservations say 2"


@breaks
def lines_keep_their_stock():
    order = paid_order()
    sql("UPDATE shop_reservation SET state = 'held', expires_at = now()")
    line = order.lines.get()
    return (
        f"order {order.number} (processing), line MUG: 2 ordered, 0 dropped, 0 left, reservation {line.reservation_id}"
    )


@breaks
def nothing_kept_for_nobody():
    order = expire(placed_order())
    sql("UPDATE shop_reservation SET state = 'firm', closed_at = NULL")
    return f"2 units firm for order {order.number}, which is cancelled"


@breaks
def promises_can_be_kept():
    paid_order()
    sql("UPDATE shop_stockitem SET on_hand = 1")
    return "2 reserved, 1 on hand, and nobody was told"


@breaks
def shipped_units_left_once():
    order = send(paid_order())
    sql(
        "INSERT INTO shop_stockmovement (stock_item_id, delta, balance, reason, note, order_number, actor, at) "
        "SELECT id, -2, 1, 'shipped', '', %s, 'test', now() FROM shop_stockitem",
        order.number,
    )
    return f"order {order.number}, shelf {StockItem.objects.get().pk}: 4 units left, 2 were reserved and shipped"


@breaks
def parcels_left_the_shelves():
    order = send(paid_order())
    change_parcels("UPDATE shop_fulfilmentline SET quantity = 1")
    return f"order {order.number}, shelf {StockItem.objects.get().pk}: 1 units in parcels that left, 2 were reserved"


@breaks
def totals_add_up():
    order = placed_order()
    without("shop_order", "order_total_adds_up")
    sql("UPDATE shop_order SET total = total + 1")
    return f"order {order.number}: total 58.80 USD, its parts make 57.80"


@breaks
def lines_add_up():
    order = placed_order()
    without("shop_orderline", "order_line_adds_up")
    sql("UPDATE shop_orderline SET subtotal = 47")
    return f"order {order.number}: goods 48.00 discount 0.00 tax 4.80, its 1 lines say 47.00, 0.00, 4.80; 1 of them"


@breaks
def amounts_are_coins():
    order = placed_order()
    sql("UPDATE shop_order SET currency = 'IDR'")
    return f"order {order.number}: 57.80 IDR cannot be paid"


@breaks
def states_have_their_event():
    order = send(paid_order())
    sql("UPDATE shop_order SET state = 'delivered'")
    return f"order {order.number}: delivered, its timeline says shipped"


@breaks
def parcels_hold_what_was_sold():
    order = send(paid_order())
    change_parcels("UPDATE shop_fulfilmentline SET quantity = 1")
    return f"order {order.number} (shipped), line MUG: 2 sold and not dropped, 1 in parcels"


@breaks
def all_that_left_is_shipped():
    order = send(paid_order())
    sql("UPDATE shop_order SET state = 'processing'")
    return f"order {order.number}: all its 2 units have left, and it is still to be packed"


@breaks
def placed_once():
    first, second = placed_order("MUG"), placed_order("CUP")
    check_now()
    sql("ALTER TABLE shop_order DROP CONSTRAINT shop_order_checkout_key_key")
    sql("UPDATE shop_order SET checkout_key = %s WHERE id = %s", first.checkout_key, second.pk)
    return f"2 orders with the checkout key {first.checkout_key}"


@breaks
def ordered_is_out_of_the_cart():
    cart = fill_cart(sell(), quantity=2)
    order = place(cart)
    sql(
        "INSERT INTO shop_cartline (cart_id, variant_id, quantity, origin, added_at) "
        "SELECT %s, variant_id, 1, '{}', now() FROM shop_orderline",
        cart.pk,
    )
    CheckoutDraft.objects.filter(cart=cart).delete()
    CheckoutDraft.objects.create(cart=cart, key=order.checkout_key)
    return f"cart {cart.pk}: ordered as {order.number}, its checkout is still open, 1 of the ordered lines"


@breaks
def deadlines_are_kept():
    order = placed_order()
    return f"order {order.number}: waits for its payment since its deadline"


@breaks
def nobody_waits_for_nothing():
    order = placed_order()
    without("shop_order", "order_total_adds_up")
    sql("UPDATE shop_order SET total = 0, payment_status = 'paid'")
    return f"order {order.number}: its total is zero, it is pending and paid, and has 1 payments"


@breaks
def goods_wait_for_payments():
    order = placed_order()
    sql("UPDATE shop_reservation SET expires_at = expires_at - interval '10 minutes'")
    return f"payment {order.payments.get()}"


@breaks
def status_follows_payments():
    order = placed_order()
    sql("UPDATE shop_order SET payment_status = 'paid'")
    return f"order {order.number}: paid, its payments make it pending (0 came in, 0 went back, of 57.80 USD)"


@breaks
def nothing_leaves_unpaid():
    order = paid_order()
    sql("UPDATE shop_payment SET captured = 10")
    return f"order {order.number} is processing, and 10.00 of 57.80 USD came in"


@breaks
def money_has_its_order():
    order = paid_order()
    sql("UPDATE shop_order SET state = 'pending'")
    return f"order {order.number} is pending, and has 57.80 of 57.80 USD"


@breaks
def attempts_ask_for_the_total():
    order = placed_order()
    sql("UPDATE shop_payment SET amount = 5")
    return f"payment {order.number}-1: 5.00 USD, its order says 57.80 USD"


@breaks
def transitions_form_a_chain():
    order = paid_order()
    sql("UPDATE shop_payment SET state = 'expired'")
    return f"payment {order.number}-1: expired after its history, was captured before"


@breaks
def news_is_booked_once():
    order = paid_order()
    sql(
        "INSERT INTO shop_paymenttransition (payment_id, old, new, source, snapshot, at) "
        "SELECT payment_id, old, new, source, snapshot, at FROM shop_paymenttransition WHERE new = 'captured'"
    )
    return f"payment {order.number}-1 captured: 2 times"


@breaks
def providers_agree():
    order = paid_order()
    rewrite_history("shop_paymenttransition")
    sql(
        """UPDATE shop_paymenttransition SET snapshot = jsonb_set(snapshot, '{currency}', '"IDR"') WHERE new = 'captured'"""
    )
    return f"payment {order.number}-1 is 57.80 USD; when it became captured, the provider said 57.80 IDR"


@breaks
def captured_as_told():
    order = paid_order()
    sql("UPDATE shop_payment SET captured = 100")
    return f"payment {order.number}-1: 100.00 captured, the provider said 57.80"


@breaks
def messages_are_worked_on():
    sql(
        "INSERT INTO shop_webhookevent (provider, dedupe_key, kind, reference, provider_ref, api_version, body, state, "
        "attempts, error, received_at) "
        "VALUES ('stripe', 'evt_1', 'payment_intent.succeeded', '', '', '', '{}', 'failed', 5, 'Unknown', now())"
    )
    return "(payment_intent.succeeded) of stripe, given up after 5 tries: Unknown"


@breaks
def prices_do_not_overlap():
    sell()
    without("shop_pricewindow", "price_windows_apart")
    sql(
        "INSERT INTO shop_pricewindow (variant_id, currency, amount, valid, source, created_at) "
        "SELECT variant_id, currency, 20, valid, source, now() FROM shop_pricewindow"
    )
    return "variant MUG: 24.00 USD and 20.00 USD at the same time"


@breaks
def mails_are_sent_once():
    order = paid_order()
    outbox.relay(now=NOW)
    sql("UPDATE shop_mail SET sent_at = NULL")
    return f"mail mail/order_confirmed/{order.number}: its job is done, and it was not sent"


def test_a_letter_that_was_never_written_is_missed():
    order = paid_order()
    outbox.relay(now=NOW)
    sql("DELETE FROM shop_mail")
    assert f"mail mail/order_confirmed/{order.number}: its job is done, and it was not sent" in found(
        "mails_are_sent_once"
    )


def test_one_that_has_become_needless_is_not():
    order = placed_order()
    assert reminders.remind_unpaid(now=NOW + reminders.UNPAID_FOR) == 1
    pay(order)
    outbox.relay(now=NOW + reminders.UNPAID_FOR)
    assert Job.objects.get(task="checkout.send_received").done_at
    assert found("mails_are_sent_once") == []


@breaks
def customers_are_told():
    order = paid_order()
    sql("DELETE FROM shop_job")
    return f"order {order.number} is processing, and no mail order_confirmed was ever asked for"


@breaks
def jobs_are_done():
    order = paid_order()
    Job.objects.filter(task="orders.send_mail").update(failed_at=NOW, attempts=10, error="SMTPServerDisconnected: gone")
    return f"(orders.send_mail mail/order_confirmed/{order.number}), given up after 10 tries: SMTPServerDisconnected"


@breaks
def history_stays():
    check_now()
    sql("ALTER TABLE shop_auditentry DISABLE TRIGGER shop_auditentry_append_only")
    return "table shop_auditentry can be changed"


# --- what excuses --------------------------------------------------------------------------------


def test_a_shortfall_that_flags_its_orders_is_no_breach():
    first, second = pay(placed_order("MUG", stock=4)), pay(placed_from("MUG"))
    inventory.count(stock_item=StockItem.objects.get(), counted=3, actor="test", now=NOW)
    assert found("promises_can_be_kept", NOW)
    outbox.relay(now=NOW)
    assert found("promises_can_be_kept", NOW) == []
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.needs_attention, second.needs_attention) == (
        "",
        f"{StockItem.objects.get()} holds less than was sold",
    )


def test_a_deadline_may_be_late_by_a_few_minutes_or_put_off():
    order = placed_order()
    deadline = order.expires_at
    assert found("deadlines_are_kept", deadline + timedelta(minutes=14)) == []
    assert found("deadlines_are_kept", deadline + timedelta(minutes=16))
    orders.note(order, "expiry_postponed", actor="clock", now=deadline, reason="a payment is under way")
    assert found("deadlines_are_kept", deadline + timedelta(minutes=16)) == []
    assert found("deadlines_are_kept", deadline + timedelta(hours=3))


def test_a_wrong_amount_that_a_person_was_told_of_is_no_breach():
    pay(placed_order(), captured=Decimal("10.00"))
    assert Order.objects.get().needs_attention
    assert [finding for finding in audit.audit(now=NOW) if finding.breaches] == []
