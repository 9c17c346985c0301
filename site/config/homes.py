"""Where the embedded servers live, whose files they are, and who may start them."""

import contextlib
import dataclasses
import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import tempfile
import time
from pathlib import Path
from typing import IO

from config.programs import EmbeddedError

LONGEST_SOCKET_FOLDER = 80  # a socket's whole path must stay below 108 bytes
TEMPORARY = Path("/tmp")  # noqa: S108  # not TMPDIR, which may be too long for a socket
MEMORY = Path("/dev/shm")  # noqa: S108  # copying a database there is ten times faster than on a disk
MEMORY_NEEDED = 2 * 1024**3
SETTLED_SECONDS = 60  # a throwaway home this old has been locked by its owner, if that lives


@dataclasses.dataclass(frozen=True)
class Home:
    """Where one pair of servers lives: data, logs and lock in `folder`; `user` is None for ourselves."""

    folder: Path
    sockets: Path
    user: pwd.struct_passwd | None

    @property
    def data(self) -> Path:
        return self.folder / "postgres"

    @property
    def redis_socket(self) -> Path:
        return self.sockets / "redis.sock"

    @property
    def cluster_name(self) -> str:
        """Stands in the title of each of this home's PostgreSQL processes, and of no other's."""
        return f"etalase-{_digest(self.data)}"

    def private(self, folder: Path) -> Path:
        """Make `folder` if need be, for the servers' user alone."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.user is not None:
            os.chown(folder, self.user.pw_uid, self.user.pw_gid)
        elif folder.stat().st_uid != os.geteuid():
            raise EmbeddedError(f"{folder} belongs to another user; remove it or give it to yours with chown.")
        folder.chmod(0o700)
        return folder


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:10]


def unprivileged_user() -> pwd.struct_passwd | None:
    """Who runs the servers: None for ourselves, `nobody` when we are root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def permanent_folder(root: Path) -> Path:
    """What outlives a run: `var/`, or for root a folder that `nobody` can reach (root's home is closed)."""
    if os.geteuid() == 0:
        return Path(f"/var/lib/etalase-{_digest(root.resolve())}")
    return root.resolve() / "var"


def lasting(root: Path) -> Home:
    """The home of the project at `root`; for root, var/embedded points to it."""
    user = unprivileged_user()
    folder = permanent_folder(root) if user is None else _pointed_to(root)
    folder.mkdir(mode=0o755, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise EmbeddedError(f"{folder} belongs to another user; type: sudo chown -R $USER {folder}")
    sockets = folder / "run"
    if len(os.fsencode(sockets)) > LONGEST_SOCKET_FOLDER or "," in str(sockets):
        sockets = TEMPORARY / f"etalase-{os.geteuid()}-{_digest(folder)}"
    return Home(folder, sockets, user)


def _pointed_to(root: Path) -> Path:
    """Where var/embedded points. A new clone gets a folder of its own, also where another one stood before: the pictures
    of that one's shop went with it. So does a copy, which brought the pointer of the original along.
    """
    pointer, stem = root / "var" / "embedded", permanent_folder(root)
    pointer.parent.mkdir(exist_ok=True)
    if pointer.is_symlink() and not str(pointer.readlink()).startswith(str(stem)):
        pointer.unlink()
    with contextlib.suppress(FileExistsError):  # nearly always; else another process may be making it this instant
        pointer.symlink_to(stem.with_name(f"{stem.name}-{secrets.token_hex(3)}"))
    return pointer.readlink()


def throwaway() -> Home:
    """A new home that nobody else knows, after clearing away those whose owners were killed."""
    pattern = f"etalase-test-{os.geteuid()}-"
    for leftover in (path for place in (MEMORY, TEMPORARY) for path in place.glob(f"{pattern}*")):
        status = leftover.lstat()
        if status.st_uid == os.geteuid() and time.time() - status.st_mtime > SETTLED_SECONDS:
            _remove_unless_in_use(leftover)
    in_memory = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_NEEDED
    folder = Path(tempfile.mkdtemp(prefix=pattern, dir=MEMORY if in_memory else TEMPORARY))
    folder.chmod(0o711)
    return Home(folder, folder / "run", unprivileged_user())


def _remove_unless_in_use(folder: Path) -> None:
    lock = lock_home(folder)
    if lock is not None:
        with lock:
            shutil.rmtree(folder, ignore_errors=True)


def lock_home(folder: Path) -> IO[str] | None:
    """The open lock of a home, or None while another process holds it. The kernel frees it when that dies."""
    lock = (folder / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def keeper(home: Home) -> str:
    """The pid of the process that owns the servers of `home`, as text."""
    return (home.folder / "lock").read_text() or "unknown"
