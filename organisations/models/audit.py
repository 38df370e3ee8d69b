"""The record: one row per thing that happened. The table takes INSERT only (see the row-security migration)."""

import uuid

from django.conf import settings
from django.db import models


class AuditEvent(models.Model):
    """One event of one organisation: exact canonical bytes and their RFC 6962 leaf hash, plus columns to search by.

    `content` is the canonical JSON (sorted keys, no spaces, UTF-8) of what is in the columns; `leaf_hash` is
    SHA-256(0x00 ‖ content). No personal number ever stands in it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    happened_at = models.DateTimeField()
    action = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    actor_type = models.CharField(max_length=20)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=200)
    details = models.JSONField()
    content = models.BinaryField()
    leaf_hash = models.BinaryField(max_length=32)
    private_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    """Set when the event is about something personal: only this user sees it (row-level security)."""

    class Meta:
        ordering = ["-happened_at", "-id"]
        indexes = [
            models.Index(fields=["organisation", "subject_id", "happened_at"], name="audit_by_subject"),
            models.Index(fields=["organisation", "-happened_at", "-id"], name="audit_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type} {self.subject_id}"
