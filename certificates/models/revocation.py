"""A revocation, from somebody's wish to the evidence that the certificate is dead."""

import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from certificates.domain.revocation import (
    REVOCATION_FINAL_STATES,
    REVOCATION_MOVES,
    RevocationReason,
    RevocationState,
)
from certificates.models.work import Work


class RevocationQuerySet(models.QuerySet["Revocation"]):
    """Questions about revocations, in English."""

    def on_their_way(self) -> Self:
        """Revocations that have not come to an end."""
        return self.exclude(state__in=REVOCATION_FINAL_STATES)


class Revocation(Work):
    """One revocation of one certificate. Documents that hold personal numbers (contract, signed bytes) are sealed."""

    MOVES = REVOCATION_MOVES
    EVENT: ClassVar[str] = "revocation"
    UNSENT = RevocationState.SIGNED

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        "organisations.Organisation", on_delete=models.PROTECT, related_name="revocations"
    )
    certificate = models.ForeignKey(
        "certificates.Certificate", on_delete=models.PROTECT, related_name="revocations"
    )
    reason = models.CharField(max_length=24, choices=[(one.value, one.value) for one in RevocationReason])
    comment = models.CharField(max_length=500, blank=True)
    holder = models.ForeignKey("organisations.Person", on_delete=models.PROTECT, related_name="revocations")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)

    state = models.CharField(max_length=24, choices=[(s.value, s.value) for s in RevocationState])
    sealed_contract = models.BinaryField(null=True)
    sealed_signed_request = models.BinaryField(null=True)
    submission_started_at = models.DateTimeField(null=True)
    evidence = models.JSONField(null=True)
    """What outside confirmed it: source (ocsp, crl, certificate_info), revoked_at (null from the last), checked_at."""

    objects = RevocationQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["certificate"],
                name="one_revocation_on_its_way",
                condition=~Q(state__in=["completed", "rejected", "declined", "cancelled", "gave_up"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.certificate}"

    @property
    def private_to_id(self) -> uuid.UUID | None:
        """The user to whom the certificate is private; events about the revocation are private alike."""
        return self.certificate.private_to_id

    @property
    def is_final(self) -> bool:
        """True when nothing moves by itself any more."""
        return RevocationState(self.state) in REVOCATION_FINAL_STATES

    @property
    def is_cancellable(self) -> bool:
        """True while nothing has been signed."""
        return RevocationState.CANCELLED in REVOCATION_MOVES[RevocationState(self.state)]
