"""In a sale those who pay queue at the till, and whoever looks around walks past them."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from config.middleware import Turnstile

BUYERS, LOOKERS = 12, 12


class Inside:
    """A shop whose answers wait until it opens; it knows who is inside."""

    def __init__(self) -> None:
        self.lock, self.opens = Lock(), Event()
        self.now: list[str] = []
        self.most: dict[str, int] = {"POST": 0, "all": 0}

    def __call__(self, request):
        with self.lock:
            self.now.append(request.method)
            self.most = {
                "POST": max(self.most["POST"], self.now.count("POST")),
                "all": max(self.most["all"], len(self.now)),
            }
        if request.method == "POST":
            assert self.opens.wait(10)
        with self.lock:
            self.now.remove(request.method)
        return HttpResponse()


@pytest.fixture
def crowd():
    with ThreadPoolExecutor(BUYERS + LOOKERS) as pool:
        yield pool


def test_who_looks_around_is_served_while_the_tills_are_full(crowd, settings):
    settings.DATABASE_POOL = 8
    inside = Inside()
    turnstile, ask = Turnstile(inside), RequestFactory()
    buyers = [crowd.submit(turnstile, ask.post("/checkout/payment/")) for _ in range(BUYERS)]
    lookers = [crowd.submit(turnstile, ask.get("/shop/")) for _ in range(LOOKERS)]
    assert {one.result(5).status_code for one in lookers} == {200}
    assert not any(one.done() for one in buyers)
    inside.opens.set()
    assert {one.result(5).status_code for one in buyers} == {200}
    assert inside.most["POST"] == 6
    assert inside.most["all"] <= 8


def test_as_many_at_a_time_as_there_are_connections(crowd, settings):
    settings.DATABASE_POOL = 2
    inside = Inside()
    turnstile, ask = Turnstile(inside), RequestFactory()
    adding = [crowd.submit(turnstile, ask.post("/cart/add/")) for _ in range(BUYERS)]
    inside.opens.wait(0.2)
    inside.opens.set()
    assert {one.result(5).status_code for one in adding} == {200}
    assert inside.most["all"] == 2


def test_a_place_is_given_back_when_a_view_fails(settings):
    settings.DATABASE_POOL = 1

    def fail(_request):
        raise ZeroDivisionError

    turnstile = Turnstile(fail)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            turnstile(RequestFactory().post("/checkout/payment/"))
