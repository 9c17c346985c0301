"""Child processes that never outlive whoever started them (Linux).

The kernel itself delivers the death signal, so even `kill -9` of the starter leaves nothing behind. It does
so when the starting *thread* ends: start children from the main thread only.
"""

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1

_prctl: Callable[..., int] | None = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


def die_with_parent(death_signal: signal.Signals, parent: int) -> None:
    """Ask the kernel to signal this process when `parent` (a pid) ends, or end now if it has ended already.

    Call it after any change of user: that clears the request.
    """
    if _prctl is not None:
        _prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def start(
    command: Sequence[str | Path],
    *,
    death_signal: signal.Signals = signal.SIGTERM,
    user: pwd.struct_passwd | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    output: int | IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` in the foreground, tied to this process, as `user` when given (root only).

    `death_signal` is what it receives when we die. `output` takes stdout and stderr. The child leads a
    process group of its own, so that Ctrl-C reaches only us and we decide the order of leaving.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("Start children from the main thread: they die with the thread that started them.")
    parent = os.getpid()
    return subprocess.Popen(
        [str(part) for part in command],
        cwd=folder,
        env=dict(environment) if environment is not None else None,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        process_group=0,
        preexec_fn=lambda: die_with_parent(death_signal, parent),
        **as_user(user),
    )


def as_user(user: pwd.struct_passwd | None) -> dict:
    """The arguments with which `subprocess` drops to `user`; none for None."""
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "umask": 0o077}


def stop(
    *children: subprocess.Popen[bytes], stop_signal: signal.Signals = signal.SIGTERM, patience: float = 10
) -> None:
    """Ask the children to leave, in order; after `patience` seconds kill what is left of their process groups."""
    for child in children:
        if child.poll() is None:
            child.send_signal(stop_signal)
    deadline = time.monotonic() + patience
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(max(0, deadline - time.monotonic()))
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
