"""Where to send money that cannot go back the way it came: asked, told by the order's link, and seen by few."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core import mail as post
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shop.account import privacy, retention
from shop.checkout.forms import RefundAccountForm
from shop.customers.personal import Person
from shop.orders.models import Order
from shop.outbox import operations as outbox
from shop.outbox.models import Mail
from shop.payments import accounts, refunds
from shop.payments.accounts import Account
from shop.payments.locks import lock_payment
from shop.payments.models import Refund, RefundAccount
from tests.orders.helpers import paid_order, somebody
from tests.payments.helpers import NOW, at_once

pytestmark = pytest.mark.django_db

TOLD = {"bank_name": "Bank Central Asia", "account_number": "123-456 7890", "account_holder": "Alice Hartono"}
ACCOUNT = Account("Bank Central Asia", "1234567890", "Alice Hartono")
NUMBER = "1234567890"
FINANCE = "finance@etalase.example"


def ask_back(order: Order, amount: str = "10.00") -> Refund:
    payment = order.payments.get()
    with transaction.atomic():
        return refunds.request(
            payment=lock_payment(payment.pk),
            amount=Decimal(amount),
            key=uuid4(),
            reason="broken",
            requested_by=FINANCE,
            manual=True,
            now=NOW,
        )


@pytest.fixture
def refund() -> Refund:
    """10.00 of a paid order, to be sent by hand."""
    return ask_back(paid_order())


@pytest.fixture
def order(refund) -> Order:
    return refund.payment.order


def door(order: Order, name: str = "refund_account") -> str:
    return reverse(f"checkout:{name}", args=[order.number, order.token])


def read(client: Client, order: Order) -> str:
    return client.get(door(order, "order")).content.decode()


def tell(client: Client, order: Order, **changes: str):
    return client.post(door(order), {**TOLD, **changes})


def letters(kind: str) -> list[Mail]:
    while outbox.relay(now=timezone.now()):
        pass
    return list(Mail.objects.filter(kind=kind))


# --- told ----------------------------------------------------------------------------------------


def test_a_letter_asks_and_leads_to_the_form(client, order):
    (letter,) = letters("refund_account")
    assert letter.to == order.email
    assert f"{door(order, 'order')}#refund-account" in letter.text
    assert 'id="refund-account"' in read(client, order)


def test_it_is_kept_shown_by_its_end_and_noted_in_a_letter(client, order, refund):
    answer = tell(client, order)
    assert answer["Location"] == f"{door(order, 'order')}#refund-account"
    account = RefundAccount.objects.get(refund=refund)
    assert (account.account_number, account.ending) == (NUMBER, "7890")
    text = read(client, order)
    assert "Bank Central Asia whose number ends in 7890" in text
    assert "Change the account" in text
    (letter,) = letters("refund_account_noted")
    assert "ends in 7890" in letter.text
    for shown in (text, letter.text, letter.html, letter.subject, str(post.outbox)):
        assert NUMBER not in shown


def test_who_has_told_is_not_asked(client, order):
    tell(client, order)
    assert letters("refund_account") == []


def test_it_counts_for_all_that_waits_and_can_be_changed(client, order):
    ask_back(order, "5.00")
    tell(client, order)
    tell(client, order)
    tell(client, order, account_number="9876543210")
    assert set(RefundAccount.objects.values_list("account_number", flat=True)) == {"9876543210"}
    assert RefundAccount.objects.count() == 2
    assert len(letters("refund_account_noted")) == 2
    assert order.events.filter(kind="account_told").count() == 2


def test_what_is_missing_is_said_beside_its_field_and_nothing_is_kept(client, order):
    answer = tell(client, order, bank_name="", account_number="12 34")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Error:" in text
    assert "Enter the name of the bank." in text
    assert "digits, or letters and digits, only" in text
    assert 'value="Alice Hartono"' in text
    assert not RefundAccount.objects.exists()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("0012 3456 78", "0012345678"),
        ("12.34.567", "1234567"),
        ("gb82 west 1234 5698 7654 32", "GB82WEST12345698765432"),
        ("GB83 WEST 1234 5698 7654 32", ""),
        ("1234", ""),
        ("12345/67", ""),
        ("\u0661\u0662\u0663\u0664\u0665\u0666", ""),
        ("1" * 35, ""),
    ],
)
def test_numbers_are_taken_as_people_write_them(typed, kept):
    form = RefundAccountForm({**TOLD, "account_number": typed})
    assert form.is_valid() == bool(kept)
    assert form.cleaned_data.get("account_number", "") == kept


# --- only while it waits -------------------------------------------------------------------------


def settled(refund: Refund) -> None:
    refunds.finish_by_hand(refund_id=refund.pk, note="BCA 0042", actor=FINANCE, now=NOW)


def test_nothing_is_asked_before_and_after(client):
    order = paid_order()
    assert "refund-account" not in read(client, order)
    refund = ask_back(order)
    tell(client, order)
    settled(refund)
    text = read(client, order)
    assert 'id="refund-account"' not in text
    for typed in ({**TOLD, "account_number": "9876543210"}, {**TOLD, "account_number": "?"}, {}):
        answer = client.post(door(order), typed, follow=True)
        assert "No money waits" in answer.content.decode()
        assert RefundAccount.objects.get().account_number == NUMBER


def test_the_table_itself_refuses_it_then(refund):
    settled(refund)
    with pytest.raises(IntegrityError), transaction.atomic():
        RefundAccount.objects.create(
            refund=refund, bank_name="x", account_number="12345", account_holder="x", told_at=NOW
        )


def test_the_table_refuses_one_of_a_refund_that_the_provider_makes(order):
    refund = ask_back(order)
    Refund.objects.filter(pk=refund.pk).update(manual=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        RefundAccount.objects.create(
            refund=refund, bank_name="x", account_number="12345", account_holder="x", told_at=NOW
        )


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_told_while_it_is_sent_it_is_told_before_or_not_at_all():
    refund = ask_back(paid_order())
    order = refund.payment.order
    told, _sent = at_once(
        lambda: accounts.tell_account(order_id=order.pk, account=ACCOUNT, now=NOW), lambda: settled(refund)
    )
    assert isinstance(told, accounts.NothingWaits) != RefundAccount.objects.exists()
    assert Refund.objects.get().state == "succeeded"


@pytest.mark.parametrize("method", ["get", "post"])
def test_it_needs_the_whole_link(client, order, method):
    address = reverse("checkout:refund_account", args=[order.number, "x" * 32])
    assert getattr(client, method)(address, TOLD).status_code == 404
    assert not RefundAccount.objects.exists()


def test_another_site_cannot_send_the_form(order):
    assert Client(enforce_csrf_checks=True).post(door(order), TOLD).status_code == 403
    assert not RefundAccount.objects.exists()


def test_a_link_is_not_tried_for_ever(client, order, settings):
    settings.REFUND_ACCOUNT_LIMIT = (1, 60)
    tell(client, order)
    assert tell(client, order, account_number="9876543210").status_code == 429
    assert RefundAccount.objects.get().account_number == NUMBER


# --- who sees it ---------------------------------------------------------------------------------


def page_for(client: Client, role: str, name: str, pk: int):
    client.force_login(somebody(role))
    return client.get(reverse(f"orders:{name}", args=[pk]))


def test_the_desk_says_whether_it_has_come(client, order, refund):
    assert "has not told it yet" in page_for(client, "Finance", "inspect", order.pk).content.decode()
    tell(client, order)
    for name, pk in (("inspect", order.pk), ("refund_sent", refund.pk)):
        text = client.get(reverse(f"orders:{name}", args=[pk])).content.decode()
        assert NUMBER in text
        assert "Alice Hartono" in text


def test_who_may_not_refund_sees_its_end_at_most(client, order, refund):
    tell(client, order)
    assert NUMBER not in page_for(client, "Fulfilment", "inspect", order.pk).content.decode()
    assert client.get(reverse("orders:refund_sent", args=[refund.pk])).status_code != 200
    user = somebody("Finance", "clerk@etalase.example")
    user.groups.clear()
    from django.contrib.auth.models import Permission

    names = ("access_admin", "view_order", "view_payment")
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    text = client.get(reverse("orders:inspect", args=[order.pk])).content.decode()
    assert "ends in 7890" in text
    assert NUMBER not in text


def test_the_list_of_refunds_says_which_can_be_sent(client, order, refund):
    client.force_login(somebody("Finance"))
    address = reverse("refunds:index")
    assert "account asked for" in client.get(address, {"by_hand": "asked"}).content.decode()
    assert order.number not in client.get(address, {"by_hand": "told"}).content.decode()
    tell(client, order)
    text = client.get(address, {"by_hand": "told"}).content.decode()
    assert "Bank Central Asia …7890" in text
    assert reverse("orders:inspect", args=[order.pk]) in text
    assert NUMBER not in text
    assert list(client.get(address, {"by_hand": "asked"}).context["object_list"]) == []
    export = b"".join(client.get(address, {"export": "csv"}).streaming_content).decode()
    assert order.number in export
    assert "7890" not in export


def test_it_prints_as_nothing(order, refund, caplog):
    accounts.tell_account(order_id=order.pk, account=ACCOUNT, now=NOW)
    caplog.clear()
    for said in (
        repr(ACCOUNT),
        str(ACCOUNT),
        str(refund.account),
        repr(refund.account),
        str(order.events.last().detail),
    ):
        assert NUMBER not in said
        assert "Alice" not in said
    assert NUMBER not in str(list(outbox.Job.objects.values()))


# --- how long ------------------------------------------------------------------------------------


def test_it_goes_some_weeks_after_it_was_used(client, order, refund, settings):
    tell(client, order)
    far = NOW + timedelta(days=400)
    assert retention.let_go(now=far)["refund_accounts"] == 0, "it still waits"
    settled(refund)
    kept = timedelta(days=settings.RETENTION_DAYS["refund_accounts"])
    assert retention.let_go(now=NOW + kept)["refund_accounts"] == 0
    assert retention.let_go(now=NOW + kept + timedelta(seconds=1))["refund_accounts"] == 1
    assert not RefundAccount.objects.exists()
    assert "refunded" in read(client, order)


def test_its_owner_gets_it_told_and_it_goes_with_them(client, order, refund):
    tell(client, order)
    person = Person.guest(order.email)
    (told,) = privacy.payments.export_person(person)
    assert told["refunds"][0]["account"]["account_number"] == NUMBER
    settled(refund)
    privacy.payments.forget_person(person, now=NOW)
    assert not RefundAccount.objects.exists()
