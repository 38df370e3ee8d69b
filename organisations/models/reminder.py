"""What members are reminded of by mail: one row for each notice, step and reader, so that nobody is told twice."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone


class Reminder(models.Model):
    """One notice at one step, for one reader: found, claimed by whoever writes, kept with what became of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=30)
    """What it is about, a stable code of the app that reminds."""
    subject_id = models.UUIDField()
    step = models.SmallIntegerField()
    """Which of the steps of this kind: days before an end, or hours since a beginning."""
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    next_attempt_at = models.DateTimeField(null=True)
    """Not told before; None once it was sent, or when nothing more is tried."""
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    """How many times a mail server refused it."""
    answer = models.CharField(max_length=200, blank=True)
    """What the mail server said when it last refused."""
    private_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    """Set when the notice is private to this user (row-level security)."""

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "kind", "subject_id", "step", "recipient"],
                name="reminded_once_a_step",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organisation", "recipient", "-created_at", "-id"], name="reminder_by_reader"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.step} {self.subject_id}"

    @property
    def key(self) -> tuple[str, uuid.UUID, int]:
        """What its reader is told once: kind, subject and step."""
        return (self.kind, self.subject_id, self.step)
