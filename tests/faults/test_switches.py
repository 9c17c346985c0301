"""What cuts and kills lives in the tests: the shop itself has no such switch, and production knows nothing of it."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.check import PRODUCTION

ROOT = Path(__file__).resolve().parents[2]
OURS = ("shop", "home", "search", "site/config")
LOOK = """
import sys
import django
django.setup()
import config.wsgi, config.urls, config.celery
from importlib import import_module
config.celery.app.loader.import_default_modules()
import_module(config.urls.__name__)
import requests.adapters
from django.core.mail import EmailMessage
from django.db.backends.base.base import BaseDatabaseWrapper
strangers = [name for name in sys.modules if name.partition(".")[0] in ("tests", "sandbox", "pytest")]
assert not strangers, strangers
for whole, home in (
    (BaseDatabaseWrapper._commit, "django.db"),
    (BaseDatabaseWrapper._rollback, "django.db"),
    (requests.adapters.HTTPAdapter.send, "requests."),
    (EmailMessage.send, "django.core.mail"),
):
    assert whole.__module__.startswith(home), whole
"""


def in_production(code: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **PRODUCTION,
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT}:{ROOT / 'site'}",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none",
        "REDIS_URL": "redis://127.0.0.1:9/0",
        **more,
    }
    command = [sys.executable, "-W", "ignore", "-c", code]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd="/")


@pytest.mark.slow
def test_production_loads_nothing_of_the_tests_and_nothing_is_patched():
    done = in_production(LOOK)
    assert done.returncode == 0, done.stderr


def test_the_stand_ins_refuse_to_run_in_production():
    done = in_production("from sandbox.__main__ import main; raise SystemExit(main(['stripe', '--port', '0']))")
    assert done.returncode == 1
    assert "does not run with" in done.stderr


@pytest.mark.slow
def test_no_module_of_ours_asks_for_the_tests_or_for_a_way_to_die():
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for root in OURS
        for path in (ROOT / root).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if _imports_tests(node) or (root != "site/config" and _dies(node))  # which starts and ends processes
    ]
    assert wrong == []


def _imports_tests(node: ast.AST) -> bool:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
    return any(name.partition(".")[0] in ("tests", "unittest") for name in names)


def _dies(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in ("_exit", "abort", "fork", "kill")
