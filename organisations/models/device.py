"""Workstations with an agent, which belong to the holder of an identity card, and for whom they work."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from organisations.ssin import index_in_row


def mark_of(device_id: uuid.UUID) -> str:
    """Return four characters that tell workstations of one name apart, the same on every page."""
    return device_id.hex[:4].upper()


class Device(models.Model):
    """An enrolled agent: its public key, and whose card enrolled it (names exactly as on the card)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    thumbprint = models.CharField(max_length=43, unique=True)
    """RFC 7638 SHA-256 thumbprint of the device key, base64url."""
    public_jwk = models.JSONField()
    label = models.CharField(max_length=100)
    ssin_index = models.CharField(max_length=64, db_index=True)
    holder_first_names = models.JSONField()
    holder_name = models.CharField(max_length=200)
    enrolled_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    card_ends_at = models.DateTimeField(null=True)
    """When the certificate of the holder's card ends, as it was last seen: at enrolment or at a signature."""

    def __str__(self) -> str:
        return self.label

    @property
    def mark(self) -> str:
        """What tells it from another workstation of the same name."""
        return mark_of(self.id)

    @property
    def holder_index(self) -> "models.QuerySet[Device, str]":
        """The holder's index, for `ssin_index__in`: as it stands when the query runs."""
        return index_in_row(self)


class DeviceLink(models.Model):
    """A workstation works for an organisation: its holder said so there, and the statement is kept as it was signed.

    Whatever an organisation sees of a workstation, and whatever reaches it there, goes through an open link only.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="links")
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    """The account that the holder agreed is the own one there; only that account ends the workstation itself."""
    agreed_at = models.DateTimeField()
    statement = models.BinaryField()
    """The bytes to which the holder said yes; empty for a link older than statements."""
    proof = models.TextField()
    """The device proof over those bytes, a compact JWS; its key is the device's."""
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    """Who ended it on a page; None for the holder at the workstation."""

    class Meta:
        ordering = ["agreed_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["device", "organisation"],
                condition=Q(ended_at=None),
                name="device_works_once_for_an_organisation",
            )
        ]
        indexes = [models.Index(fields=["account"], condition=Q(ended_at=None), name="open_link_by_account")]

    def __str__(self) -> str:
        return f"{self.device} → {self.organisation_id}"


class Enrolment(models.Model):
    """A started enrolment: one nonce for one device key, single use, five minutes."""

    id = models.CharField(primary_key=True, max_length=22)
    thumbprint = models.CharField(max_length=43)
    nonce = models.BinaryField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.id


class ProofUse(models.Model):
    """A device proof that was accepted once, with the answer it got, so that an exact retry is answered again."""

    id = models.BigAutoField(primary_key=True)
    thumbprint = models.CharField(max_length=43)
    jti = models.CharField(max_length=43)
    digest = models.CharField(max_length=64)
    """SHA-256 of the whole proof: tells an exact retry from a replayed id."""
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    seen_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["thumbprint", "jti"], name="proof_once")]

    def __str__(self) -> str:
        return self.jti
