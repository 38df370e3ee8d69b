"""Questions about certificates and requests that pages and API ask; all of them see only named organisations."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from certificates.domain.lifecycle import FINAL_STATES, RequestState
from certificates.domain.tokens import TokenState
from certificates.domain.validity import CertificateStatus, RevocationStatus
from certificates.models import (
    Certificate,
    CertificateRequest,
    EncryptionToken,
    ForeignRequest,
    Installation,
    Revocation,
)
from certificates.models.certificate import WINDOW_START, has_successor
from organisations.domain.mandates import belgian_day
from organisations.keyset import Page, page_of, page_of_texts
from organisations.models import Mandate, Organisation, OrganisationIdentifier, Person, User

LISTED = ("sealed_der", "chain", "search_text")
"""Columns that a list never shows and so does not fetch."""

SWITCH_SOON = timedelta(days=30)
"""So long before the end of a certificate it should be known that its successor is in use everywhere."""


def is_ending() -> Exists:
    """Return, as SQL over certificates, whether a revocation is on its way."""
    return Exists(Revocation.objects.on_their_way().filter(certificate=OuterRef("pk")))


def inventory_page(
    organisation: Organisation,
    *,
    q: str = "",
    environment: str = "",
    status: str = "",
    identifier: str = "",
    after: str | None = None,
    size: int = 50,
) -> Page[Certificate]:
    """The inventory by end of validity, soonest first; each row knows whether it was `renewed` and is `ending`.

    Those to renew are those that nothing has taken over from. Unknown filter values find nothing rather than all.
    """
    rows = Certificate.objects.filter(organisation=organisation).defer(*LISTED).told_whether_renewed()
    rows = rows.annotate(ending=is_ending())  # type: ignore[no-redef]  # fills what the class declares
    if q.strip():
        rows = rows.matching(q)
    if environment:
        rows = rows.filter(environment=environment)
    if status:
        known = status in set(CertificateStatus)
        rows = rows.in_status(CertificateStatus(status), timezone.now()) if known else rows.none()
        if status == CertificateStatus.RENEWABLE:
            rows = rows.without_successor()
    if identifier:
        kind, _, value = identifier.partition("=")
        rows = rows.filter(identifier_type=kind, identifier_value=value)
    return page_of(rows, by="not_after", after=after, size=size)


def status_counts(organisation: Organisation, now: datetime) -> dict[str, int]:
    """How many certificates are in each status, in one query; a renewed one is not among those to renew."""
    alive = ~Q(revocation_status=RevocationStatus.REVOKED)
    current = alive & Q(not_before__lte=now, not_after__gt=now)
    rows = Certificate.objects.filter(organisation=organisation).annotate(window_start=WINDOW_START)
    return rows.aggregate(
        valid=Count("pk", filter=current & Q(window_start__gt=now)),
        renewable=Count("pk", filter=current & Q(window_start__lte=now) & Q(~has_successor())),
        expired=Count("pk", filter=alive & Q(not_after__lte=now)),
        not_yet_valid=Count("pk", filter=alive & Q(not_before__gt=now)),
        revoked=Count("pk", filter=~alive),
    )


def to_renew(organisation: Organisation, now: datetime) -> "QuerySet[Certificate]":
    """Certificates in their replacement period that nothing has taken over from, the soonest end first."""
    rows = Certificate.objects.filter(organisation=organisation).defer(*LISTED)
    return rows.in_status(CertificateStatus.RENEWABLE, now).without_successor().order_by("not_after", "pk")


def renewals_under_way(organisation: Organisation, now: datetime) -> int:
    """Of how many of those to renew the renewal was asked for and has not come to an end."""
    requests = CertificateRequest.objects.holding_a_name().filter(replaces=OuterRef("pk"))
    return to_renew(organisation, now).filter(Exists(requests)).count()


def neighbours(certificate: Certificate) -> tuple[Certificate | None, Certificate | None]:
    """Return the certificates of the same name just before and after: predecessor and successor, in one query.

    The successor is the latest genuine one that ends after this one; the predecessor the last to end before. What is
    not genuine itself has neither.
    """
    if not certificate.chain_trusted:
        return None, None
    rows = Certificate.objects.of_the_same_name_as(certificate).filter(chain_trusted=True)
    others = list(rows.exclude(pk=certificate.pk).defer(*LISTED).order_by("not_after", "pk"))
    before = [one for one in others if one.not_after < certificate.not_after]
    after = [
        one
        for one in others
        if one.not_after > certificate.not_after and one.revocation_status != RevocationStatus.REVOKED
    ]
    return (before[-1] if before else None, after[-1] if after else None)


def installations_page(
    organisation: Organisation, *, certificate: UUID | None = None, after: str | None = None, size: int = 50
) -> Page[Installation]:
    """Installations that are there, by machine and path; each knows whether its certificate is `current`."""
    rows = Installation.objects.filter(organisation=organisation).present()
    if certificate is not None:
        rows = rows.filter(certificate=certificate)
    return page_of_texts(_with_certificates(rows), by=("machine", "path"), after=after, size=size)


def installations_of(certificate: Certificate, *, most: int = 200) -> list[Installation]:
    """Where this certificate is installed, present ones first, then those that are gone."""
    rows = _with_certificates(Installation.objects.filter(certificate=certificate))
    return list(rows.order_by(F("gone_at").desc(nulls_first=True), "machine", "path")[:most])


def _with_certificates(rows: "QuerySet[Installation]") -> "QuerySet[Installation]":
    current = Certificate.objects.filter(pk=OuterRef("certificate")).without_successor()
    return (
        rows.select_related("certificate", "accepted_by")
        .defer(*(f"certificate__{column}" for column in LISTED))
        .annotate(current=Exists(current))
    )


@dataclass(frozen=True)
class TimelineMark:
    """One certificate on the dashboard's timeline."""

    certificate_id: UUID
    common_name: str
    environment: str
    not_after: datetime
    status: CertificateStatus
    renewed: bool = False


def timeline(
    organisation: Organisation, now: datetime, *, months: int = 37, most: int = 400
) -> list[TimelineMark]:
    """The certificates that end within `months`, and those that ended in the last month, soonest first."""
    rows = (
        Certificate.objects.filter(
            organisation=organisation,
            not_after__gt=now - timedelta(days=30),
            not_after__lt=now + timedelta(days=31 * months),
        )
        .not_revoked()
        .only(
            "pk",
            "common_name",
            "environment",
            "not_before",
            "not_after",
            "replaceable_from",
            "revocation_status",
        )
        .told_whether_renewed()
        .order_by("not_after", "pk")[:most]
    )
    return [
        TimelineMark(row.pk, row.common_name, row.environment, row.not_after, row.status(now), row.renewed)
        for row in rows
    ]


def _requests(organisation: Organisation) -> "QuerySet[CertificateRequest]":
    return (
        CertificateRequest.objects.filter(organisation=organisation)
        .select_related("identifier__organisation", "holder", "requested_by")
        .defer("sealed_contract", "sealed_signed_request")
    )


def requests_page(
    organisation: Organisation, *, state: str = "", after: str | None = None, size: int = 50
) -> Page[CertificateRequest]:
    """Requests, newest first; `state` "open" shows those on their way."""
    rows = _requests(organisation)
    if state == "open":
        rows = rows.exclude(state__in=FINAL_STATES)
    elif state:
        rows = rows.filter(state=state)
    return page_of(rows, by="requested_at", after=after, size=size, descending=True)


def open_requests(organisation: Organisation, *, most: int = 10) -> list[CertificateRequest]:
    """Requests on their way, newest first."""
    return list(_requests(organisation).exclude(state__in=FINAL_STATES)[:most])


def awaiting_signature_of(user: User) -> list[CertificateRequest]:
    """Requests that wait for this user's card, oldest first."""
    return list(
        CertificateRequest.objects.filter(holder__user=user, state=RequestState.AWAITING_SIGNATURE)
        .select_related("identifier__organisation", "organisation", "holder", "requested_by", "job")
        .order_by("requested_at")
    )


def requests_held_by(person: Person) -> "QuerySet[CertificateRequest]":
    """Requests on their way that name this person as holder, oldest first."""
    rows = CertificateRequest.objects.filter(holder=person).exclude(state__in=FINAL_STATES)
    return (
        rows.select_related("identifier")
        .defer("sealed_signed_request", "sealed_contract")
        .order_by("requested_at")
    )


def foreign_requests_of(person: Person) -> "QuerySet[ForeignRequest]":
    """Requests without identity card on their way for this person, oldest first."""
    rows = ForeignRequest.objects.holding_a_name().filter(person=person)
    return rows.without_documents().select_related("person").order_by("requested_at")


def revocations_held_by(person: Person) -> "QuerySet[Revocation]":
    """Revocations on their way that this person is to sign, oldest first."""
    rows = Revocation.objects.on_their_way().filter(holder=person)
    return rows.select_related("certificate").defer("certificate__sealed_der").order_by("requested_at")


def _living(now: datetime) -> "QuerySet[Certificate]":
    rows = Certificate.objects.filter(not_after__gt=now).exclude(revocation_status=RevocationStatus.REVOKED)
    return rows.defer("sealed_der").order_by("not_after")


def certificates_keyed_by(person: Person, now: datetime) -> "QuerySet[Certificate]":
    """Certificates in use whose keys this person made, on whatever workstation."""
    return _living(now).filter(request__holder=person)


def certificates_keyed_on(
    organisation: Organisation, device_id: UUID, now: datetime
) -> "QuerySet[Certificate]":
    """The organisation's certificates in use whose keys were made on this workstation, or were seen there last."""
    made = Q(request__job__device_id=device_id) | Q(token__device_id=device_id)
    seen = Installation.objects.present().filter(device_id=device_id).values("certificate")
    return _living(now).filter(made | Q(pk__in=seen), organisation=organisation)


def possible_holders(
    organisation: Organisation, now: datetime, identifier: OrganisationIdentifier | None = None
) -> "QuerySet[Person]":
    """People with a mandate today for any of the organisation's numbers, or for `identifier` alone."""
    active = Mandate.objects.filter(organisation=organisation).active_on(belgian_day(now))
    if identifier is not None:
        active = active.filter(identifier=identifier)
    return Person.objects.filter(
        organisation=organisation, left_on=None, pk__in=active.values("person")
    ).distinct()


def waiting_tokens(organisation: Organisation, *, most: int | None = 6) -> list[EncryptionToken]:
    """Tokens that wait for their activation, the longest waiting first."""
    rows = EncryptionToken.objects.filter(organisation=organisation, state=TokenState.WAITING).exclude(
        certificate__revocation_status=RevocationStatus.REVOKED
    )
    rows = rows.select_related("certificate__owner").defer("sealed_etk")
    return list(rows.order_by("state_since", "id")[:most])


def unconfirmed_switches(
    organisation: Organisation, now: datetime, *, most: int | None = 6
) -> list[Certificate]:
    """Certificates about to end whose successor nobody has confirmed to be in use everywhere, the soonest end first.

    What the confirmation asks for (no installation left, the token active, the self test passed) is not shown yet then.
    """
    rows = Certificate.objects.filter(
        organisation=organisation,
        switch_confirmed_at=None,
        not_after__gt=now,
        not_after__lte=now + SWITCH_SOON,
    ).not_revoked()
    rows = rows.filter(has_successor()).select_related("owner").defer(*LISTED)
    return list(rows.order_by("not_after", "pk")[:most])
