"""Workstations with an agent. A device belongs to the holder of an identity card, not to a tenant."""

import uuid

from django.db import models
from django.utils import timezone


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

    def __str__(self) -> str:
        return self.label

    @property
    def mark(self) -> str:
        """What tells it from another workstation of the same name."""
        return mark_of(self.id)


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
