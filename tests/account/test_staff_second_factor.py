"""With STAFF_SECOND_FACTOR the admin opens only to whoever has a second factor and has shown it."""

import pytest
from django.urls import reverse

from shop.customers.models import User
from shop.customers.roles import ROLES
from tests.account.factors import PASSWORD, code, person, set_up, sign_in
from tests.factories import make_staff

pytestmark = pytest.mark.django_db
SET_IT_UP = "/account/2fa/?for=staff"


@pytest.fixture
def enforced(settings) -> None:
    settings.STAFF_SECOND_FACTOR = True


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "address", ["/admin/", "/admin/pages/", "/admin/users/", "/admin/nowhere/", "/admin/api/main/pages/"]
)
def test_without_one_every_role_is_led_to_set_one_up(client, enforced, role, address):
    client.force_login(make_staff(role))
    answer = client.get(address, follow=True)
    assert answer.redirect_chain[0][0] == SET_IT_UP
    assert "The admin opens when you have a second factor." in answer.content.decode()


def test_a_superuser_too(client, enforced):
    client.force_login(User.objects.create_superuser("root@example.com", PASSWORD))
    assert client.get("/admin/").url == SET_IT_UP


def test_nothing_is_done_meanwhile(client, enforced):
    client.force_login(make_staff("Owner"))
    answer = client.post("/admin/users/new/", {"email": "new@example.com", "name": "New", "groups": []})
    assert answer.url == SET_IT_UP
    assert not User.objects.filter(email="new@example.com").exists()


@pytest.mark.parametrize("role", ROLES)
def test_whoever_signs_in_with_one_comes_in(client, enforced, role):
    staff = person(f"{role.lower()}@example.com", role=role)
    secret = set_up(staff)
    sign_in(client, staff.email)
    assert client.post(reverse("mfa_authenticate"), {"code": code(secret)}).url == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_a_session_from_before_has_to_show_it_once(client, enforced):
    staff = person("owner@example.com", role="Owner")
    client.force_login(staff)
    secret = set_up(staff)
    asked = client.get("/admin/pages/?q=mug").url
    assert asked == "/account/2fa/reauthenticate/?next=%2Fadmin%2Fpages%2F%3Fq%3Dmug"
    assert client.post(asked, {"code": code(secret)}).url == "/admin/pages/?q=mug"
    assert client.get("/admin/").status_code == 200


def test_removing_it_closes_the_door_again(client, enforced):
    staff = person("owner@example.com", role="Owner")
    secret = set_up(staff)
    sign_in(client, staff.email)
    client.post(reverse("mfa_authenticate"), {"code": code(secret)})
    staff.authenticator_set.all().delete()
    assert client.get("/admin/").url == SET_IT_UP


def test_recovery_codes_alone_are_none(client, enforced):
    staff = person("owner@example.com", role="Owner")
    set_up(staff)
    staff.authenticator_set.exclude(type="recovery_codes").delete()
    client.force_login(staff)
    assert client.get("/admin/").url == SET_IT_UP


def test_one_may_always_leave(client, enforced):
    client.force_login(make_staff("Editor"))
    client.post("/admin/logout/")
    assert "_auth_user_id" not in client.session


def test_customers_are_asked_for_none(client, enforced):
    client.force_login(person())
    assert client.get(reverse("account:orders")).status_code == 200
    assert client.get("/admin/").status_code == 403


def test_without_the_setting_nobody_is_asked(client):
    client.force_login(make_staff("Editor"))
    assert client.get("/admin/").status_code == 200
