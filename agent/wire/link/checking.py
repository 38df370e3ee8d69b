"""The answer "your card is being checked": the server asks the card's authority meanwhile, and the call is made again.

A call that hands in a card's signature is answered with it (202) instead of being held up, where the agent names
CARD_CHECKS in what it knows. The agent waits and makes the same call again, with the same body and a fresh proof, until
another answer comes. An agent of before never sees it: it is told to try again (503), which it does by itself.
"""

from dataclasses import dataclass
from typing import Final, Self

from agent.wire.errors import JobMalformed
from agent.wire.jobs import Json
from agent.wire.strict_json import Fields

CARD_CHECKS: Final = "card_checks"
"""What an agent that makes such calls again names in its KNOWS_HEADER."""
CHECKING: Final = "checking"
MOST_MILLISECONDS: Final = 10_000
_NAMES = frozenset({"state", "poll_after_milliseconds"})


@dataclass(frozen=True)
class CardBeingChecked:
    """Make the call again after so many milliseconds, the same number more each time."""

    poll_after_milliseconds: int

    @classmethod
    def from_json(cls, value: dict[str, object]) -> Self | None:
        """Read it strictly, None where the answer is another one; raises JobMalformed."""
        if value.get("state") != CHECKING:
            return None
        fields = Fields(value, _NAMES)
        pause = fields.number("poll_after_milliseconds")
        if not 0 < pause <= MOST_MILLISECONDS:
            raise JobMalformed("not a pause")
        return cls(pause)

    def to_json(self) -> Json:
        """The JSON object that `from_json` reads."""
        return {"state": CHECKING, "poll_after_milliseconds": self.poll_after_milliseconds}
