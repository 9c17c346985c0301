"""A process dies by kill -9 before or after each commit, each call of a provider and each letter, in every step of placing,
paying, settling, refunding, cancelling and expiring; and a commit is made whose answer never comes back."""

import pytest

from tests.faults.cases import commits, cuts, pairs, sampled
from tests.faults.children import in_child
from tests.faults.house import House
from tests.faults.points import Hook, answer_lost, killed, watching
from tests.faults.steps import STEPS
from tests.faults.traces import TRACES

pytestmark = pytest.mark.django_db(transaction=True)


def cut(house: House, name: str, hook: Hook) -> list[str]:
    """Do the step with `hook` at its points; those that were passed."""
    with watching(hook) as watch:
        STEPS[name].act(house)
    return watch.seen


def look_on(moment: str, number: int, name: str) -> None:
    pass


@pytest.mark.parametrize(("provider", "name"), sampled(pairs(), every=6))
def test_uncut_it_passes_the_points_of_its_list_and_ends_well(house, name, provider):
    """The control of what follows. A step that commits or calls elsewhere than it did changes its list in traces.py."""
    STEPS[name].before(house)
    assert cut(house, name, look_on) == TRACES[provider, name]
    STEPS[name].ends_well(house)


@pytest.mark.parametrize(("provider", "name", "moment", "at"), sampled(cuts()))
def test_killed_at_any_point_it_ends_well(house, name, moment, at, provider):
    STEPS[name].before(house)
    ended = in_child(lambda: cut(house, name, killed(moment, at)))
    assert ended.was_killed, ended
    STEPS[name].ends_well(house)


@pytest.mark.parametrize(("provider", "name", "at"), sampled(commits()))
def test_without_the_answer_to_any_commit_it_ends_well(house, name, at, provider):
    """What was committed is there, and we were told that the connection is gone: nobody may do it twice."""
    STEPS[name].before(house)
    ended = in_child(lambda: cut(house, name, answer_lost(at)))
    assert not ended.was_killed
    STEPS[name].ends_well(house)
