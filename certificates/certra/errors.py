"""What can come of a call to the registration authority, besides an answer.

Transient: it certainly did nothing; try later. Rejected: it understood and said no. OutcomeUnknown: it may or may not
have done it; ask, never repeat blindly.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True)
class Answer:
    """What the other side said, kept as it was: codes are an open list."""

    code: str
    message: str
    parameters: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> dict[str, object]:
        """Return it in the form that `CertificateRequest.problem` keeps."""
        return {
            "code": self.code,
            "message": self.message,
            "parameters": [list(pair) for pair in self.parameters],
        }

    def spellings(self) -> set[str]:
        """Return the ways in which a setting may name this answer: `CODE`, or with one parameter `CODE[Name=Value]`."""
        return {self.code} | {f"{self.code}[{name}={value}]" for name, value in self.parameters}


@dataclass
class CertraError(Exception):
    """Base of the three outcomes; `answers` is empty when nothing was said."""

    answers: tuple[Answer, ...] = ()
    summary: str = ""
    kind: str = field(default="certra", init=False)

    def __str__(self) -> str:
        return f"{self.kind}: {self.summary or ', '.join(self.codes)}"

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes that were given."""
        return tuple(answer.code for answer in self.answers)

    def says(self, codes: Collection[str]) -> bool:
        """Return whether one of the answers is among `codes`, which are written as `Answer.spellings` has them."""
        return any(answer.spellings() & set(codes) for answer in self.answers)


@dataclass
class Transient(CertraError):
    """The service could not be reached or says it is unavailable; nothing was done."""

    def __post_init__(self) -> None:
        self.kind = "transient"


@dataclass
class Silent(Transient):
    """The service has not answered `since` then, so that it was not asked; it is again at `until`."""

    since: datetime = field(default=datetime.min.replace(tzinfo=UTC))
    until: datetime = field(default=datetime.min.replace(tzinfo=UTC))

    def __post_init__(self) -> None:
        self.kind = "silent"


@dataclass
class Rejected(CertraError):
    """The service understood the request and refused it."""

    def __post_init__(self) -> None:
        self.kind = "rejected"


@dataclass
class OutcomeUnknown(CertraError):
    """The request may have been carried out: no answer, half an answer, or one that makes no sense."""

    def __post_init__(self) -> None:
        self.kind = "outcome_unknown"
