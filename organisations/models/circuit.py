"""Hosts outside that keep us waiting: shared by all processes, of no organisation."""

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
