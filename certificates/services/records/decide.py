"""What a person decides about the government's proposals: taking over, or leaving as it is."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from certificates.errors.records import ProposalRefused
from certificates.models import Certificate, RecordProposal, RecordsInquiry
from certificates.models.records import ProposalKind, ProposalState
from certificates.selectors.records import NEEDED, ONE_BY_ONE
from certificates.services.installations.match import match_waiting_installations
from certificates.services.records.take_over import take_over_certificate, take_over_difference
from certificates.services.signing.nudges import nudge_new_certificates
from organisations.access import Tenancy
from organisations.domain.claims import Voucher
from organisations.domain.mandates import belgian_day
from organisations.errors import DomainError
from organisations.models import Mandate, OrganisationIdentifier
from organisations.services.audit import Actor, record
from organisations.services.identifiers import add_identifier, prove_identifier
from organisations.services.mandates import give_mandate, withdraw_mandate


@dataclass(frozen=True)
class Decided:
    """How many proposals were settled, and why others were not: (what it is about, why)."""

    settled: int
    refused: tuple[tuple[str, DomainError], ...] = ()


def accept(
    inquiry: RecordsInquiry, keys: Collection[UUID] | None, *, tenancy: Tenancy, now: datetime
) -> Decided:
    """Take over the open proposals with these ids, or with None every one that can be and takes nothing away.

    Each is taken over or refused by itself. What the member may not decide is left alone; a mandate is withdrawn, and a
    revocation taken back, only where somebody chose that very one.
    """
    settled, refused, added = 0, [], False
    with transaction.atomic():
        for proposal in _open(inquiry, keys, tenancy, but=ONE_BY_ONE if keys is None else None):
            if not proposal.facts.get("acceptable", True):
                continue
            try:
                with transaction.atomic():
                    _take_over(proposal, Actor.of(tenancy), now)
                    _settle(proposal, ProposalState.ACCEPTED, tenancy, now)
            except DomainError as error:
                refused.append((str(proposal.facts.get("name") or proposal.key), error))
            else:
                settled += 1
                added |= proposal.kind == ProposalKind.NEW_CERTIFICATE
        if added:
            match_waiting_installations(tenancy.organisation)
            nudge_new_certificates()
    return Decided(settled, tuple(refused))


def dismiss(
    inquiry: RecordsInquiry, keys: Collection[UUID] | None, *, tenancy: Tenancy, now: datetime
) -> Decided:
    """Close the open proposals with these ids, or with None all of them, and leave what stands here as it is."""
    settled = 0
    with transaction.atomic():
        for proposal in _open(inquiry, keys, tenancy):
            _settle(proposal, ProposalState.DISMISSED, tenancy, now)
            settled += 1
    return Decided(settled)


def _open(
    inquiry: RecordsInquiry, keys: Collection[UUID] | None, tenancy: Tenancy, *, but: Q | None = None
) -> list[RecordProposal]:
    kinds = [kind for kind, permission in NEEDED.items() if tenancy.may(permission)]
    rows = RecordProposal.objects.select_for_update(of=("self",)).filter(
        organisation=tenancy.organisation, inquiry=inquiry, state=ProposalState.OPEN, kind__in=kinds
    )
    if keys is not None:
        rows = rows.filter(pk__in=keys)
    if but is not None:
        rows = rows.exclude(but)
    found = list(rows.select_related("certificate", "inquiry__holder", "organisation").order_by("pk"))
    # What they are about is locked before the first is taken over: answers about one certificate may come from several.
    about = {one.certificate_id for one in found if one.certificate_id}
    list(Certificate.objects.select_for_update().filter(pk__in=about).order_by("pk").values_list("pk"))
    # Numbers and new certificates wait for their like by what they are, so each decision goes in the same order.
    return sorted(found, key=lambda one: (one.kind, one.key, one.pk))


def _settle(proposal: RecordProposal, to: ProposalState, tenancy: Tenancy, now: datetime) -> None:
    RecordProposal.objects.filter(pk=proposal.pk).update(
        state=to,
        decided_by=tenancy.user,
        decided_at=now,
        sealed_certificates=None,
        certificate=proposal.certificate,
    )
    record(
        tenancy.organisation,
        "proposal_accepted" if to is ProposalState.ACCEPTED else "proposal_dismissed",
        proposal.certificate or proposal.inquiry,
        actor=Actor.of(tenancy),
        now=now,
        proposal=proposal.kind,
        about=str(proposal.facts.get("name") or proposal.key),
        field=str(proposal.facts.get("field", "")),
    )


def _take_over(proposal: RecordProposal, actor: Actor, now: datetime) -> None:
    match ProposalKind(proposal.kind):
        case ProposalKind.NEW_MANDATE:
            _new_mandate(proposal, actor, now)
        case ProposalKind.MANDATE_GONE:
            _mandate_gone(proposal, actor, now)
        case ProposalKind.NEW_CERTIFICATE:
            proposal.certificate = take_over_certificate(proposal, actor=actor, now=now)
        case ProposalKind.DIFFERENCE:
            take_over_difference(proposal, actor=actor, now=now)


def _new_mandate(proposal: RecordProposal, actor: Actor, now: datetime) -> None:
    facts, here = proposal.facts, proposal.organisation
    holder = proposal.inquiry.holder
    if holder.left_on is not None:
        raise ProposalRefused(_("This person has left the organisation."))
    today = belgian_day(now)
    number = OrganisationIdentifier.objects.filter(
        organisation=here, type=facts["type"], value=facts["value"]
    ).first()
    if number is None:
        name = str(facts["name"])
        number, _warnings = add_identifier(
            here,
            type=facts["type"],
            value=facts["value"],
            registered_name="" if name == here.name else name,
            actor=actor,
            now=now,
        )
        # A mandate is only proposed on the government's answer about the holder.
        prove_identifier(number, Voucher.GOVERNMENT, actor=actor, now=now)
    if Mandate.objects.filter(person=holder, identifier=number).still_counting_after(today).exists():
        return
    give_mandate(
        here,
        person=holder,
        identifier=number,
        starts_on=today,
        reference=_("The government's records, %(day)s")
        % {"day": f"{belgian_day(proposal.inquiry.answered_at or now):%d/%m/%Y}"},
        actor=actor,
        now=now,
    )


def _mandate_gone(proposal: RecordProposal, actor: Actor, now: datetime) -> None:
    mandate = Mandate.objects.filter(
        organisation=proposal.organisation, pk=UUID(proposal.facts["mandate"])
    ).first()
    if mandate is not None:
        withdraw_mandate(mandate, withdrawn_on=belgian_day(now), actor=actor, now=now)
