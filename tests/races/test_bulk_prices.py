"""Two people lower the same prices at once, each as they looked at them; two workers take the same file."""

from decimal import Decimal
from functools import partial

import pytest
from django.utils import timezone

from shop.audit import audit
from shop.catalogue.models import PriceWindow, Variant
from shop.inventory.models import StockMovement
from shop.merchandising import operations as merchandising
from shop.merchandising import repricing
from shop.merchandising.models import CatalogueFile
from shop.merchandising.repricing import Change, plan, reprice
from tests.checkout.world import NOW, sell
from tests.races.crowd import at_once, meeting

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.slow]

LOWER = Change(percent=Decimal(-10))


def both_lower() -> list:
    """A mug of 24.00, ten per cent off, agreed to by two people who saw the same page."""
    mug = sell()
    now = timezone.now()
    asked = {"variant_ids": [mug.pk], "currency": "USD", "change": LOWER, "starts": None, "ends": None, "actor": "test"}
    looked = plan(variant_ids=[mug.pk], currency="USD", change=LOWER, at=now)
    return at_once([partial(reprice, **asked, looked_at=looked, now=now) for _n in range(2)])


def test_ten_per_cent_come_off_once():
    outcomes = both_lower()
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["PricesMoved", "int"]
    assert PriceWindow.objects.latest("pk").amount == Decimal("21.60")


def test_control_without_the_lock_both_think_that_they_did_it(monkeypatch):
    def look_without_locking(pks):
        return {variant.pk: variant for variant in Variant.objects.filter(pk__in=pks).order_by("pk")}

    meet = meeting(2)

    def slow_plan(**asked):
        planned = plan(**asked)
        meet()
        return planned

    monkeypatch.setattr(repricing, "lock_variants", look_without_locking)
    monkeypatch.setattr(repricing, "plan", slow_plan)
    assert both_lower() == [1, 1]


def two_workers() -> list[str]:
    """What became of four counts that two workers apply at once."""
    for n in range(4):
        sell(f"MUG-{n}", stock=10)
    text = "sku,stock\n" + "".join(f"MUG-{n},{n + 3}\n" for n in range(4))
    file = merchandising.take_file(
        name="x", content=text.encode(), may_count=True, language="en", actor="test", now=timezone.now()
    )
    merchandising.name_columns(file_id=file.pk, columns={"sku": 0, "stock": 1}, now=timezone.now())
    work = partial(merchandising.work_off, file_id=file.pk, clock=timezone.now)
    work()
    merchandising.agree(file_id=file.pk, now=timezone.now())
    at_once([work, work])
    return list(file.lines.values_list("outcome", flat=True))


def test_two_workers_apply_each_line_once():
    assert two_workers() == ["applied"] * 4
    assert StockMovement.objects.filter(reason="counted").count() == 4
    assert [finding for finding in audit(now=NOW) if finding.breaches] == []


def test_control_without_the_lock_a_line_that_was_applied_is_called_refused(monkeypatch):
    real, meet = merchandising._apply, meeting(2)

    def slow(*args):
        meet()
        return real(*args)

    monkeypatch.setattr(merchandising, "lock_file", lambda pk: CatalogueFile.objects.get(pk=pk))
    monkeypatch.setattr(merchandising, "_apply", slow)
    assert "refused" in two_workers()
