"""The answers "not yet": the server asks somebody outside meanwhile, and the call is made again.

A call that hands in a card's signature is answered with "your card is being checked" (202) instead of being held up,
where the agent names CARD_CHECKS in what it knows; one for which the government is asked with "the government is being
asked", where it names ERRANDS. The agent waits and makes the same call again, with the same body and a fresh proof,
until another answer comes. An agent of before never sees either: its call is held for some seconds, and then it is told
to try again (503), which it does by itself.
"""

from dataclasses import dataclass
from typing import ClassVar, Final, Self

from agent.wire.errors import JobMalformed
from agent.wire.jobs import Json
from agent.wire.strict_json import Fields

CARD_CHECKS: Final = "card_checks"
"""What an agent that makes such calls again names in its KNOWS_HEADER."""
ERRANDS: Final = "errands"
"""The same for the calls for which the government is asked."""
CHECKING: Final = "checking"
ASKING: Final = "asking"
MOST_MILLISECONDS: Final = 10_000
_NAMES = frozenset({"state", "poll_after_milliseconds"})


@dataclass(frozen=True)
class NotYet:
    """Make the call again after so many milliseconds, the same number more each time."""

    poll_after_milliseconds: int
    STATE: ClassVar[str]

    @classmethod
    def from_json(cls, value: dict[str, object]) -> Self | None:
        """Read it strictly, None where the answer is another one; raises JobMalformed."""
        if value.get("state") != cls.STATE:
            return None
        fields = Fields(value, _NAMES)
        pause = fields.number("poll_after_milliseconds")
        if not 0 < pause <= MOST_MILLISECONDS:
            raise JobMalformed("not a pause")
        return cls(pause)

    def to_json(self) -> Json:
        """The JSON object that `from_json` reads."""
        return {"state": self.STATE, "poll_after_milliseconds": self.poll_after_milliseconds}


class CardBeingChecked(NotYet):
    """The card's authority is being asked."""

    STATE = CHECKING


class GovernmentBeingAsked(NotYet):
    """The government is being asked."""

    STATE = ASKING
