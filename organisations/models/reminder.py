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
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    correspondent = models.ForeignKey(
        "organisations.Correspondent", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    """Who is told instead of a member: an address outside."""
    created_at = models.DateTimeField(default=timezone.now)
    next_attempt_at = models.DateTimeField(null=True)
    """Not told before; None once it was sent, or when nothing more is tried."""
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    """How many times a mail server refused it."""
    answer = models.CharField(max_length=200, blank=True)
    """What the mail server said when it last refused."""
    subject_type = models.CharField(max_length=60, blank=True, default="", db_default="")
    """What it is about, as Django names the table; empty in rows of before."""
    title = models.CharField(max_length=300, blank=True, default="", db_default="")
    """What was said, in the reader's language; empty before it was."""
    path = models.CharField(max_length=300, blank=True, default="", db_default="")
    """The page where something can be done."""
    answerable = models.BooleanField(default=False, db_default=False)
    """Whether its reader may say that somebody takes care of it."""
    acknowledged_at = models.DateTimeField(null=True)
    """When the reader said that somebody takes care of it."""
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
            models.UniqueConstraint(
                fields=["organisation", "kind", "subject_id", "step", "correspondent"],
                name="correspondent_told_once_a_step",
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
