"""Addresses from which mail came back after the mail server had taken it."""

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
