"""How many certificates there are of each kind and day; kept by the triggers of `certificates.counting`."""

from django.conf import settings
from django.db import models

from certificates.domain.validity import RevocationStatus


class Tally(models.Model):
    """So many certificates more (or fewer) that are alike and whose days are the same Belgian ones.

    The names are those of `Certificate`, and each moment is the beginning of its day: what is asked of certificates can
    be asked here, for all days but those on which something changes at some hour. The sum of all rows that are alike is
    what is true; rows are added, never changed, so that nobody waits for anybody.
    """

    organisation = models.ForeignKey(
        "organisations.Organisation", on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )
    private_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
    )
    environment = models.CharField(max_length=12)
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    window_start = models.DateTimeField()
    """The beginning of the replacement period."""
    revocation_status = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in RevocationStatus]
    )
    chain_trusted = models.BooleanField()
    renewed = models.BooleanField()
    ending = models.BooleanField()
    number = models.IntegerField()

    class Meta:
        indexes = [models.Index(fields=["organisation", "not_after"], name="tally_by_end")]

    def __str__(self) -> str:
        return f"{self.number} until {self.not_after}"
