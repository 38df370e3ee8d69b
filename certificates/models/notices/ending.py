"""When and to whom the end of something besides a certificate is told, as an organisation chose."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from certificates.domain.watch.endings import About
from certificates.domain.watch.notices import Policy


class EndingPolicy(models.Model):
    """The policy of an organisation for one kind of thing that ends; without a row the domain's own counts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    about = models.CharField(max_length=20, choices=[(one.value, one.value) for one in About])
    steps = ArrayField(models.PositiveSmallIntegerField())
    """Days before the end."""
    administrators = models.BooleanField(default=True)
    person_from = models.PositiveSmallIntegerField(null=True, blank=True)
    """From so many days before the end whoever it concerns is told; None for never."""
    by_mail = models.BooleanField(default=True)
    escalate_after = models.PositiveSmallIntegerField(null=True, blank=True)
    correspondents = ArrayField(models.UUIDField(), default=list, blank=True)
    """Their ids; one that has ended is nobody."""
    changed_at = models.DateTimeField(default=timezone.now, db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "about"], name="one_policy_for_what_ends")
        ]

    def __str__(self) -> str:
        return self.about

    @property
    def wishes(self) -> Policy:
        """The same as rules read it."""
        return Policy(
            steps=tuple(self.steps),
            again_after=0,
            administrators=self.administrators,
            holders_from=self.person_from,
            by_mail=self.by_mail,
            escalate_after=self.escalate_after,
            correspondents=frozenset(self.correspondents),
        )
