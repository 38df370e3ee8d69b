"""One thing besides a certificate that ends, as each subject finds it (`endings.py` tells it)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import models

from organisations.models import Reader, User
from organisations.services.letters.mail import Note


@dataclass(frozen=True)
class Ending:
    """What ends, when, whom it concerns, and how it is told. `kind` is a stable code."""

    kind: str
    subject: models.Model
    ends_at: datetime
    write: Callable[[Reader], Note]
    person: tuple[User, ...] = ()
    dated: bool = False
    """Whether the same subject ends again and again: each end has steps of its own."""
