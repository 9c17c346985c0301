"""Django's way to a mail server, with an end: a try is over after EMAIL_TRY_SECONDS, however slow the server is.

EMAIL_TIMEOUT bounds the silence between two bytes only; a server that sends one every few seconds could hold a letter for
as long as it likes, and hand it on long after somebody else has sent it anew.
"""

import contextlib
import socket
import threading
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends import smtp


class _Known:
    backend: Any

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        self.backend._partial_connection = self
        return super()._get_socket(host, port, timeout)  # type: ignore[misc]


class EmailBackend(smtp.EmailBackend):
    """Nothing is handed over after the end, and nobody waits beyond it. What was under way then fails with an OSError."""

    over = False

    @property
    def connection_class(self) -> Any:
        """smtplib's, of which we know from its first word on: Django keeps it once it has said hello."""
        return type("Line", (_Known, super().connection_class), {"backend": self})

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        self.over = False
        end = threading.Timer(settings.EMAIL_TRY_SECONDS, self._end)
        end.daemon = True
        end.start()
        try:
            return super().send_messages(email_messages)
        finally:
            end.cancel()

    def _send(self, email_message: EmailMessage) -> bool:
        if self.over:
            raise TimeoutError("the mail server took too long to say hello")
        return super()._send(email_message)  # type: ignore[misc]

    def _end(self) -> None:
        """From another thread: what is being read or written ends at once. An encrypted line is shut below its cipher."""
        self.over = True
        connections = [self._partial_connection, self.connection]  # type: ignore[attr-defined]
        for line in filter(None, (getattr(one, "sock", None) for one in connections)):
            with contextlib.suppress(OSError):
                socket.socket.shutdown(line, socket.SHUT_RDWR)
