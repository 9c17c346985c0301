from fnmatch import fnmatchcase

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from wagtail.models import Page

from shop.customers import operations as customers
from shop.customers.roles import ROLES, sync_roles

pytestmark = pytest.mark.django_db

# Who may do what: E(ditor), M(erchandiser), F(ulfilment), $ (Finance), O(wner).
MATRIX = {
    "wagtailadmin.access_admin": "EMF$O",
    "shop.view_product": "EMF$O",
    "shop.change_product": "MO",
    "shop.add_variant": "MO",
    "shop.view_pricewindow": "M$O",
    "shop.add_pricewindow": "MO",
    "shop.delete_pricewindow": "O",
    "shop.change_currency": "O",
    "shop.change_category": "MO",
    "shop.change_placement": "EMO",
    "shop.view_collection": "EM$O",
    "shop.add_collection": "EMO",
    "shop.change_collection": "EMO",
    "shop.delete_collection": "EMO",
    "shop.view_order": "F$O",
    "shop.change_order": "FO",
    "shop.ship_order": "FO",
    "shop.view_orderaddress": "F$O",
    "shop.view_customer": "F$O",
    "shop.export_customer": "O",
    "shop.erase_customer": "O",
    "shop.add_fulfilment": "FO",
    "shop.change_stockitem": "FO",
    "shop.view_payment": "$O",
    "shop.view_webhookevent": "$O",
    "shop.change_webhookevent": "$O",
    "shop.view_auditentry": "$O",
    "shop.add_promotion": "MO",
    "shop.change_coupon": "MO",
    "shop.view_redemption": "M$O",
    "shop.change_redemption": "O",
    "shop.change_taxrate": "O",
    "shop.view_reports": "M$O",
    "shop.view_user": "O",
    "shop.change_user": "O",
    "auth.change_group": "O",
    "shop_search.add_synonym": "EMO",
    "shop_search.delete_synonym": "EMO",
    "shop_search.view_searchday": "EMO",
    "wagtailsearchpromotions.change_searchpromotion": "EMO",
    "wagtailredirects.add_redirect": "EO",
    "simple_translation.submit_translation": "EO",
}
LETTERS = {"E": "Editor", "M": "Merchandiser", "F": "Fulfilment", "$": "Finance", "O": "Owner"}


@pytest.fixture
def staff():
    return {
        letter: customers.open_account(email=f"{role.lower()}@example.com", name=role, role=role)
        for letter, role in LETTERS.items()
    }


def test_the_migration_made_the_five_groups():
    assert set(ROLES) <= set(Group.objects.values_list("name", flat=True))


@pytest.mark.parametrize("permission", MATRIX)
def test_who_may(staff, permission):
    assert "".join(letter for letter, user in staff.items() if user.has_perm(permission)) == MATRIX[permission]


def test_who_may_work_on_pages(staff):
    front_page = Page.objects.get(depth=2)
    may_edit = [letter for letter, user in staff.items() if front_page.permissions_for_user(user).can_edit()]
    may_add = [letter for letter, user in staff.items() if front_page.permissions_for_user(user).can_add_subpage()]
    assert may_edit == may_add == ["E", "O"]


@pytest.mark.parametrize(
    ("address", "letters"),
    [
        ("/admin/", "EMF$O"),
        ("/admin/images/", "EO"),
        ("/admin/documents/", "EO"),
        ("/admin/users/", "O"),
        ("/admin/groups/", "O"),
        ("/admin/sites/", "O"),
        ("/admin/redirects/", "EO"),
    ],
)
def test_which_rooms_of_the_admin_open(client, staff, address, letters):
    opened = ""
    for letter, user in staff.items():
        client.force_login(user)
        response = client.get(address)
        assert response.status_code == 200 or response["Location"] == "/admin/"
        opened += letter if response.status_code == 200 else ""
    assert opened == letters


@pytest.mark.parametrize("role", ROLES)
def test_every_pattern_means_something(role):
    everything = {f"{p.content_type.app_label}.{p.codename}" for p in Permission.objects.select_related("content_type")}
    for pattern in ROLES[role].permissions:
        assert any(fnmatchcase(name, pattern) for name in everything), pattern


def test_syncing_repairs_what_was_changed_and_twice_is_once(capsys):
    sync_roles()
    editor = Group.objects.get(name="Editor")
    editor.permissions.add(Permission.objects.get(codename="change_user", content_type__app_label="shop"))
    editor.page_permissions.all().delete()
    assert sync_roles() == ["Editor"]
    assert sync_roles() == []
    call_command("sync_roles")
    assert "Editor: as it should be" in capsys.readouterr().out


def test_migrating_has_the_roles_follow():
    """As after an update that brings a table: its permissions are made, and whoever shall have them has them."""
    permission = Permission.objects.get(codename="change_product", content_type__app_label="shop")
    permission.delete()
    Group.objects.filter(name="Fulfilment").delete()
    call_command("migrate", verbosity=0)
    assert Group.objects.filter(name="Fulfilment").exists()
    assert Group.objects.get(name="Owner").permissions.filter(codename="change_product").exists()


def test_syncing_leaves_other_groups_alone():
    helpers = Group.objects.create(name="Helpers")
    helpers.permissions.add(Permission.objects.get(codename="access_admin"))
    sync_roles()
    assert helpers.permissions.count() == 1
