"""What somebody uploads, between preview and decision; and what was taken in of it, for good."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone


class ImportBatch(models.Model):
    """What someone uploaded, sealed, with the preview that was shown. Deleted once decided or after a day."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)
    sealed_certificates = models.BinaryField()
    """Sealed JSON: {issuers: [DER], entries: [{file, DER, and what the upload found out about it}]}."""
    findings = models.JSONField(default=list)
    """One entry a file that could not be read: {file, code}."""

    def __str__(self) -> str:
        return str(self.id)


class Intake(models.Model):
    """One import that was taken in: what the history tells of it in one line, and what its certificates name.

    Kept as long as the history is.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField()
    new = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0)
    """Certificates that the organisation had before."""
    refused = models.PositiveIntegerField(default=0)
    """What could not be read, and authorities."""

    def __str__(self) -> str:
        return str(self.id)
