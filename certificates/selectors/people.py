"""Questions about all that hangs on one person or one workstation."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from certificates.domain.lifecycle import FINAL_STATES
from certificates.domain.validity import RevocationStatus
from certificates.models import (
    Certificate,
    CertificateRequest,
    ForeignRequest,
    Installation,
    Revocation,
)
from organisations.models import Organisation, Person


def requests_held_by(person: Person) -> "QuerySet[CertificateRequest]":
    """Return the requests on their way that name this person as holder, oldest first."""
    rows = CertificateRequest.objects.filter(holder=person).exclude(state__in=FINAL_STATES)
    return (
        rows.select_related("identifier")
        .defer("sealed_signed_request", "sealed_contract")
        .order_by("requested_at")
    )


def foreign_requests_of(person: Person) -> "QuerySet[ForeignRequest]":
    """Return the requests without identity card on their way for this person, oldest first."""
    rows = ForeignRequest.objects.blocking_their_name().filter(person=person)
    return rows.without_documents().select_related("person").order_by("requested_at")


def revocations_held_by(person: Person) -> "QuerySet[Revocation]":
    """Return the revocations on their way that this person is to sign, oldest first."""
    rows = Revocation.objects.on_their_way().filter(holder=person)
    return rows.select_related("certificate").defer("certificate__sealed_der").order_by("requested_at")


def _living(now: datetime) -> "QuerySet[Certificate]":
    rows = Certificate.objects.filter(not_after__gt=now).exclude(revocation_status=RevocationStatus.REVOKED)
    return rows.defer("sealed_der").order_by("not_after")


def certificates_keyed_by(person: Person, now: datetime) -> "QuerySet[Certificate]":
    """Return the certificates in use whose keys this person made, on whatever workstation."""
    return _living(now).filter(request__holder=person)


def certificates_keyed_on(
    organisation: Organisation, device_id: UUID, now: datetime
) -> "QuerySet[Certificate]":
    """Return the certificates in use whose keys were made on this workstation, or were seen there last."""
    made = Q(request__job__device_id=device_id) | Q(token__device_id=device_id)
    seen = Installation.objects.present().filter(device_id=device_id).values("certificate")
    return _living(now).filter(made | Q(pk__in=seen), organisation=organisation)
