"""Where it goes: forms as countries write them, addresses of the account, collection, the bill, and a note to the shop."""

import html
from decimal import Decimal

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from shop.checkout.addresses import ShippingForm
from shop.checkout.models import CheckoutDraft
from shop.customers import operations as customers
from shop.customers.models import SavedAddress, User
from shop.delivery.models import Method, MethodPrice, Place, TaxRate, Zone
from shop.orders.models import Order
from shop.outbox import operations as outbox
from tests.checkout.world import ADDRESS, answer, submission
from tests.factories import make_staff
from tests.orders.helpers import pay

pytestmark = pytest.mark.django_db
POSTAL = {name: value for name, value in ADDRESS.items() if name != "phone"}


def text_of(response) -> str:
    return " ".join(html.unescape(response.content.decode()).split())


# --- by country ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "rows"),
    [
        ("US", [["line1"], ["city", "region", "postcode"]]),
        ("DE", [["line1"], ["postcode", "city"]]),
        ("GB", [["line1"], ["city"], ["postcode"]]),
        ("ID", [["line1"], ["city"], ["region", "postcode"]]),
        ("SG", [["line1"], ["postcode"]]),
    ],
)
def test_the_fields_stand_as_the_country_writes_them(country, rows):
    form = ShippingForm(countries=[country], country=country)
    assert [[field.name for field in row] for row in form.rows] == rows


@pytest.mark.parametrize(
    ("country", "field", "label"),
    [
        ("US", "region", "State"),
        ("US", "postcode", "ZIP code"),
        ("ID", "region", "Province"),
        ("AU", "city", "Suburb"),
        ("GB", "city", "Post town"),
        ("IE", "postcode", "Eircode"),
    ],
)
def test_the_labels_are_the_countrys(country, field, label):
    assert str(ShippingForm(countries=[country], country=country)[field].label) == label


def test_states_are_chosen_in_letters_that_everybody_reads():
    widget = ShippingForm(countries=["JP"], country="JP").fields["region"].widget
    assert ("北海道", "Hokkaido") in widget.choices


def problems(country: str, **typed: str) -> dict[str, list[str]]:
    form = ShippingForm({**POSTAL, **typed, "country": country}, countries=[country], country=country)
    return {name: [str(word) for word in words] for name, words in form.errors.items()}


def test_everything_that_is_wrong_is_said_at_once():
    assert problems("DE", name="", city="", region="", postcode="1", phone="12") == {
        "name": ["Enter the name of whoever receives the parcel."],
        "city": ["Enter the town or city."],
        "postcode": ["Enter a postcode like 26133."],
        "phone": ["Enter a telephone number like +49 30 123456, or leave it empty."],
    }


@pytest.mark.parametrize(
    ("country", "typed", "kept"),
    [
        ("US", "(503) 223-4567", "+1 503-223-4567"),
        ("US", "+49 30 901820", "+49 30 901820"),
        ("ID", "0812 3456 7890", "+62 812-3456-7890"),
        ("GB", "", ""),
    ],
)
def test_a_telephone_number_is_kept_as_the_world_dials_it(country, typed, kept):
    where = {"GB": {"postcode": "SW1A 1AA", "region": ""}, "ID": {"region": "Bali", "postcode": "80361"}}.get(
        country, {}
    )
    form = ShippingForm({**ADDRESS, **where, "country": country, "phone": typed}, countries=[country], country=country)
    assert form.is_valid(), form.errors
    assert form.address()["phone"] == kept


def test_another_country_keeps_what_the_last_one_had_no_field_for(shopper):
    shopper.post("/checkout/contact/", {"email": "alice@example.com"})
    typed = {**ADDRESS, "country": "GB", "choose_country": "1"}
    form = shopper.post("/checkout/address/", typed).context["form"]
    assert (form["line1"].value(), form["postcode"].value()) == ("418 Alder Street", "97205")
    assert not CheckoutDraft.objects.get().address_done


def test_where_nothing_goes_is_said_beside_the_country(shopper):
    shopper.post("/checkout/contact/", {"email": "alice@example.com"})
    MethodPrice.objects.all().delete()
    response = shopper.post("/checkout/address/", ADDRESS)
    assert response.status_code == 422
    assert "We know no way to send this to United States." in text_of(response)


def test_what_is_too_heavy_is_said_with_its_weight(shopper, mug):
    shopper.post("/checkout/contact/", {"email": "alice@example.com"})
    type(mug).objects.filter(pk=mug.pk).update(weight_g=2500)
    Method.objects.update(kind="weight")
    MethodPrice.objects.update(up_to=2000)
    response = shopper.post("/checkout/address/", ADDRESS)
    assert "Nothing that we have carries 2.5 kg to United States." in text_of(response)


# --- from the account ----------------------------------------------------------------------------


@pytest.fixture
def alice(client, mug):
    person = User.objects.create_user("alice@example.com", name="Alice Hartono")
    client.force_login(person)
    client.post("/cart/add/", {"sku": "MUG", "quantity": "1"})
    client.post("/checkout/contact/", {"email": "alice@example.com"})
    return client


def test_an_address_is_kept_when_asked_and_only_once(alice):
    for _ in range(2):
        alice.post("/checkout/address/", {**ADDRESS, "keep": "on"})
    kept = SavedAddress.objects.get()
    assert (kept.user.email, kept.line1, kept.is_usual) == ("alice@example.com", "418 Alder Street", True)


def test_it_is_not_kept_unasked_or_for_a_guest(alice, client):
    alice.post("/checkout/address/", ADDRESS)
    client.logout()
    client.post("/cart/add/", {"sku": "MUG", "quantity": "1"})
    client.post("/checkout/contact/", {"email": "alice@example.com"})
    client.post("/checkout/address/", {**ADDRESS, "keep": "on"})
    assert not SavedAddress.objects.exists()


def test_a_kept_address_is_picked_with_one_press(alice):
    other = customers.keep_address(user=User.objects.get(), values={**ADDRESS, "city": "Salem"})
    customers.keep_address(user=User.objects.get(), values=ADDRESS)
    page = alice.get("/checkout/address/")
    assert "Salem" in text_of(page)
    assert page.context["form"]["city"].value() == "Salem"  # the first one is the usual one
    assert alice.post("/checkout/address/", {"saved": other.pk}).url == "/checkout/delivery/"
    assert CheckoutDraft.objects.get().city == "Salem"


def test_nobody_picks_somebody_elses(alice):
    bob = User.objects.create_user("bob@example.com")
    his = customers.keep_address(user=bob, values={**ADDRESS, "city": "Salem"})
    response = alice.post("/checkout/address/", {"saved": his.pk})
    assert response.status_code == 422
    assert "Salem" not in text_of(response)


def test_a_kept_address_that_no_longer_fits_is_shown_for_correction(alice):
    kept = customers.keep_address(user=User.objects.get(), values={**ADDRESS, "postcode": ""})
    response = alice.post("/checkout/address/", {"saved": kept.pk})
    assert response.status_code == 422
    assert "Enter the ZIP code." in text_of(response)


def test_there_is_one_usual_address(alice):
    person = User.objects.get()
    first, second = (customers.keep_address(user=person, values={**ADDRESS, "city": city}) for city in ("A", "B"))
    customers.make_usual(user=person, address_id=second.pk)
    assert list(SavedAddress.objects.filter(is_usual=True)) == [second]
    customers.forget_address(user=person, address_id=second.pk)
    assert SavedAddress.objects.get(is_usual=True) == first
    with pytest.raises(IntegrityError, match="one_usual_address"), transaction.atomic():
        SavedAddress.objects.create(user=person, is_usual=True, **ADDRESS)


# --- fetched from us -----------------------------------------------------------------------------


@pytest.fixture
def workshop(mug):
    """A workshop in a country with a tax of its own."""
    place = Place.objects.create(
        name="Workshop", line1="Jalan Kemasan 41", city="Kotagede", country="ID", hours="Ten to six"
    )
    zone = Zone.objects.create(name="Home", countries=["ID"], position=0)
    Zone.objects.filter(name="World").update(position=1)
    TaxRate.objects.create(zone=zone, tax_class_id=TaxRate.objects.get().tax_class_id, rate="0.05")
    method = Method.objects.create(
        zone=zone, code="workshop", name="Fetch it in Kotagede", kind="pickup", place=place, days_min=0, days_max=1
    )
    MethodPrice.objects.create(method=method, currency="USD", amount=0)
    return place


@pytest.fixture
def fetching(shopper, workshop):
    shopper.post("/checkout/contact/", {"email": "alice@example.com"})
    shopper.post("/checkout/address/", {"collect": "1", "name": "Alice Hartono"})
    shopper.post("/checkout/delivery/", {"method": "workshop"})
    return shopper


def test_whoever_fetches_it_says_a_name_and_no_address(shopper, workshop):
    shopper.post("/checkout/contact/", {"email": "alice@example.com"})
    assert "Jalan Kemasan 41" in text_of(shopper.get("/checkout/address/?collect=1"))
    assert "Enter the name" in text_of(shopper.post("/checkout/address/", {"collect": "1"}))
    answered = shopper.post("/checkout/address/", {"collect": "1", "name": "Alice Hartono"})
    assert answered.url == "/checkout/delivery/"
    assert "Fetch it in Kotagede" in text_of(shopper.get("/checkout/delivery/"))
    assert shopper.post("/checkout/delivery/", {"method": "standard"}).status_code == 422


def test_it_costs_no_delivery_and_the_tax_of_our_place(fetching):
    fetching.post("/checkout/payment/", submission(fetching))
    order = Order.objects.get()
    assert (order.collected, order.shipping, order.tax) == (True, 0, Decimal("1.20"))
    address = order.shipping_address
    assert (address.name, address.line1, address.country) == ("Alice Hartono", "Jalan Kemasan 41", "ID")


def test_the_orders_page_and_letters_speak_of_fetching(fetching):
    placed = fetching.post("/checkout/payment/", submission(fetching))
    page = text_of(fetching.get(placed.url))
    assert "Fetched from us by" in page
    assert "Ready for you" in page
    assert "Open: Ten to six" in page


def test_going_back_to_being_sent_keeps_both_answers(fetching):
    fetching.post("/checkout/address/", ADDRESS)
    assert fetching.get("/checkout/").url == "/checkout/delivery/"
    draft = CheckoutDraft.objects.get()
    assert (draft.collect, draft.line1) == (False, "418 Alder Street")


def test_without_a_place_nobody_fetches(shopper):
    shopper.post("/checkout/contact/", {"email": "alice@example.com"})
    assert "Where shall we send it?" in text_of(shopper.get("/checkout/address/?collect=1"))


def test_staff_hands_it_over_without_a_courier(fetching, client):
    fetching.post("/checkout/payment/", submission(fetching))
    order = pay(Order.objects.get())
    client.force_login(make_staff("Fulfilment"))
    page = client.get(reverse("orders:ship", args=[order.pk]))
    assert "waits at the door" in text_of(page)
    assert "tracking_number" not in text_of(page)
    client.post(reverse("orders:ship", args=[order.pk]))
    order.refresh_from_db()
    assert order.state == "shipped"


# --- the bill ------------------------------------------------------------------------------------

BILL = {**ADDRESS, "name": "Hartono Ltd", "line1": "1 Bill Street"}


def test_the_bill_may_go_somewhere_else(ready):
    assert ready.post("/checkout/address/", {**ADDRESS, "other_bill": "on"}).url == "/checkout/billing/"
    assert ready.get("/checkout/payment/").url == "/checkout/billing/"
    assert ready.post("/checkout/billing/", {**BILL, "postcode": "1"}).status_code == 422
    assert ready.post("/checkout/billing/", BILL).url == "/checkout/delivery/"
    ready.post("/checkout/payment/", submission(ready))
    order = Order.objects.get()
    assert (order.shipping_address.line1, order.billing_address.line1) == ("418 Alder Street", "1 Bill Street")


def test_the_bill_may_go_where_no_parcel_goes(ready):
    ready.post("/checkout/address/", {**ADDRESS, "other_bill": "on"})
    french = {**BILL, "country": "FR", "region": "", "city": "Paris", "postcode": "75001"}
    assert ready.post("/checkout/billing/", french).url == "/checkout/delivery/"


def test_otherwise_it_goes_where_the_parcel_goes(ready):
    assert ready.get("/checkout/billing/").url == "/checkout/address/"
    ready.post("/checkout/payment/", submission(ready))
    assert Order.objects.get().billing_address is None


# --- a note --------------------------------------------------------------------------------------

NOTE = "Ring <b>twice</b>\nplease & thank you"


@pytest.fixture
def noted(shopper):
    return answer(shopper, note=NOTE)


def test_a_note_is_kept_on_the_way_and_stands_on_the_order(noted):
    assert CheckoutDraft.objects.get().note == NOTE
    assert "Ring &lt;b&gt;twice&lt;/b&gt;" in noted.get("/checkout/delivery/").content.decode()
    placed = noted.post("/checkout/payment/", submission(noted))
    assert Order.objects.get().customer_note == NOTE
    assert "Ring &lt;b&gt;twice&lt;/b&gt;<br>please &amp; thank you" in noted.get(placed.url).content.decode()


def test_the_next_order_starts_without_it(noted):
    noted.post("/checkout/payment/", submission(noted))
    assert CheckoutDraft.objects.get().note == ""


def test_a_note_ends_at_five_hundred_characters_counted_as_people_do(ready):
    assert ready.post("/checkout/delivery/", {"method": "standard", "note": "a\r\n" * 250}).status_code == 302
    response = ready.post("/checkout/delivery/", {"method": "standard", "note": "x" * 501})
    assert "Please keep it to 500 characters; these are 501." in text_of(response)
    assert '<details class="unfold" open>' in text_of(response)


def test_the_database_refuses_a_longer_one(noted):
    noted.post("/checkout/payment/", submission(noted))
    with pytest.raises(IntegrityError, match="order_note_is_short"), transaction.atomic():
        Order.objects.update(customer_note="x" * 501)


def test_staff_reads_it_at_the_desk_and_in_their_mail(noted, client):
    noted.post("/checkout/payment/", submission(noted))
    packer = make_staff("Fulfilment")
    order = pay(Order.objects.get())
    while outbox.relay(now=timezone.now()):
        pass
    [letter] = [sent for sent in mail.outbox if sent.to == [packer.email]]
    assert letter.subject == f"To be packed: {order.number}, with a note"
    assert "Ring <b>twice</b>\nplease & thank you" in letter.body
    as_html = letter.alternatives[0].content
    assert "Ring &lt;b&gt;twice&lt;/b&gt;<br>please &amp; thank you" in as_html
    client.force_login(packer)
    desk = client.get(reverse("orders:inspect", args=[order.pk])).content.decode()
    assert "Ring &lt;b&gt;twice&lt;/b&gt;<br>please &amp; thank you" in desk
