"""Owners make and change accounts; whoever they make can sign in at the one door."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.urls import reverse
from wagtail.models import GroupApprovalTask

from shop.customers.models import User
from tests.factories import make_staff

pytestmark = pytest.mark.django_db

ADD = "wagtailusers_users:add"
WORD = "seven grey herons"


@pytest.fixture
def owner(client):
    person = make_staff("Owner")
    client.force_login(person)
    return person


def role(name: str) -> int:
    return Group.objects.get(name=name).pk


def edit(person: User) -> str:
    return reverse("wagtailusers_users:edit", args=[person.pk])


def signs_in(client, email: str, password: str) -> bool:
    client.logout()
    client.post(reverse("account_login"), {"login": email, "password": password})
    return client.get("/admin/").status_code == 200


def test_a_person_made_by_the_owner_signs_in(client, owner):
    data = {"email": "Budi@Example.com", "name": "Budi Santoso", "password1": WORD, "groups": [role("Fulfilment")]}
    assert client.post(reverse(ADD), data).status_code == 302
    budi = User.objects.get(email="budi@example.com")
    assert (budi.name, budi.is_staff, budi.is_superuser) == ("Budi Santoso", True, False)
    assert signs_in(client, "budi@example.com", WORD)


def test_without_a_password_they_choose_one_by_mail(client, owner, mailoutbox):
    client.post(reverse(ADD), {"email": "budi@example.com", "name": "Budi", "groups": [role("Editor")]})
    assert not User.objects.get(email="budi@example.com").has_usable_password()
    client.logout()
    client.post(reverse("account_reset_password"), {"email": "budi@example.com"})
    assert [letter.to for letter in mailoutbox] == [["budi@example.com"]]


def test_the_form_asks_what_an_account_has_and_offers_no_superuser(client, owner):
    fields = client.get(reverse(ADD)).context["form"].fields
    assert list(fields) == ["email", "name", "password1", "groups"]
    client.post(reverse(ADD), {"email": "budi@example.com", "name": "Budi", "is_superuser": "on"})
    budi = User.objects.get(email="budi@example.com")
    assert not budi.is_superuser
    assert not budi.is_staff


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "OWNER@example.com"}, "email"),
        ({"email": "confirmed@example.com"}, "email"),
        ({"password1": "short"}, "password1"),
        ({"password1": "budi@example.com"}, "password1"),
    ],
)
def test_what_is_refused_is_said_beside_the_field(client, owner, changes, field):
    EmailAddress.objects.create(user=owner, email="confirmed@example.com", verified=True)
    response = client.post(reverse(ADD), {"email": "budi@example.com", "name": "Budi"} | changes)
    assert list(response.context["form"].errors) == [field]
    assert User.objects.count() == 1


def test_a_new_address_replaces_the_old_one_at_the_door(client, owner):
    packer = make_staff("Fulfilment")
    data = {"email": "bayu@example.com", "name": "Bayu", "is_active": "on", "groups": [role("Finance")]}
    assert client.post(edit(packer), data).status_code == 302
    packer.refresh_from_db()
    assert [group.name for group in packer.groups.all()] == ["Finance"]
    assert list(EmailAddress.objects.filter(user=packer).values_list("email", "verified")) == [
        ("bayu@example.com", True)
    ]
    assert signs_in(client, "bayu@example.com", "a long enough password")


def test_whoever_may_not_sign_in_is_out(client, owner):
    packer = make_staff("Fulfilment")
    client.post(edit(packer), {"email": packer.email, "name": "Bayu", "groups": [role("Fulfilment")]})
    assert not signs_in(client, packer.email, "a long enough password")


def test_nobody_locks_themselves_out(client, owner):
    client.post(edit(owner), {"email": owner.email, "name": "Dewi", "groups": []})
    owner.refresh_from_db()
    assert (owner.name, owner.is_active, owner.is_staff) == ("Dewi", True, True)
    assert [group.name for group in owner.groups.all()] == ["Owner"]


def test_people_are_found_by_name_and_shown_with_their_roles(client, owner):
    User.objects.create_user("b@example.com", name="Budi Santoso")
    page = client.get(reverse("wagtailusers_users:index"), {"q": "santoso", "ordering": "-name"})
    assert [person.name for person in page.context["object_list"]] == ["Budi Santoso"]
    assert "Owner" in client.get(reverse("wagtailusers_users:index")).content.decode()


def test_wagtails_example_groups_are_gone_and_the_owner_approves():
    assert not Group.objects.filter(name__in=["Editors", "Moderators"]).exists()
    assert [[group.name for group in task.groups.all()] for task in GroupApprovalTask.objects.all()] == [["Owner"]]
