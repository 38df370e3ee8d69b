"""Hosts outside: which ones keep us waiting, and how calls to them end. Shared by all processes, of no organisation."""

import uuid

from django.db import models


class Circuit(models.Model):
    """A host that failed slowly the last time it was called; there is no row of one that answers."""

    host = models.CharField(primary_key=True, max_length=262)
    """Its name with the port."""
    failures = models.PositiveIntegerField()
    """How often in a row."""
    failing_since = models.DateTimeField()
    open_until = models.DateTimeField(null=True)
    """Until when nobody calls it; then one may, and whoever does moves this on. By the database's clock."""

    def __str__(self) -> str:
        return self.host


class CallTally(models.Model):
    """How many calls ended so, within so many seconds: every process adds what it made to the same rows."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    host = models.CharField(max_length=262)
    """A configured one with its port; "other" for all the rest together."""
    outcome = models.CharField(max_length=20)
    up_to = models.FloatField()
    """Seconds; infinite for the longest. A call counts in the first row that it fits in."""
    count = models.BigIntegerField()
    seconds = models.FloatField()
    """What they took together."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["host", "outcome", "up_to"], name="one_tally_of_calls_that_end_so"
            )
        ]

    def __str__(self) -> str:
        return f"{self.host} {self.outcome}"
