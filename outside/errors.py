"""How a call can fail: before anything left the house, or after."""

from datetime import datetime


class CallFailed(Exception):
    """No whole answer came; its text says why, without an address."""


class NotSent(CallFailed):
    """Nothing left the house: no connection, or no time left to send."""


class NoAnswer(CallFailed):
    """It left, and no whole answer came back: what was done with it is not known."""


class Resting(NotSent):
    """The host did not answer several times in a row; nobody calls it until then."""

    def __init__(self, host: str, *, since: datetime, until: datetime) -> None:
        super().__init__("the service has not been answering")
        self.host, self.since, self.until = host, since, until
