"""The encryption token of a certificate, and the proofs that it can be used."""

import uuid
from datetime import datetime

from django.db import models
from django.utils import timezone

from certificates.domain.tokens import ACTIVATION_REMINDER, TokenState
from certificates.domain.validity import RevocationStatus


class EncryptionToken(models.Model):
    """One token. The ETK is sealed: a care provider's bears a national number in its name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    certificate = models.OneToOneField(
        "certificates.Certificate", on_delete=models.PROTECT, related_name="token"
    )
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in TokenState])
    state_since = models.DateTimeField()
    serial = models.CharField(max_length=40, blank=True)
    """Serial number of the encryption certificate, decimal: the alias of its entry in the key store."""
    sealed_etk = models.BinaryField(null=True)
    """The ETK as the government gave it: CMS SignedData, DER."""
    to_be_activated = models.BooleanField(default=False)
    device_id = models.UUIDField(null=True)
    """The workstation that made the key."""
    stored_at = models.DateTimeField(null=True)
    """When the workstation said that the key store holds key and token."""
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"ETK {self.serial or '…'}"

    @property
    def is_dead(self) -> bool:
        """True when its certificate was revoked: nobody seals to it any more; its key still opens old messages."""
        return self.certificate.revocation_status == RevocationStatus.REVOKED

    def waits_too_long(self, now: datetime) -> bool:
        """True when people are to be reminded that the token waits for its activation."""
        return (
            not self.is_dead
            and self.state == TokenState.WAITING
            and now - self.state_since >= ACTIVATION_REMINDER
        )


class ContinuityProof(models.Model):
    """A self test of a workstation: a message sealed to the depot's token was opened with the key store, or not."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    certificate = models.ForeignKey(
        "certificates.Certificate", on_delete=models.PROTECT, related_name="continuity_proofs"
    )
    device_id = models.UUIDField()
    device_label = models.CharField(max_length=100)
    checked_at = models.DateTimeField()
    passed = models.BooleanField()
    finding = models.CharField(max_length=40)
    """Stable code: ok, depot_empty, other_token, replaced, key_missing, not_opened, token_invalid."""
    serial = models.CharField(max_length=40, blank=True)
    """Serial number of the certificate in the depot's token, decimal."""

    class Meta:
        ordering = ["-checked_at", "-id"]
        indexes = [models.Index(fields=["certificate", "-checked_at"], name="proof_by_certificate")]

    def __str__(self) -> str:
        return f"{self.finding} {self.checked_at:%Y-%m-%d}"


class LoginProof(models.Model):
    """A workstation asked the platform for a session with the certificate, and verified the answer, or why not.

    The session itself is a live credential: it stays where it came, and only its digest is kept.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    certificate = models.ForeignKey(
        "certificates.Certificate", on_delete=models.PROTECT, related_name="login_proofs"
    )
    device_id = models.UUIDField()
    device_label = models.CharField(max_length=100)
    checked_at = models.DateTimeField()
    verdict = models.CharField(max_length=40)
    """Stable code of agent/wire/link/sessions.py; ok when it logs in."""
    passed = models.BooleanField()
    not_before = models.DateTimeField(null=True)
    not_on_or_after = models.DateTimeField(null=True)
    signer = models.CharField(max_length=64, blank=True)
    """SHA-256 of the I.AM certificate that signed the session token."""
    digest = models.CharField(max_length=64, blank=True)
    """SHA-256 of what was signed."""
    weak_signature = models.BooleanField(default=False)
    clock_seconds = models.IntegerField(default=0)
    """By how much the platform's clock was ahead of the workstation's."""
    attributes = models.JSONField(default=dict)
    """What the token says of an organisation, by name; nothing of a person."""

    class Meta:
        ordering = ["-checked_at", "-id"]
        indexes = [models.Index(fields=["certificate", "-checked_at"], name="login_by_certificate")]

    def __str__(self) -> str:
        return f"{self.verdict} {self.checked_at:%Y-%m-%d}"

    @property
    def not_recognised(self) -> bool:
        """True when the platform certifies that it does not recognise this holder."""
        return "false" in self.attributes.values()
