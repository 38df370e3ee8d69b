"""The lanes in which work moves by itself, and how long a row rests after a step that failed."""

from datetime import timedelta
from enum import StrEnum


class Lane(StrEnum):
    """Each lane has workers of its own and a queue of this name: what stands in one delays no other."""

    ASKED = "asked"
    """What a person waits for at this moment."""
    SUBMISSIONS = "submissions"
    """What is signed, on its way to the government and back."""
    STATUS = "status"
    """Whether certificates were revoked."""
    NOTICES = "notices"
    """Letters."""
    IMPORTS = "imports"
    """Judging what was uploaded."""
    WEBHOOKS = "webhooks"
    """What organisations' own systems are told."""
    UPKEEP = "upkeep"
    """Housekeeping of the platform."""


PAUSES = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=2),
)
"""How long a row rests after a step that did not come to its end, by how often that has happened in a row."""
