"""Two do the same at the same moment, at every step: two clicks, two workers, two clocks."""

import pytest

from tests.faults.cases import pairs, sampled
from tests.faults.steps import STEPS
from tests.races.crowd import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


@pytest.mark.parametrize(("provider", "name"), sampled(pairs(), every=7))
def test_two_at_once_are_one(house, name, provider):
    """Controls, without the locks: test_mutations.py, and tests/races."""
    step = STEPS[name]
    step.before(house)
    results = at_once([lambda: step.act(house)] * 2)
    assert [result for result in results if isinstance(result, Exception)] == []
    step.ends_well(house)


@pytest.mark.parametrize(("provider", "name"), sampled(pairs(), every=11))
def test_two_clocks_are_one(house, name, provider):
    """Two beats, each with a worker, for a quarter of an hour."""
    step = STEPS[name]
    step.before(house)
    for minutes in (0, 3, 3, 10):
        house.later(minutes)
        assert at_once([house.work] * 2) == [None, None]
    step.ends_well(house)
