"""A request for a certificate, from the administrator's wish to the stored certificate."""

import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from certificates.domain.lifecycle import (
    CANCELLABLE_STATES,
    FINAL_STATES,
    MOVES,
    Environment,
    RequestState,
)
from certificates.models.work import Work

HIDDEN = "••.••.••-•••.••"
"""A national number where none of its digits may stand."""


CONTACT_FIELDS = ("email_private", "email_general", "phone_private", "phone_general")
"""Columns that tell how the government reaches the person responsible and the organisation."""


class RequestQuerySet(models.QuerySet["CertificateRequest"]):
    """Questions about requests, in English."""

    def blocking_their_name(self) -> Self:
        """Requests still on their way to a certificate: no second one for the same name beside them.

        An issued one holds nothing back: a workstation that broke before its key store was written never confirms.
        """
        return self.exclude(state__in=FINAL_STATES | {RequestState.ISSUED})


class CertificateRequest(Work):
    """One request. Documents that hold personal numbers (contract, signed bytes) are sealed.

    A renewal is a request that `replaces` a certificate: the same name, in the last months of its validity.
    """

    MOVES = MOVES
    EVENT: ClassVar[str] = "request"
    UNSENT = RequestState.SIGNED

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        "organisations.Organisation", on_delete=models.PROTECT, related_name="certificate_requests"
    )
    environment = models.CharField(max_length=12, choices=[(e.value, e.value) for e in Environment])
    identifier = models.ForeignKey(
        "organisations.OrganisationIdentifier", null=True, on_delete=models.PROTECT, related_name="+"
    )
    """The number it is for; empty for a care provider's own certificate."""
    personal = models.BooleanField(default=False)
    """True for a care provider's own certificate: then `holder` is the one it is for, and asks alone."""
    private_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    """The account of that person: row-level security shows a personal request to nobody else."""
    replaces = models.ForeignKey(
        "certificates.Certificate", null=True, blank=True, on_delete=models.PROTECT, related_name="renewals"
    )
    application_id = models.CharField(max_length=30, blank=True)
    email_private = models.EmailField()
    email_general = models.EmailField(blank=True)
    phone_private = models.CharField(max_length=40)
    phone_general = models.CharField(max_length=40, blank=True)
    base_service_usages = models.JSONField(default=list, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    holder = models.ForeignKey(
        "organisations.Person", on_delete=models.PROTECT, related_name="certificate_requests"
    )
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)

    state = models.CharField(max_length=24, choices=[(s.value, s.value) for s in RequestState])

    sealed_contract = models.BinaryField(null=True)
    contract_dn = models.CharField(max_length=500, blank=True)
    sealed_signed_request = models.BinaryField(null=True)
    public_key_identifier = models.CharField(max_length=40, null=True, default=None)  # noqa: DJ001  # unique when set
    submission_started_at = models.DateTimeField(null=True)
    automatically_validated = models.BooleanField(null=True)
    certificate = models.OneToOneField(
        "certificates.Certificate", null=True, on_delete=models.PROTECT, related_name="request"
    )

    objects = RequestQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["public_key_identifier"], name="public_key_identifier_once"),
            models.UniqueConstraint(
                fields=["replaces"],
                name="one_renewal_on_its_way",
                condition=~Q(
                    state__in=["issued", "completed", "rejected", "declined", "cancelled", "gave_up"]
                ),
            ),
            models.CheckConstraint(
                name="a_personal_request_has_no_number_and_is_private",
                condition=Q(personal=True, identifier=None, private_to__isnull=False)
                | Q(personal=False, identifier__isnull=False, private_to=None),
            ),
            models.CheckConstraint(
                name="a_submitted_request_has_its_bytes",
                condition=~Q(
                    state__in=["signed", "submitting", "outcome_unknown", "awaiting_certificate", "issued"]
                )
                | Q(sealed_signed_request__isnull=False, public_key_identifier__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "-requested_at", "-id"], name="request_by_time"),
        ]

    def __str__(self) -> str:
        about = str(self.holder if self.identifier is None else self.identifier)
        return f"{about}{' ' + self.application_id if self.application_id else ''}"

    @property
    def subject_type(self) -> str:
        """The type of number that the certificate is for."""
        return "SSIN" if self.identifier is None else self.identifier.type

    @property
    def subject_value(self) -> str:
        """That number, for showing: a national number is masked."""
        return HIDDEN if self.identifier is None else self.identifier.value

    @property
    def subject_name(self) -> str:
        """Whose certificate it will be."""
        return str(self.holder) if self.identifier is None else self.identifier.name

    @property
    def is_final(self) -> bool:
        """True when nothing moves by itself any more."""
        return RequestState(self.state) in FINAL_STATES

    @property
    def is_cancellable(self) -> bool:
        """True while nothing has been signed."""
        return RequestState(self.state) in CANCELLABLE_STATES
