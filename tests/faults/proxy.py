"""A network that misbehaves: between the shop and a server, by TCP on loopback."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from typing import Literal

Mode = Literal["pass", "slow", "black hole", "reset", "refuse"]
Address = str | tuple[str, int]


class Proxy:
    """Passes on what comes, or not, as `mode` says from now on.

    slow         each piece takes `seconds`
    black hole   what is sent is swallowed, and nothing comes back
    reset        connections are cut, and so is each new one
    refuse       nobody listens

    `cut_after = b"COMMIT"` cuts a connection once: right after that text was passed on, before any answer.
    """

    def __init__(self, server: Address) -> None:
        self.server = server
        self.mode: Mode = "pass"
        self.seconds = 0.0
        self.cut_after = b""
        self.cuts = 0
        self.pairs: list[tuple[socket.socket, socket.socket]] = []
        self.door = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self.door.getsockname()[1]
        threading.Thread(target=self._listen, args=(self.door,), daemon=True).start()

    def become(self, mode: Mode, seconds: float = 0.0) -> None:
        was, self.mode, self.seconds = self.mode, mode, seconds
        if mode == "refuse":
            self._end(self.door)
        elif was == "refuse":
            self.door = socket.create_server(("127.0.0.1", self.port), backlog=64)
            threading.Thread(target=self._listen, args=(self.door,), daemon=True).start()
        if mode in ("reset", "refuse"):
            for pair in list(self.pairs):
                self._reset(*pair)

    def _listen(self, door: socket.socket) -> None:
        while True:
            try:
                client, _peer = door.accept()
            except OSError:  # closed
                return
            if self.mode == "reset":
                self._reset(client)
                continue
            there = self._connect()
            self.pairs.append((client, there))
            for source, goal in ((client, there), (there, client)):
                threading.Thread(target=self._pass_on, args=(source, goal, source is client), daemon=True).start()

    def _connect(self) -> socket.socket:
        if isinstance(self.server, tuple):
            return socket.create_connection(self.server)
        there = socket.socket(socket.AF_UNIX)
        there.connect(self.server)
        return there

    def _pass_on(self, source: socket.socket, goal: socket.socket, outward: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if self.mode == "slow":
                    time.sleep(self.seconds)
                if self.mode == "black hole":
                    continue
                goal.sendall(data)
                if outward and self.cut_after and self.cut_after in data:
                    self._cut(source)
        if self.mode != "black hole":
            for end in (source, goal):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def _cut(self, client: socket.socket) -> None:
        """The server has time to do what it was told; its answer goes nowhere."""
        self.cut_after, self.cuts = b"", self.cuts + 1
        time.sleep(0.2)
        self._reset(client)

    @staticmethod
    def _reset(*ends: socket.socket) -> None:
        for end in ends:
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a RST, no goodbye
            Proxy._end(end)

    @staticmethod
    def _end(end: socket.socket) -> None:
        """Wakes whoever waits on it, which closing alone does not."""
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()

    def close(self) -> None:
        self.become("reset")
        self._end(self.door)


@contextlib.contextmanager
def proxy_before(server: Address) -> Iterator[Proxy]:
    """A proxy before `server`: the path of a Unix socket, or (host, port)."""
    proxy = Proxy(server)
    try:
        yield proxy
    finally:
        proxy.close()
