"""The file in which a stand-in keeps its objects over restarts."""

import json
import sqlite3
from pathlib import Path
from typing import Any

Object = dict[str, Any]

FORMAT = 1


class StateFile:
    """An SQLite file of two tables, `objects` and `replies`: name -> JSON."""

    def __init__(self, path: str) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self.database = sqlite3.connect(path, check_same_thread=False)
        if self._version() not in (0, FORMAT):
            self.database.close()
            raise OSError(f"{path} was not written by this version of the sandbox; remove it to start anew.")
        self.database.executescript(
            f"""
            PRAGMA user_version = {FORMAT};
            PRAGMA synchronous = OFF;
            CREATE TABLE IF NOT EXISTS objects (seq INTEGER PRIMARY KEY, name TEXT UNIQUE, body TEXT);
            CREATE TABLE IF NOT EXISTS replies (seq INTEGER PRIMARY KEY, name TEXT UNIQUE, body TEXT);
            """
        )

    def _version(self) -> int | None:
        try:
            return int(self.database.execute("PRAGMA user_version").fetchone()[0])
        except sqlite3.DatabaseError:  # no database at all
            return None

    def read(self) -> tuple[dict[str, Object], dict[str, Object]]:
        """Objects and replies, oldest first."""
        objects, replies = (
            dict(self.database.execute(f"SELECT name, body FROM {table} ORDER BY seq"))
            for table in ("objects", "replies")
        )
        return (
            {name: json.loads(body) for name, body in objects.items()},
            {name: json.loads(body) for name, body in replies.items()},
        )

    def write(self, objects: dict[str, Object | None], replies: dict[str, Object | None]) -> None:
        """Add, replace, or with None delete; in one transaction."""
        with self.database:
            for table, rows in (("objects", objects), ("replies", replies)):
                self.database.executemany(
                    f"INSERT INTO {table} (name, body) VALUES (?, ?) "
                    "ON CONFLICT (name) DO UPDATE SET body = excluded.body",
                    [(name, json.dumps(body)) for name, body in rows.items() if body is not None],
                )
                self.database.executemany(
                    f"DELETE FROM {table} WHERE name = ?",
                    [(name,) for name, body in rows.items() if body is None],
                )

    def erase(self) -> None:
        with self.database:
            self.database.execute("DELETE FROM objects")
            self.database.execute("DELETE FROM replies")

    def close(self) -> None:
        self.database.close()
