"""What every row carries that a worker takes up by itself: the row is the queue."""

from typing import Final

from django.db import models

AS_IF_NEVER_FAILED: Final[dict[str, object]] = {"tries": 0, "failure": None, "parked_at": None}
"""What is written with a new due time where somebody wants it tried whatever happened before."""


class Queued(models.Model):
    """A row that is due at some time, leased while a worker is at it, and parked when it fails again and again.

    Times are the database's. The subclass has the column that says when it is due (`next_attempt_at` by custom);
    `organisations.claiming` makes the indexes and the functions that claim.
    """

    leased_by = models.CharField(max_length=80, blank=True, default="", db_default="")
    leased_until = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    """How often it was taken up since a step last came to its end."""
    failure = models.JSONField(null=True, blank=True)
    """What went wrong in the last step that did not come to its end: error, where, at. Never what the data said."""
    parked_at = models.DateTimeField(null=True, blank=True)
    """Since when nobody takes it up any more, until an operator releases it."""

    class Meta:
        abstract = True
