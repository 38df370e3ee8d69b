"""Questions about inquiries into the government's records."""

from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils import timezone

from certificates.models import RecordProposal, RecordsInquiry
from certificates.models.records import InquiryState, ProposalKind, ProposalState
from organisations.access import Tenancy
from organisations.domain.roles import Permission
from organisations.keyset import Page, page_of
from organisations.models import User

NEEDED = {
    ProposalKind.NEW_MANDATE: Permission.MANAGE_ORGANISATION,
    ProposalKind.MANDATE_GONE: Permission.MANAGE_ORGANISATION,
    ProposalKind.NEW_CERTIFICATE: Permission.IMPORT_CERTIFICATES,
    ProposalKind.DIFFERENCE: Permission.IMPORT_CERTIFICATES,
}
"""Who may decide: the same who may do it by hand."""


ONE_BY_ONE = Q(kind=ProposalKind.MANDATE_GONE) | Q(
    kind=ProposalKind.DIFFERENCE, facts__field="status", facts__government="VALID_ACTIVE"
)
"""Never taken over with all the others: what takes a mandate away, and what takes a revocation back."""


def inquiries_page(tenancy: Tenancy, *, after: str | None = None, size: int = 25) -> Page[RecordsInquiry]:
    """Return inquiries, newest first; who does not request certificates sees those with the own card."""
    rows = RecordsInquiry.objects.filter(organisation=tenancy.organisation)
    if not tenancy.may(Permission.REQUEST_CERTIFICATE):
        rows = rows.filter(holder__user=tenancy.user)
    open_ones = Count("proposals", filter=Q(proposals__state=ProposalState.OPEN))
    rows = rows.select_related("holder", "requested_by", "job").annotate(open_proposals=open_ones)
    return page_of(rows, by="requested_at", after=after, size=size, descending=True)


def awaiting_card_of(user: User) -> list[RecordsInquiry]:
    """Return the inquiries that wait for this user's card, oldest first."""
    rows = RecordsInquiry.objects.filter(
        holder__user=user, state=InquiryState.AWAITING_SIGNATURE, job__expires_at__gt=timezone.now()
    )
    return list(rows.select_related("holder", "requested_by", "organisation", "job").order_by("requested_at"))


def proposals_page(
    inquiry: RecordsInquiry, *, after: str | None = None, size: int = 100
) -> Page[RecordProposal]:
    """Return the proposals of an inquiry in the order in which they were made: by kind, then by name."""
    rows = RecordProposal.objects.filter(organisation_id=inquiry.organisation_id, inquiry=inquiry)
    rows = rows.select_related("decided_by").defer("sealed_certificates")
    return page_of(rows, by="made_at", after=after, size=size)


@dataclass(frozen=True)
class Counts:
    """How many there are, are open, can be decided by this member, and are taken over with all the others."""

    total: int
    open: int
    decidable: int
    takeable: int


def inquiry_counts(inquiry: RecordsInquiry, tenancy: Tenancy) -> Counts:
    """Count the proposals of an inquiry, in one query."""
    kinds = [kind for kind, permission in NEEDED.items() if tenancy.may(permission)]
    open_ones = Q(state=ProposalState.OPEN)
    mine = open_ones & Q(kind__in=kinds)
    refused = Q(facts__has_key="acceptable", facts__acceptable=False)
    found = RecordProposal.objects.filter(inquiry=inquiry).aggregate(
        total=Count("pk"),
        open=Count("pk", filter=open_ones),
        decidable=Count("pk", filter=mine),
        takeable=Count("pk", filter=mine & ~refused & ~ONE_BY_ONE),
    )
    return Counts(found["total"], found["open"], found["decidable"], found["takeable"])
