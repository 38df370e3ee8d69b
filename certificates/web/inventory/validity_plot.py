"""Geometry of a certificate's life: how far it is, and where its replacement window begins."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Validity:
    """A certificate's life as a bar of 1000 units: what has gone by, and where the replacement window begins."""

    gone: int
    window: int
    replaceable_from: datetime
    tone: str

    @property
    def window_width(self) -> int:
        """From the first day of the window to the end."""
        return 1000 - self.window


def plot_validity(
    not_before: datetime, not_after: datetime, now: datetime, *, opens_at: datetime, revoked: bool
) -> Validity:
    """Lay one validity out; from `opens_at` on the certificate can be replaced."""
    total = (not_after - not_before).total_seconds() or 1

    def at(moment: datetime) -> int:
        return max(0, min(1000, round(1000 * (moment - not_before).total_seconds() / total)))

    opens = min(max(not_before, opens_at), not_after)
    tone = "bad" if revoked or now >= not_after else "warn" if now >= opens else ""
    return Validity(at(now), at(opens), opens, tone)
