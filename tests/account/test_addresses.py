"""Addresses of an account: one's own, added, corrected, made the usual one, removed."""

import pytest
from django.urls import reverse

from shop.customers import operations as customers
from shop.customers.models import SavedAddress, User
from tests.checkout.world import ADDRESS, open_shop

pytestmark = pytest.mark.django_db
ADDRESSES = reverse("account:addresses")


@pytest.fixture
def alice(client) -> User:
    open_shop()
    person = User.objects.create_user("alice@example.com", name="Alice")
    client.force_login(person)
    return person


def keep(person: User, city: str) -> SavedAddress:
    return customers.keep_address(user=person, values={**ADDRESS, "city": city})


def test_one_is_added_and_shown(client, alice):
    assert client.post(reverse("account:new_address"), ADDRESS).url == ADDRESSES
    assert "418 Alder Street" in client.get(ADDRESSES).content.decode()
    assert SavedAddress.objects.get().is_usual


def test_a_wrong_one_is_explained_and_not_kept(client, alice):
    response = client.post(reverse("account:new_address"), {**ADDRESS, "postcode": "1"})
    assert response.status_code == 422
    assert "Enter a ZIP code like 95014." in response.content.decode()
    assert not SavedAddress.objects.exists()


def test_another_country_asks_for_its_own_fields(client, alice):
    body = client.post(reverse("account:new_address"), {**ADDRESS, "country": "GB", "choose_country": "1"}).content
    assert b"Post town" in body
    assert not SavedAddress.objects.exists()


def test_it_is_corrected_made_usual_and_removed(client, alice):
    first, second = keep(alice, "Salem"), keep(alice, "Eugene")
    client.post(reverse("account:address", args=[first.pk]), {**ADDRESS, "city": "Bend"})
    client.post(reverse("account:make_usual", args=[second.pk]))
    assert list(SavedAddress.objects.values_list("city", "is_usual")) == [("Eugene", True), ("Bend", False)]
    client.post(reverse("account:forget_address", args=[second.pk]))
    assert list(SavedAddress.objects.values_list("city", "is_usual")) == [("Bend", True)]


@pytest.mark.parametrize("verb", ["address", "make_usual", "forget_address"])
def test_nobody_touches_somebody_elses(client, alice, verb):
    his = keep(User.objects.create_user("bob@example.com"), "Salem")
    mine = keep(alice, "Eugene")
    response = client.post(reverse(f"account:{verb}", args=[his.pk]), {**ADDRESS, "city": "Bend"})
    assert response.status_code == (404 if verb == "address" else 302)
    assert "Salem" not in client.get(ADDRESSES).content.decode()
    assert set(SavedAddress.objects.values_list("pk", "city", "is_usual")) == {
        (his.pk, "Salem", True),
        (mine.pk, "Eugene", True),
    }


@pytest.mark.parametrize("name", ["addresses", "new_address"])
def test_it_is_for_whoever_has_signed_in(client, name):
    address = reverse(f"account:{name}")
    assert client.get(address).url == f"/account/login/?next={address}"
