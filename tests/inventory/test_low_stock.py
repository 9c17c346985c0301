"""Running low: staff is told once on each way down, and the desk shows it."""

import pytest
from django.core import mail
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from shop.customers.models import User
from shop.inventory import operations as inventory
from shop.inventory.models import StockItem
from shop.outbox import operations as outbox
from shop.outbox.models import Job, Mail
from tests.factories import make_staff
from tests.inventory.test_operations import WHO, reserve, shelf

pytestmark = pytest.mark.django_db
NOW = WHO["now"]


def alerts() -> int:
    return Job.objects.filter(task="inventory.tell_low").count()


@pytest.fixture
def mugs() -> StockItem:
    """Seven mugs; low at five."""
    return shelf("Mugs", 7)


def test_selling_down_to_the_threshold_tells_once(mugs):
    reserve((mugs, 1), order="ET-1")
    assert alerts() == 0
    reserve((mugs, 1), order="ET-2")
    reserve((mugs, 1), order="ET-3")
    assert alerts() == 1


def test_it_tells_again_only_after_it_has_risen_above(mugs):
    reserve((mugs, 3), order="ET-1")
    inventory.receive(stock_item=mugs, quantity=1, **WHO)
    reserve((mugs, 1), order="ET-2")
    assert alerts() == 1
    inventory.receive(stock_item=mugs, quantity=2, **WHO)
    reserve((mugs, 1), order="ET-3")
    assert alerts() == 2


def test_an_order_that_gives_back_counts_as_rising(mugs):
    reserve((mugs, 2), order="ET-1")
    with transaction.atomic():
        inventory.release(order_number="ET-1", now=NOW)
    reserve((mugs, 2), order="ET-2")
    assert alerts() == 2


def test_two_lines_of_one_shelf_are_one_way_down(mugs):
    reserve((mugs, 1), (mugs, 1))
    assert alerts() == 1


@pytest.mark.parametrize("change", ["count", "adjust"])
def test_counting_and_correcting_tell_too(mugs, change):
    if change == "count":
        inventory.count(stock_item=mugs, counted=2, **WHO)
    else:
        inventory.adjust(stock_item=mugs, delta=-5, reason_note="broken", **WHO)
    assert alerts() == 1


def test_a_raised_threshold_tells_too(mugs):
    inventory.set_rules(stock_item=mugs, actor="staff", now=NOW, low_stock_threshold=7)
    inventory.set_rules(stock_item=mugs, actor="staff", now=NOW, low_stock_threshold=8)
    assert alerts() == 1


def test_a_refused_order_tells_nobody(mugs):
    with pytest.raises(inventory.OutOfStock):
        reserve((mugs, 8))
    assert alerts() == 0


def test_what_never_runs_out_is_never_low():
    reserve((shelf("Vouchers", 0, "infinite"), 90))
    assert alerts() == 0


def test_whoever_keeps_the_shelves_gets_one_letter(mugs):
    for role in ("Fulfilment", "Owner", "Editor"):
        make_staff(role)
    gone = make_staff("Fulfilment", "gone@example.com")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    reserve((mugs, 3))
    while outbox.relay(now=timezone.now()):
        pass
    Job.objects.filter(task="inventory.tell_low").update(done_at=None)  # a worker that died before it could say so
    while outbox.relay(now=timezone.now()):
        pass
    assert sorted(letter.to[0] for letter in mail.outbox) == ["fulfilment@example.com", "owner@example.com"]
    letter = Mail.objects.first()
    assert letter.subject == "Running low: Mugs"
    assert "4 units may still be sold; you asked to be told at 5." in letter.text
    assert reverse("stock:inspect", args=[mugs.pk]) in letter.text
    assert reverse("stock:inspect", args=[mugs.pk]) in letter.html


def test_the_desk_shows_what_is_low_and_finds_it(client, mugs):
    shelf("Plates", 90)
    client.force_login(make_staff("Fulfilment"))
    reserve((mugs, 3))
    page = client.get(reverse("stock:index"), {"low": "yes"}).content.decode()
    assert "Mugs" in page
    assert "Plates" not in page
    assert "w-status--primary" in client.get(reverse("stock:inspect", args=[mugs.pk])).content.decode()


def test_the_desk_sets_the_rules_by_the_operation(client, mugs):
    client.force_login(make_staff("Fulfilment"))
    address = reverse("stock:edit", args=[mugs.pk])
    answer = client.post(address, {"policy": "track", "low_stock_threshold": "7", "lead_days": "", "restock_on": ""})
    assert answer.status_code == 302
    assert StockItem.objects.get(pk=mugs.pk).low_stock_threshold == 7
    assert alerts() == 1
