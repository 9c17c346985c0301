"""The customers desk: guests by their address, accounts by their own, what they brought; and whose eyes it is for."""

import io
import json
import zipfile

import pytest
from django.test import Client
from django.urls import reverse

from shop.account.models import Customer, ErasureRequest
from shop.customers import consents
from shop.customers.models import SavedAddress, User
from shop.customers.wording import Kind
from shop.orders.models import Order, OrderAddress
from shop.outbox.models import AuditEntry
from shop.returns.models import Return
from tests.checkout.world import ADDRESS, NOW
from tests.orders.helpers import LATER, paid_order, placed_order, refund, somebody
from tests.returns.world import ask, delivered_order

pytestmark = pytest.mark.django_db
INDEX = "/admin/customers/"
OF_EVERY_PAGE = 8  # who it is, what they may, and the menu of the admin


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr("shop.web.timezone.now", lambda: LATER)


@pytest.fixture
def owner(client) -> Client:
    client.force_login(somebody("Owner"))
    return client


def of(order: Order, *, email: str = "", user: User | None = None) -> Order:
    Order.objects.filter(pk=order.pk).update(user=user, **({"email": email} if email else {}))
    order.refresh_from_db()
    return order


def listed(client: Client, **query: str) -> list[tuple]:
    rows = client.get(INDEX, query).context["page_obj"].object_list
    return [
        (row.email, row.kind, row.order_count, [f"{money.amount} {money.currency}" for money in row.value])
        for row in rows
    ]


def text(response) -> str:
    return response.content.decode()


def test_guests_are_known_by_their_address_and_accounts_by_theirs(owner):
    alice = User.objects.create_user("alice@example.com", name="Alice Hartono")
    of(paid_order("MUG"), email="Guest@Example.com")
    of(placed_order("CUP"), email="guest@example.com")
    of(paid_order("BOWL"), email="old@example.com", user=alice)
    refund(of(paid_order("PLATE"), email="alice@example.com"), "57.80")
    User.objects.create_user("new@example.com")
    assert listed(owner) == [
        ("alice@example.com", "account", 2, ["48.00 USD"]),
        ("guest@example.com", "guest", 2, ["48.00 USD"]),
        ("new@example.com", "account", 0, []),
    ]


def test_who_was_forgotten_is_no_customer(owner):
    Order.objects.filter(pk=paid_order().pk).update(email="")
    assert listed(owner) == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "ALICE"}, ["alice@example.com"]),
        ({"q": "hartono"}, ["alice@example.com"]),
        ({"q": "Budi San"}, ["guest@example.com"]),  # the name on the parcel
        ({"q": "nobody"}, []),
        ({"account": "no"}, ["guest@example.com"]),
        ({"account": "yes", "bought": "no"}, ["alice@example.com"]),
        ({"bought": "yes"}, ["guest@example.com"]),
        ({"bought": "again"}, []),
    ],
)
def test_found_by_address_name_and_filters(owner, query, found):
    User.objects.create_user("alice@example.com", name="Alice Hartono")
    order = of(paid_order(), email="guest@example.com")
    OrderAddress.objects.filter(order=order).update(name="Budi Santoso")
    assert [row[0] for row in listed(owner, **query)] == found


def test_all_about_one_of_them(owner):
    alice = User.objects.create_user("alice@example.com", "a long enough password", name="Alice Hartono")
    SavedAddress.objects.create(user=alice, **ADDRESS | {"line1": "1 Elm Street"})
    consents.consent(email=alice.email, kind=Kind.NEWSLETTER, page="/", language="en", now=NOW)
    back = ask(of(delivered_order(), user=alice))
    page = text(owner.get(reverse("customers:inspect", args=[f"a{alice.pk}"])))
    for words in (
        *("Alice Hartono", "alice@example.com", "1 Elm Street", "418 Alder Street", "newsletter", "$48.00"),
        *(back.number, back.order.number, reverse("orders:inspect", args=[back.order_id])),
        reverse("returns_desk:inspect", args=[back.pk]),
    ):
        assert words in page, words
    assert alice.password not in page


def test_the_link_of_a_guest_still_leads_to_them_when_they_have_an_account(owner):
    order = of(paid_order(), email="guest@example.com")
    address = reverse("customers:inspect", args=[f"g{order.pk}"])
    assert address in text(owner.get(reverse("orders:inspect", args=[order.pk])))
    assert owner.get(address).context["customer"].email == "guest@example.com"
    of(order, user=User.objects.create_user("new@example.com"))
    assert owner.get(address).context["customer"].email == "new@example.com"


@pytest.mark.parametrize("key", ["a1", "g999999", "x1", "a", "a1x", "g" + "9" * 30, "a%00"])
def test_nobody_is_not_found(owner, key):
    assert owner.get(f"{INDEX}inspect/{key}/").status_code in (400, 404)


SEES = {"Owner": "money", "Finance": "money", "Fulfilment": "no money", "Merchandiser": "nothing", "Editor": "nothing"}


@pytest.mark.parametrize("role", SEES)
def test_who_may_see_customers_and_what_they_brought(client, role):
    order = paid_order()
    client.force_login(somebody(role))
    one = reverse("customers:inspect", args=[f"g{order.pk}"])
    pages = [client.get(address) for address in (INDEX, one)]
    may = SEES[role] != "nothing"
    assert [page.status_code for page in pages] == ([200, 200] if may else [302, 302])
    if may:
        assert {"Net revenue" in text(page) for page in pages} == {SEES[role] == "money"}
    assert (INDEX in text(client.get("/admin/"))) is may


@pytest.mark.parametrize("role", ["Finance", "Fulfilment", "Merchandiser", "Editor"])
def test_only_the_owner_takes_data_out_or_has_somebody_forgotten(client, role):
    order = paid_order()
    client.force_login(somebody(role))
    for name in ("hand_out", "erase"):
        client.post(reverse(f"customers:{name}", args=[f"g{order.pk}"]))
    client.get(INDEX, {"export": "csv"})
    assert not ErasureRequest.objects.exists()
    assert not AuditEntry.objects.filter(action__startswith="customers.").exists()


def test_the_owner_hands_out_what_we_keep_and_it_is_written_down(owner):
    order = of(paid_order(), email="guest@example.com")
    response = owner.post(reverse("customers:hand_out", args=[f"g{order.pk}"]))
    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as archive:
        told = json.loads(archive.read("data.json"))
    assert [one["number"] for one in told["orders"]] == [order.number]
    entry = AuditEntry.objects.get(action="customers.hand_out")
    assert (entry.actor, entry.subject) == ("owner@etalase.example", f"customer:g{order.pk}")


def test_the_owner_has_a_guest_forgotten_who_can_take_it_back(owner):
    order = of(paid_order(), email="guest@example.com")
    owner.post(reverse("customers:erase", args=[f"g{order.pk}"]))
    asked = ErasureRequest.objects.get()
    assert (asked.email, asked.user, asked.is_open, asked.due_at > LATER) == ("guest@example.com", None, True, True)
    assert AuditEntry.objects.get(action="erasure.asked").actor == "owner@etalase.example"
    assert "Asked to be forgotten" in text(owner.get(reverse("customers:inspect", args=[f"g{order.pk}"])))


def test_staff_are_not_forgotten_by_a_form(owner):
    packer = somebody("Fulfilment")
    of(paid_order(), user=packer)
    response = owner.post(reverse("customers:erase", args=[f"a{packer.pk}"]))
    assert "Take its role away first" in text(response)
    assert not ErasureRequest.objects.exists()


def test_an_export_is_safe_and_written_down(owner):
    of(paid_order(), email="=cmd@example.com")
    csv = b"".join(owner.get(INDEX, {"export": "csv"}).streaming_content).decode()
    assert "'=cmd@example.com" in csv
    assert AuditEntry.objects.get(action="customers.export").after == {"customers": 1}


def test_neither_page_asks_more_for_more(owner, django_assert_max_num_queries):
    order = paid_order()
    for number in range(3):
        of(paid_order(f"CUP{number}"), email=f"guest{number}@example.com")
    one = reverse("customers:inspect", args=[f"g{order.pk}"])
    for address in (INDEX, one):
        owner.get(address)
    for address in (INDEX, one):
        with django_assert_max_num_queries(10 + OF_EVERY_PAGE):
            owner.get(address)


def test_a_customer_can_be_neither_made_nor_changed(owner):
    order = paid_order()
    for address in (f"{INDEX}new/", f"{INDEX}edit/g{order.pk}/", f"{INDEX}delete/g{order.pk}/"):
        assert owner.post(address).status_code in (302, 403, 404)
    assert Customer.objects.get().email == order.email
    assert not Return.objects.exists()
