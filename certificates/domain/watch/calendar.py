"""What stands in a calendar: which days count before the end of a certificate, and how far a feed reaches."""

from datetime import date, timedelta
from enum import StrEnum

MANUAL_CHECK = timedelta(days=10)
"""So long the government may take where somebody looks at a request by hand: asked later, it may come too late."""
AHEAD, BACK = timedelta(days=400), timedelta(days=30)
"""How far a feed reaches, from today on and back."""


class Occasion(StrEnum):
    """Why a day matters."""

    WINDOW = "window"
    """The first day on which certificates can be renewed."""
    LAST_SAFE = "last_safe"
    """The last day on which a renewal is sure to come before the end, also after a check by hand."""
    END = "end"
    MANDATE = "mandate"
    PAPER = "paper"
    DEADLINE = "deadline"
    """The last day for a care provider without identity card to confirm who they are."""


OF_CERTIFICATES = (Occasion.WINDOW, Occasion.LAST_SAFE, Occasion.END)


def last_safe_day(last: date) -> date:
    """Return the last safe day for the renewal of what ends on `last`."""
    return last - MANUAL_CHECK


def reach(today: date) -> tuple[date, date]:
    """Return the first and the last day of a feed that is read today."""
    return today - BACK, today + AHEAD
