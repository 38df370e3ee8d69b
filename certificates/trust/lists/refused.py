"""Why a trusted list was not taken, as an exception."""

from certificates.domain.trusted import Refusal


class ListRefused(Exception):
    """A list that must not be taken; `reason` says why, the text says it for a log and holds nothing of the list."""

    def __init__(self, reason: Refusal, text: str) -> None:
        super().__init__(text)
        self.reason = reason
