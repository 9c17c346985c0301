"""A mail server on this machine that takes, refuses or hangs."""

import email
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.controller import Controller


class PostOffice:
    """`letters` are what was taken; `answer` is said to the next ones, such as "451 later"; empty takes them.

    While it `drops`, it takes a letter and hangs up before it says so.
    """

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answer = ""
        self.drops = False

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802 - aiosmtpd calls it so
        if self.answer:
            return self.answer
        self.letters.append(email.message_from_bytes(envelope.content, policy=default))
        if self.drops:
            server.transport.close()
        return "250 taken"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def post_office(port: int) -> Iterator[PostOffice]:
    office = PostOffice()
    controller = Controller(office, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()


@contextmanager
def silence(port: int) -> Iterator[None]:
    """A server that takes the connection and never says a word."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", port)) as server:

        def listen() -> None:
            connection, _peer = server.accept()
            with connection:
                over.wait(30)

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
