"""When to ask again: from seconds to hours, with jitter, and when to stop asking."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Patience:
    """`first` and `last` seconds between questions, `factor` between two pauses, `give_up` after the first one."""

    first: float
    last: float
    give_up: timedelta
    factor: float = 1.6

    def pause(self, attempts: int, *, jitter: random.Random | None = None) -> timedelta:
        """Return the pause after `attempts` unanswered questions (0 = none yet), ±10 %."""
        seconds = min(self.last, self.first * self.factor ** min(attempts, 60))
        spread = (jitter or random).uniform(0.9, 1.1)
        return timedelta(seconds=seconds * spread)

    def exhausted(self, since: datetime, now: datetime) -> bool:
        """True when asking has gone on for longer than `give_up`."""
        return now - since >= self.give_up
