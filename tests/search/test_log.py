"""What is kept of searches: words and days, never people."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError
from django.urls import reverse

from search import log
from search.models import SearchDay
from tests.factories import NOW, make_staff

pytestmark = pytest.mark.django_db


def searched(words, found=0, *, now=NOW, language="en"):
    log.record(words=words, language=language, found=found, now=now)
    log.gathered.hand_over()


def kept():
    return list(SearchDay.objects.order_by("day", "words").values_list("words", "searches", "found"))


def test_the_same_words_on_a_day_are_one_row(django_assert_num_queries):
    with django_assert_num_queries(0):
        for words, found in (("Blue  Mug", 0), ("teapot", 1), ("blue mug", 2)):
            log.record(words=words, language="en", found=found, now=NOW)
    with django_assert_num_queries(1):
        log.gathered.hand_over()
    searched("blue mug", 3)
    searched("blue mug", 2, now=NOW + timedelta(days=1))
    assert kept() == [("blue mug", 3, 3), ("teapot", 1, 1), ("blue mug", 1, 2)]


@pytest.mark.parametrize(
    "words",
    ["alice@example.com", "mug for alice@example", "+62 812 3456 7890", "4242 4242 4242 4242", "12345678", "", "  "],
)
def test_what_may_tell_who_it_was_is_not_kept(words):
    searched(words)
    assert kept() == []


def test_nothing_about_people_has_a_column():
    assert {field.name for field in SearchDay._meta.get_fields()} == {
        *("id", "words", "language", "day", "searches", "found")
    }


def test_numbers_of_articles_are_kept():
    searched("tide-mug-250")
    assert kept() == [("tide-mug-250", 1, 0)]


def test_a_robot_that_types_at_random_does_not_fill_the_disk(monkeypatch):
    monkeypatch.setattr(log, "MOST_A_DAY", 2)
    for word in ("one", "two", "three"):
        searched(word)
    assert [words for words, _searches, _found in kept()] == ["one", "two"]
    searched("three", now=NOW + timedelta(days=1))
    assert len(kept()) == 3


def test_half_a_year_is_enough():
    searched("old", now=NOW - timedelta(days=181))
    searched("kept", now=NOW - timedelta(days=180))
    assert log.delete_old(now=NOW) == 1
    assert [words for words, _searches, _found in kept()] == ["kept"]


def test_the_database_refuses_a_search_that_never_was():
    with pytest.raises(DatabaseError):
        SearchDay.objects.create(words="mug", language="en", day=date(2026, 1, 1), searches=0, found=0)


# --- the reports ---------------------------------------------------------------------------------


@pytest.fixture
def desk(client):
    client.force_login(make_staff("Merchandiser"))
    return client


def rows(response):
    return [(row["words"], row["searches"]) for row in response.context["object_list"]]


def test_the_report_shows_what_was_looked_for_in_vain(desk):
    for _time in range(2):
        searched("clock")
    searched("clock", now=NOW + timedelta(days=1))
    searched("vase")
    searched("mug", 4)
    response = desk.get(reverse("searches_in_vain"))
    assert rows(response) == [("clock", 3), ("vase", 1)]
    assert rows(desk.get(reverse("searches"))) == [("clock", 3), ("mug", 1), ("vase", 1)]


def test_what_has_gathered_here_is_in_the_report_at_once(desk):
    log.record(words="clock", language="en", found=0, now=NOW)
    assert rows(desk.get(reverse("searches_in_vain"))) == [("clock", 1)]


def test_the_report_of_a_period_and_a_language(desk):
    searched("old", now=NOW - timedelta(days=20))
    searched("new")
    searched("baru", language="id")
    period = {"day_from": "2026-10-25", "day_to": "2026-11-05", "language": "en"}
    assert rows(desk.get(reverse("searches_in_vain"), period)) == [("new", 1)]
    assert desk.get(reverse("searches_in_vain_results"), period).status_code == 200
    assert desk.get(reverse("searches_in_vain"), {"day_from": "soon"}).status_code == 200


def test_its_export_runs_no_formulas(desk):
    searched('=HYPERLINK("http://x")')
    response = desk.get(reverse("searches_in_vain"), {"export": "csv"})
    [row] = csv.DictReader(io.StringIO(response.getvalue().decode()))
    assert (row["Words"], row["Searches"]) == ('\'=hyperlink("http://x")', "1")
    assert desk.get(reverse("searches"), {"export": "xlsx"}).status_code == 200


def test_in_the_menu_of_those_who_may_see_it(desk, client):
    page = desk.get(reverse("wagtailadmin_home")).content.decode()
    assert reverse("searches_in_vain") in page
    assert reverse("wagtailsearchpromotions:search_terms") not in page
    client.force_login(make_staff("Fulfilment"))
    assert client.get(reverse("searches_in_vain")).status_code == 302
    assert reverse("searches_in_vain") not in client.get(reverse("wagtailadmin_home")).content.decode()


def test_old_days_are_forgotten_by_the_clock(settings):
    assert settings.CELERY_BEAT_SCHEDULE["search.delete_old_searches"]["task"] == "search.delete_old_searches"
    call_command("check")
