"""Django's way to a mail server, with a deadline: connecting and handing over one letter take so long at most.

A server that hangs or drips is cut off, and its circuit opens like that of any other host (outside/circuits.py).
"""

import smtplib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cached_property, partial
from typing import Any

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend

from outside.circuits import calling
from outside.deadline import Deadline
from outside.errors import CallFailed
from outside.sockets import HurriedContext, Limits, connect, system_context

ANSWERS = (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused)
"""What the server said: it is there, whatever it refuses."""


class _Connection(smtplib.SMTP):
    """A conversation that ends at its deadline, under TLS from the start where there is a context."""

    def __init__(
        self,
        *arguments: Any,
        limits: Limits,
        deadline: Deadline,
        context: HurriedContext | None = None,
        **named: Any,
    ) -> None:
        self._limits, self._deadline, self._context = limits, deadline, context
        super().__init__(*arguments, **named)

    def _get_socket(self, host: str, port: int, _timeout: float) -> Any:
        line = connect(host, port, self._limits, self._deadline)
        return line if self._context is None else self._context.wrap_socket(line, server_hostname=host)


class Backend(EmailBackend):
    """Letters by SMTP, each connection with MAIL_DEADLINE. Raises OSError and SMTPException as Django's does."""

    @property
    def connection_class(self) -> Any:
        """Return what makes a connection, its deadline running from now."""
        silence = self.timeout or settings.EMAIL_TIMEOUT
        total = settings.MAIL_DEADLINE
        return partial(_Connection, limits=Limits(silence, silence, total), deadline=Deadline(total))

    @cached_property
    def ssl_context(self) -> HurriedContext:
        """Verify the server by the authorities that this machine trusts."""
        return system_context()

    _call: AbstractContextManager[None] | None = None
    """The call that is going on: from connecting to the goodbye it is one."""

    def open(self) -> bool | None:
        """Connect and sign in; False where that was done before. Raises OSError, also while the server's host rests."""
        if self.connection:
            return False
        call = calling(f"{self.host}:{self.port}")
        try:
            call.__enter__()
        except CallFailed as error:
            raise ConnectionError(str(error)) from error
        self._call = call
        with self._ending_when_it_breaks():
            return super().open()

    def close(self) -> None:
        """Say goodbye, or leave without where the server does not answer."""
        connection = self.connection
        with suppress(OSError):
            super().close()
        if connection is not None:
            connection.close()
        self._end(None)

    def _send(self, message: Any) -> bool:
        with self._ending_when_it_breaks():
            sent: bool = super()._send(message)  # type: ignore[misc]  # Django's own part
            return sent

    @contextmanager
    def _ending_when_it_breaks(self) -> Iterator[None]:
        try:
            yield
        except ANSWERS:
            raise
        except OSError as error:
            self._end(error)
            raise

    def _end(self, error: OSError | None) -> None:
        call, self._call = self._call, None
        if call is None:
            return
        with suppress(OSError):  # whoever hears of it is told by the one who raised it
            call.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)
