"""What people write beside a certificate: tags, notes, who cares for it."""

import uuid
from enum import StrEnum

from django.conf import settings
from django.db import models
from django.utils import timezone

MAX_TAG = 40
MAX_NOTE = 2000


class Caring(StrEnum):
    """How somebody cares for a certificate: as the one who answers for it, or as one who wants to hear of it."""

    OWNER = "owner"
    WATCHER = "watcher"


class Beside(models.Model):
    """A row of one certificate, in its organisation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True


class Tag(Beside):
    """One word or two by which an organisation groups its certificates."""

    certificate = models.ForeignKey("certificates.Certificate", on_delete=models.CASCADE, related_name="tags")
    text = models.CharField(max_length=MAX_TAG)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["certificate", "text"], name="tag_once_a_certificate")]
        indexes = [models.Index(fields=["organisation", "text"], name="tag_by_text")]

    def __str__(self) -> str:
        return self.text


class Note(Beside):
    """What somebody wrote about a certificate, for whoever comes later."""

    certificate = models.ForeignKey(
        "certificates.Certificate", on_delete=models.CASCADE, related_name="notes"
    )
    text = models.CharField(max_length=MAX_NOTE)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    through = models.CharField(max_length=60, blank=True, default="", db_default="")
    """The connection that wrote it in that member's name; empty where the member did."""
    written_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-written_at", "id"]

    def __str__(self) -> str:
        return self.text


class Carer(Beside):
    """An account that cares for a certificate."""

    certificate = models.ForeignKey(
        "certificates.Certificate", on_delete=models.CASCADE, related_name="carers"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    caring = models.CharField(max_length=8, choices=[(one.value, one.value) for one in Caring])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["certificate", "user"], name="carer_once_a_certificate"),
            models.UniqueConstraint(
                fields=["certificate"], condition=models.Q(caring="owner"), name="one_owner_a_certificate"
            ),
        ]
        indexes = [models.Index(fields=["organisation", "user", "caring"], name="carer_by_user")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.caring}"
