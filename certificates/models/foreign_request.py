"""A certificate for a care provider without a Belgian identity card, from the wish to the store that opens."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from certificates.domain.foreign_lifecycle import (
    CANCELLABLE_STATES,
    FINAL_STATES,
    MOVES,
    ForeignState,
)
from certificates.domain.lifecycle import Environment
from certificates.models.work import Work
from organisations.sealing import unseal


class ForeignRequestQuerySet(models.QuerySet["ForeignRequest"]):
    """Questions about these requests, in English."""

    def blocking_their_name(self) -> Self:
        """Requests still on their way: no second one for the same person and environment beside them."""
        return self.exclude(state__in=FINAL_STATES | {ForeignState.ISSUED})

    def without_documents(self) -> Self:
        """Requests as pages show them."""
        return self.defer("sealed_dn", "sealed_csr")


class ForeignRequest(Work):
    """One request. Name and certification request hold the BIS number and are sealed."""

    MOVES = MOVES
    EVENT = "foreign"
    UNSENT = ForeignState.READY

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        "organisations.Organisation", on_delete=models.PROTECT, related_name="foreign_requests"
    )
    person = models.ForeignKey(
        "organisations.Person", on_delete=models.PROTECT, related_name="foreign_requests"
    )
    environment = models.CharField(max_length=12, choices=[(e.value, e.value) for e in Environment])
    email_private = models.EmailField()
    email_general = models.EmailField(blank=True)
    phone_private = models.CharField(max_length=40)
    phone_general = models.CharField(max_length=40, blank=True)
    declaration = models.OneToOneField(
        "certificates.Paper", on_delete=models.PROTECT, related_name="foreign_request"
    )
    sealed_dn = models.BinaryField()
    """The name that the certificate will bear, RFC 4514."""
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)

    sealed_csr = models.BinaryField(null=True)
    public_key_identifier = models.CharField(max_length=40, null=True, default=None)  # noqa: DJ001  # unique when set
    submission_started_at = models.DateTimeField(null=True)
    validation_url = models.URLField(max_length=500, blank=True)
    """Where the person confirms; empty when the answer that held it was lost."""
    expires_at = models.DateTimeField(null=True)
    """Until when."""
    certificate = models.OneToOneField(
        "certificates.Certificate", null=True, on_delete=models.PROTECT, related_name="foreign_request"
    )

    objects = ForeignRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["public_key_identifier"], name="foreign_key_identifier_once"),
            models.CheckConstraint(
                name="a_foreign_submission_has_its_csr",
                condition=Q(state__in=["awaiting_csr", "cancelled"])
                | Q(sealed_csr__isnull=False, public_key_identifier__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "-requested_at", "-id"], name="foreign_by_time"),
        ]

    def __str__(self) -> str:
        return str(self.person)

    @property
    def dn(self) -> str:
        """The name that the certificate will bear, RFC 4514; it holds the BIS number."""
        return unseal(self.sealed_dn).decode()

    @property
    def csr(self) -> bytes:
        """The certification request, DER. Raises ValueError before there is one."""
        if self.sealed_csr is None:
            raise ValueError("no certification request yet")
        return unseal(self.sealed_csr)

    @property
    def is_final(self) -> bool:
        """True when nothing moves by itself any more."""
        return ForeignState(self.state) in FINAL_STATES

    @property
    def is_cancellable(self) -> bool:
        """True while not going on is all that it takes to end it."""
        return ForeignState(self.state) in CANCELLABLE_STATES
