"""Housekeeping that comes back: one row a chore, so that it is claimed, backed off and shown like all other work."""

import uuid

from django.db import models
from django.db.models.functions import Now

from organisations.models.queued import Queued


class Chore(Queued):
    """One chore of the platform, of no organisation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=40, unique=True)
    next_attempt_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True)
    """When it last came to its end."""
    took_seconds = models.FloatField(null=True)
    """How long that took."""

    def __str__(self) -> str:
        return self.name
