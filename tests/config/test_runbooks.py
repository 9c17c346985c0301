"""Every command line of the runbooks runs, on a shop with a little of everything in it."""

import os
import re
import shlex
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from config import backup, testing
from shop.customers.models import User
from shop.outbox import operations as outbox
from shop.outbox.models import Job
from shop.payments import operations as payments
from tests.orders.helpers import paid_order, send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

DOCS = Path(__file__).parents[2] / "site" / "docs"
RESTORED = "etalase_restored"


def command_lines() -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", (DOCS / "runbooks.md").read_text(), re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines() if line]


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """Runs a line: commands of ours in this process, because each start of Django takes seconds."""
    url = testing.server_url(connection.settings_dict["NAME"])
    monkeypatch.setenv("DATABASE_URL", url)
    programs = Path(backup._program("psql")).parent
    there = {"BACKUPS": str(tmp_path), "RESTORED_URL": testing.server_url(RESTORED)}
    environment = {**os.environ, **there, "PATH": f"{programs}:{os.environ['PATH']}"}

    def run(line: str) -> None:
        words = shlex.split(line)
        if words[:2] == ["python", "manage.py"]:
            try:
                call_command(*words[2:])
            except SystemExit as end:  # "look here" is an answer as well
                if end.code not in (0, 1):
                    pytest.fail(line)
        elif words[:3] == ["python", "-m", "config.backup"]:
            assert backup.main([word.replace("$BACKUPS", str(tmp_path)) for word in words[3:]]) == 0, line
        else:
            done = subprocess.run(["bash", "-ceu", line], env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{line}\n{done.stderr}"

    yield run
    testing.run_sql("DROP DATABASE IF EXISTS {} WITH (FORCE)", RESTORED)


def test_each_line_runs(shell, capsys):
    now = timezone.now()
    send(paid_order())
    User.objects.create_user("alice@example.com", "a long enough word")
    outbox.heartbeat(queue="celery", now=now)
    Job.objects.create(task="orders.tell_packers", due_at=now - timedelta(days=2), failed_at=now, attempts=9)
    lines = command_lines()
    assert len(lines) > 25
    with patch.object(payments, "fetch", return_value=None):  # no provider is at the other end
        for line in lines:
            shell(line)
    assert Job.objects.get(task="orders.tell_packers", payload={}).failed_at is None
    assert sys.exc_info() == (None, None, None)


def test_each_sign_of_trouble_leads_to_a_page_that_is_there():
    text = (DOCS / "runbooks.md").read_text()
    headings = {
        re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^## (.*)", text, re.M)
    }
    assert set(re.findall(r"\]\(#(.*?)\)", text)) <= headings
