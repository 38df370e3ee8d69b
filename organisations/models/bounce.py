"""Addresses from which mail came back after the mail server had taken it."""

from datetime import datetime

from django.db import models


class ReturnedMail(models.Model):
    """The newest mail that came back from one address. An address belongs to no tenant."""

    address = models.EmailField(primary_key=True)
    """Lower case."""
    returned_at = models.DateTimeField()
    answer = models.CharField(max_length=200, blank=True)
    """What the other mail server said."""

    def __str__(self) -> str:
        return self.address


def since(returned: ReturnedMail | None, sent_at: datetime | None) -> ReturnedMail | None:
    """Return `returned` when it came back after the letter of `sent_at`; what came back before says nothing of it."""
    if returned is None or sent_at is None or returned.returned_at < sent_at:
        return None
    return returned
