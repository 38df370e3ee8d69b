"""When and to whom the ends of certificates are told, as an organisation chose."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from certificates.domain.watch import notices
from certificates.models.listing.care import MAX_TAG


def _steps() -> list[int]:
    return list(notices.STEPS)


class NoticePolicy(models.Model):
    """One policy: for everything, an environment, a tag, or a tag in an environment. The closest one counts.

    Of several tags of one certificate each counts: they are put together.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    environment = models.CharField(max_length=12, blank=True)
    """Empty for both."""
    tag = models.CharField(max_length=MAX_TAG, blank=True)
    """Empty for certificates with any tag and with none."""
    steps = ArrayField(models.PositiveSmallIntegerField(), default=_steps)
    """Days before the end."""
    again_after = models.PositiveSmallIntegerField(default=notices.AGAIN_AFTER)
    administrators = models.BooleanField(default=True)
    holders_from = models.PositiveSmallIntegerField(null=True, blank=True, default=notices.HOLDERS_FROM)
    carers = models.BooleanField(default=True)
    by_mail = models.BooleanField(default=True)
    by_webhook = models.BooleanField(default=True, db_default=True)
    escalate_after = models.PositiveSmallIntegerField(null=True, blank=True)
    correspondents = ArrayField(models.UUIDField(), default=list, blank=True)
    """Their ids; one that has ended is nobody."""
    changed_at = models.DateTimeField(default=timezone.now, db_default=Now())

    class Meta:
        ordering = ["tag", "environment", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "environment", "tag"], name="one_policy_for_the_same"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.environment or '*'} {self.tag or '*'}"

    @property
    def wishes(self) -> notices.Policy:
        """The same as rules read it."""
        return notices.Policy(
            steps=tuple(self.steps),
            again_after=self.again_after,
            administrators=self.administrators,
            holders_from=self.holders_from,
            carers=self.carers,
            by_mail=self.by_mail,
            by_webhook=self.by_webhook,
            escalate_after=self.escalate_after,
            correspondents=frozenset(self.correspondents),
        )
