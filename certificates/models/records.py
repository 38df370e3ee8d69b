"""What the government itself knows, asked with the holder's card, and what differs from what stands here."""

import uuid
from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db import models
from django.utils import timezone


class InquiryState(StrEnum):
    """Where an inquiry stands."""

    AWAITING_SIGNATURE = "awaiting_signature"
    ANSWERED = "answered"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    FAILED = "failed"


class RecordsInquiry(models.Model):
    """One look into the government's records with one person's card, in one environment."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    environment = models.CharField(max_length=12)
    holder = models.ForeignKey("organisations.Person", on_delete=models.PROTECT, related_name="inquiries")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=20, choices=[(s.value, s.value) for s in InquiryState])
    answered_at = models.DateTimeField(null=True)
    problem = models.JSONField(null=True)
    qualities_digest = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001  # unique when set
    """SHA-256 of the signed GetActorQualities: what a card signed once answers one inquiry, of one organisation."""
    certificates_digest = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001  # likewise
    """SHA-256 of the signed GetCertificateInfoForCitizen."""

    class Meta:
        ordering = ["-requested_at", "-id"]
        indexes = [
            models.Index(fields=["organisation", "-requested_at", "-id"], name="inquiry_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.holder} {self.requested_at:%Y-%m-%d}"

    def waits_at(self, now: datetime) -> bool:
        """True while the card may still sign."""
        return self.state == InquiryState.AWAITING_SIGNATURE and now < self.job.expires_at

    def lapsed_at(self, now: datetime) -> bool:
        """True when nobody signed while the card could: nothing writes that down, it is so."""
        return self.state == InquiryState.AWAITING_SIGNATURE and not self.waits_at(now)


class ProposalKind(StrEnum):
    """What a proposal is about, in the order in which they are shown."""

    NEW_MANDATE = "new_mandate"
    MANDATE_GONE = "mandate_gone"
    NEW_CERTIFICATE = "new_certificate"
    DIFFERENCE = "difference"


class ProposalState(StrEnum):
    """What a person decided about a proposal."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"


class RecordProposal(models.Model):
    """One thing that the government knows otherwise, or that is not known here: a person accepts or dismisses it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    inquiry = models.ForeignKey(RecordsInquiry, on_delete=models.PROTECT, related_name="proposals")
    kind = models.CharField(max_length=20, choices=[(k.value, k.value) for k in ProposalKind])
    made_at = models.DateTimeField(default=timezone.now)
    """When it was made; proposals of one inquiry are a microsecond apart, in the order in which they are shown."""
    key = models.CharField(max_length=120)
    """What it is about: TYPE=value of a number, or a PublicKeyIdentifier with the field's name."""
    certificate = models.ForeignKey(
        "certificates.Certificate", null=True, on_delete=models.PROTECT, related_name="+"
    )
    facts = models.JSONField(default=dict)
    """What the government says and what stands here; national numbers are masked."""
    sealed_certificates = models.BinaryField(null=True)
    """Of a new certificate: sealed JSON, the DER (base64) of the certificate and of its issuers, nearest first."""
    state = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in ProposalState], default=ProposalState.OPEN
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["made_at", "id"]
        indexes = [models.Index(fields=["inquiry", "made_at", "id"], name="proposal_by_inquiry")]
        constraints = [
            models.UniqueConstraint(fields=["inquiry", "kind", "key"], name="proposal_once_an_inquiry"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
