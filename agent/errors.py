"""What can stop the agent: stable codes with a text in every language, and the exit codes of the command."""

from enum import IntEnum


class ExitCode(IntEnum):
    """How the command ended, for scripts; listed in README.md."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    WAITING = 3
    CANCELLED = 4


class AgentError(Exception):
    """A problem with a text: `problem.<code>.{what,next}` of the catalogues.

    `values` fill the placeholders of that text; they never hold a national number, PIN or password.
    """

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


class CardError(AgentError):
    """The card, its reader or its middleware.

    `raw` is what the module answered, for the log and the doctor; `tries` what the token says of its PIN
    (`final`, `locked`).
    """

    def __init__(self, code: str, *, raw: str = "", tries: str = "", **values: str) -> None:
        super().__init__(code, **values)
        self.raw = raw
        self.tries = tries


class PortalError(AgentError):
    """The server refused or could not be reached. `detail` is the server's text, for codes unknown here."""

    def __init__(
        self, code: str, *, status: int = 0, title: str = "", detail: str = "", **values: str
    ) -> None:
        super().__init__(code, **values)
        self.status = status
        self.title = title
        self.detail = detail


class StoreError(AgentError):
    """A key store cannot be written, read or trusted."""


class SealError(AgentError):
    """A message cannot be sealed, or a sealed one not opened."""


class Cancelled(AgentError):
    """The person said no. Not a failure."""

    def __init__(self, code: str = "cancelled") -> None:
        super().__init__(code)
