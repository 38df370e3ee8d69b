"""What somebody uploads, between preview and decision; and what was taken in of it, for good."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from organisations.models.queued import Queued


class ImportBatch(models.Model):
    """What someone uploaded, sealed, with the preview that was shown. Deleted once decided or after a day."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(
        max_length=10,
        choices=[(one, one) for one in ("files", "references")],
        default="files",
        db_default="files",
    )
    """Files with certificates, or a table of lines that name some."""
    sealed_certificates = models.BinaryField()
    """Sealed JSON: {issuers: [DER], entries: [{file, DER, and what the upload found out about it}]}, or lines."""
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


class Consignment(Queued):
    """A large upload on its way: read and judged by workers, decided about by who sent it, and taken in by workers.

    Forgotten after a day, with its parts.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(
        max_length=10,
        default="reading",
        choices=[(one, one) for one in ("reading", "judging", "to_decide", "taking", "done")],
    )
    files = models.JSONField()
    """What was sent, in order: {name, size}; a national number in a name is masked."""
    place = models.JSONField(default=dict)
    """How far the reading is: {file, entry, visited, unpacked, certificates}. Whoever goes on begins there."""
    parts = models.PositiveIntegerField(default=0)
    """Parts that were read."""
    parts_done = models.PositiveIntegerField(default=0)
    """Those of them that were judged, or taken in, by the state."""
    counts = models.JSONField(default=dict)
    """Group of findings to the number of its entries."""
    chosen = models.JSONField(default=list)
    """Groups that are taken in."""
    taken_in_with = models.UUIDField(null=True, blank=True)
    """The `Intake` that it became."""
    next_attempt_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.id)


class ConsignmentPart(models.Model):
    """A piece of what was sent, or some hundred entries that were found in it; gone with it (PostgreSQL cascades)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    consignment = models.ForeignKey(
        Consignment, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    kind = models.CharField(max_length=11, choices=[(one, one) for one in ("sent", "read", "authorities")])
    number = models.PositiveIntegerField()
    sealed_content = models.BinaryField()
    """Sealed: bytes as they were sent, or JSON {issuers: [DER], entries: [...]}."""
    fingerprints = ArrayField(models.CharField(max_length=64), default=list)
    """Of the certificates in it."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["consignment", "kind", "number"], name="consignment_part_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"
