"""Backups of the database, and the drill that proves one: restore it, and let the shop's own audit go over it.

    python -m config.backup keep FOLDER [--days 14]    dump the database into FOLDER, forget dumps older than that
    python -m config.backup drill FOLDER               restore the newest dump beside the live database, audit it, drop it

Both want DATABASE_URL, and PostgreSQL's own programs: on a desk the embedded ones, elsewhere those on the PATH. A dump
takes no lock that anybody would feel and is one snapshot, whatever is bought meanwhile. `keep` belongs into a nightly
cron, `drill` into a weekly one: each exits 1 with a line that says why. Pictures (MEDIA_ROOT or the bucket) are files;
copy them by the means of their store.
"""

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from config.embedded import EmbeddedError
from config.homes import permanent_folder
from config.programs import find_programs

ROOT = Path(__file__).resolve().parents[2]
STAMP = "etalase-%Y%m%d-%H%M%S.dump"
SCRATCH = "etalase_drill"


class Failed(Exception):
    """One line that says what did not work."""


def dumps(folder: Path) -> list[Path]:
    """The dumps in `folder`, the oldest first."""
    return sorted(folder.glob("etalase-*.dump"))


def keep(folder: Path, *, url: str, days: int, now: datetime) -> Path:
    """Dump the database at `url` into `folder`, whole or not at all, and drop dumps older than `days`. Raises Failed."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = folder / now.astimezone(UTC).strftime(STAMP)
    building = made.with_suffix(".building")
    try:
        _run(["pg_dump", "--format=custom", "--no-owner", "--file", str(building), "--dbname", url])
        building.chmod(0o600)
        building.replace(made)
    finally:
        building.unlink(missing_ok=True)
    oldest = (now - timedelta(days=days)).astimezone(UTC).strftime(STAMP)
    for old in dumps(folder):
        if old.name < oldest:
            old.unlink()
    return made


def drill(folder: Path, *, url: str) -> Path:
    """Restore the newest dump into a scratch database on the same server, and audit it. Raises Failed."""
    if not (kept := dumps(folder)):
        raise Failed(f"There is no dump in {folder}.")
    with _scratch(url) as scratch:
        _run(["pg_restore", "--exit-on-error", "--no-owner", "--dbname", scratch, str(kept[-1])])
        _manage(scratch, "migrate", "--check")
        _manage(scratch, "audit_shop", "--whole")
    return kept[-1]


@contextlib.contextmanager
def _scratch(url: str) -> Iterator[str]:
    """The address of an empty database beside the one at `url`, gone afterwards."""
    parts = urlsplit(url)
    _sql(url, f"DROP DATABASE IF EXISTS {SCRATCH} WITH (FORCE)")
    _sql(url, f"CREATE DATABASE {SCRATCH}")
    try:
        yield urlunsplit(parts._replace(path=f"/{SCRATCH}"))
    finally:
        _sql(url, f"DROP DATABASE IF EXISTS {SCRATCH} WITH (FORCE)")


def _sql(url: str, statement: str) -> None:
    _run(["psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", url, "--command", statement])


def _manage(url: str, *arguments: str) -> None:
    _run([sys.executable, str(ROOT / "manage.py"), *arguments], {"DATABASE_URL": url})


def _run(command: Sequence[str], extra: dict[str, str] | None = None) -> None:
    program = command[0] if Path(command[0]).is_absolute() else _program(command[0])
    done = subprocess.run(
        [program, *command[1:]], env={**os.environ, **(extra or {})}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = [line for line in (done.stderr + "\n" + done.stdout).splitlines() if line.strip()]
        name = " ".join([Path(command[0]).name, *[part for part in command[1:] if "://" not in part]])
        raise Failed(f"{name}: {said[0] if said else 'no word'}")


def _program(name: str) -> str:
    with contextlib.suppress(EmbeddedError):  # on a desk the server is of their version
        return str(find_programs(permanent_folder(ROOT), None).postgres / name)
    if found := shutil.which(name):
        return found
    raise Failed(f"{name} is not on the PATH: install PostgreSQL's client programs, of the server's version or newer.")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m config.backup")
    parser.add_argument("what", choices=["keep", "drill"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--days", type=int, default=14, help="dumps are kept for so long (default: %(default)s)")
    given = parser.parse_args(arguments)
    url = os.environ.get("DATABASE_URL", "")
    try:
        if not url:
            raise Failed("DATABASE_URL is not set.")
        if given.what == "keep":
            print(f"Kept {keep(given.folder, url=url, days=given.days, now=datetime.now(UTC))}")
        else:
            print(f"{drill(given.folder, url=url)} restores, and its audit is clean.")
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
