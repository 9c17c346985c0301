"""A dump that has been restored and audited is a backup; anything else is a file."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from config import backup, testing
from tests.factories import make_product_page

NIGHT = datetime(2026, 11, 3, 2, 30, tzinfo=UTC)


@pytest.fixture
def url(transactional_db, monkeypatch):
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings.test")
    return testing.server_url(connection.settings_dict["NAME"])


def test_a_dump_restores_and_its_audit_is_clean(url, tmp_path):
    make_product_page()
    made = backup.keep(tmp_path, url=url, days=14, now=NIGHT)
    assert made.name == "etalase-20261103-023000.dump"
    assert made.stat().st_mode & 0o077 == 0
    assert backup.drill(tmp_path, url=url) == made
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_database WHERE datname = %s", [backup.SCRATCH])
        assert cursor.fetchone() == (0,)


def test_a_dump_of_what_does_not_add_up_is_found_out(url, tmp_path):
    make_product_page()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE shop_stockitem SET on_hand = on_hand + 1")
    backup.keep(tmp_path, url=url, days=14, now=NIGHT)
    with pytest.raises(backup.Failed, match="audit_shop"):
        backup.drill(tmp_path, url=url)


def test_a_broken_dump_is_found_out(url, tmp_path):
    (tmp_path / "etalase-20261103-023000.dump").write_bytes(b"half a dump")
    with pytest.raises(backup.Failed, match="pg_restore"):
        backup.drill(tmp_path, url=url)


def test_old_dumps_go_and_a_failed_one_leaves_nothing(url, tmp_path):
    for days in (1, 20):
        (tmp_path / (NIGHT - timedelta(days=days)).strftime(backup.STAMP)).touch()
    backup.keep(tmp_path, url=url, days=14, now=NIGHT)
    assert len(backup.dumps(tmp_path)) == 2
    with pytest.raises(backup.Failed, match="pg_dump"):
        backup.keep(tmp_path, url=url + "_that_is_not_there", days=14, now=NIGHT + timedelta(days=1))
    assert len(list(tmp_path.iterdir())) == 2


def test_without_a_dump_there_is_nothing_to_prove(tmp_path):
    with pytest.raises(backup.Failed, match="no dump"):
        backup.drill(tmp_path, url="postgresql://nobody/none")
    assert backup.main(["drill", str(tmp_path)]) == 1
