"""Hold the embedded servers of a folder, say so in one line of JSON, and leave at the first line of input.

Usage: hold_servers.py FOLDER [throwaway | a user to become after everything is imported]
"""

import json
import os
import pwd
import sys
from pathlib import Path

from config import embedded, homes, programs


def become(name: str, root: Path) -> None:
    """Turn into another user, who may not read our Python: import all that is needed and copy the programs first."""
    with embedded.servers(root, throwaway=True):
        pass
    user = pwd.getpwnam(name)
    copied = programs.find_programs(homes.permanent_folder(root), user)
    embedded.find_programs = lambda folder, user: copied  # type: ignore[assignment]
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


def hold(root: Path, mode: str) -> None:
    if mode not in ("", "throwaway"):
        become(mode, root)
    with embedded.servers(root, throwaway=mode == "throwaway") as here:
        say(
            home=str(here.home.folder),
            database_url=here.database_url,
            redis_url=here.redis_url,
            pids=[child.pid for child in here.children.values()],
            owned=here.owned,
        )
        sys.stdin.readline()


def say(**words: object) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


try:
    hold(Path(sys.argv[1]), sys.argv[2])
except embedded.EmbeddedError as error:
    say(error=str(error))
