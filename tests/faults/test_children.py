"""That a copy of this process stands by itself."""

import asyncio
from asyncio.events import _set_running_loop

import pytest
from django.db import connection

from tests.faults.children import in_child

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_connects_for_itself_also_while_a_browsers_loop_runs():
    """Such a loop is running in this thread once a browser test has been here, and not in a copy of it."""
    connection.ensure_connection()
    before, loop = connection.connection, asyncio.new_event_loop()
    _set_running_loop(loop)
    try:
        assert connection.connection is not before
        ended = in_child(lambda: connection.ensure_connection() or connection.connection is not before)
    finally:
        _set_running_loop(None)
        loop.close()
    assert (ended.code, ended.said) == (0, "True")
