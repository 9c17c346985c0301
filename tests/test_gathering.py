"""Numbers that gather in a process until one visit hands them over."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError

from shop import gathering
from shop.gathering import Gathered


@pytest.fixture
def written():
    return []


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(gathering, "monotonic", lambda: now[0])
    return now


def test_of_those_who_come_when_it_is_due_one_hands_over(clock, written):
    gathered = Gathered("visits", written.append, every=60.0)
    for clock[0] in (0, 59, 61, 62, 120, 122):
        gathered.add("mug")
    assert written == [{"mug": 3}, {"mug": 3}]


def test_who_brings_ever_new_keys_does_not_fill_the_memory(clock, written, monkeypatch):
    monkeypatch.setattr(gathering, "ROOM", 3)
    gathered = Gathered("searches", written.append)
    for word in ("a", "b", "b", "c", "d"):
        gathered.add(word)
    assert written == [{"a": 1, "b": 2, "c": 1}]


def test_of_many_threads_no_visit_is_lost_or_counted_twice(written):
    gathered = Gathered("visits", lambda numbers: written.append(dict(numbers)), every=0.0)
    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(gathered.add, ["mug", "bowl"] * 500))
    gathered.hand_over()
    assert sum(map(Counter, written), Counter()) == {"mug": 500, "bowl": 500}


@pytest.mark.django_db
def test_without_a_database_it_waits_and_no_visitor_suffers(written):
    away = [True]

    def write(numbers):
        if away[0]:
            raise OperationalError("gone")
        written.append(numbers)

    gathered = Gathered("visits", write)
    gathered.add("mug")
    gathered.hand_over()
    gathered.add("mug")
    away[0] = False
    gathered.hand_over()
    gathered.hand_over()
    assert written == [{"mug": 2}]
