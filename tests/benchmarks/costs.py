"""What requests cost: on-CPU time of the server's processes as the kernel counts it, statements as PostgreSQL does."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psycopg

PROC = Path("/proc")
# Statements about transactions are no work that a page asks for.
NOT_COUNTED = re.compile(r"^\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b", re.IGNORECASE)


def children(pid: int) -> list[int]:
    """Processes that `pid` started and that are alive."""
    found = []
    for stat in PROC.glob("[0-9]*/stat"):
        try:
            after_name = stat.read_text().rpartition(")")[2].split()
        except OSError:  # ended meanwhile
            continue
        if int(after_name[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def on_cpu(pid: int) -> int:
    """Nanoseconds that the threads of a process have run for; 0 when it has ended."""
    total = 0
    for file in PROC.glob(f"{pid}/task/*/schedstat"):
        try:
            total += int(file.read_text().split()[0])
        except OSError:
            continue
    return total


def private_memory(pid: int) -> int:
    """Bytes that a process shares with no other."""
    lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))


def backends(postmaster: int, database: str) -> list[int]:
    """Processes of PostgreSQL that serve connections to `database`."""
    found = []
    for pid in children(postmaster):
        try:
            title = (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if re.search(rf"\b{re.escape(database)} \[local\]", title):
            found.append(pid)
    return found


@dataclass(frozen=True)
class Reading:
    """Nanoseconds on a CPU so far, by process, for each of the parts."""

    parts: dict[str, dict[int, int]]

    def since(self, before: "Reading") -> dict[str, float]:
        """Seconds by part. Raises AssertionError when a process has ended: its last work would be missing."""
        spent = {}
        for part, now in self.parts.items():
            earlier = before.parts[part]
            gone = earlier.keys() - now.keys()
            assert not gone, f"{part}: process {gone} ended while it was measured"
            spent[part] = sum(ns - earlier.get(pid, 0) for pid, ns in now.items()) / 1e9
        return spent


def read(parts: dict[str, Iterable[int]]) -> Reading:
    return Reading({part: {pid: on_cpu(pid) for pid in pids} for part, pids in parts.items()})


class Statements:
    """What pg_stat_statements has seen in one database since `begin`."""

    def __init__(self, server_url: str, database: str) -> None:
        self.connection = psycopg.connect(server_url, autocommit=True)
        self.connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        self.database = database

    def begin(self) -> None:
        self.connection.execute("SELECT pg_stat_statements_reset()")

    def seen(self) -> list[tuple[str, int, float]]:
        """(statement, calls, milliseconds in all), the dearest first; without those that open or end a transaction."""
        rows = self.connection.execute(
            """SELECT s.query, s.calls, s.total_exec_time + s.total_plan_time
                 FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
                WHERE d.datname = %s ORDER BY 3 DESC""",
            [self.database],
        ).fetchall()
        return [row for row in rows if not NOT_COUNTED.match(row[0])]

    def close(self) -> None:
        self.connection.close()
