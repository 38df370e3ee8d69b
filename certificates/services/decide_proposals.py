"""What a person decides about the government's proposals: taking over, or leaving as it is."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from certificates.domain.lifecycle import Environment
from certificates.domain.validity import RevocationStatus
from certificates.domain.x509 import read_certificate
from certificates.errors import ProposalRefused
from certificates.models import Certificate, RecordProposal, RecordsInquiry
from certificates.models.records import ProposalKind, ProposalState
from certificates.record_selectors import NEEDED
from certificates.services.fetch_recorded import unsealed
from certificates.services.inventory import add_certificate
from certificates.services.match_installations import match_waiting_installations
from certificates.services.nudges import nudge_status_check
from certificates.services.record_differences import CONTACT, SERVICES, known_contact
from organisations.access import Tenancy
from organisations.domain.mandates import belgian_day
from organisations.errors import DomainError
from organisations.models import Mandate, OrganisationIdentifier
from organisations.services.audit import Actor, record
from organisations.services.identifiers import add_identifier
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

    Each is taken over or refused by itself. What the member may not decide is left alone; a mandate is withdrawn only
    where somebody chose that very one.
    """
    settled, refused = 0, []
    with transaction.atomic():
        for proposal in _open(inquiry, keys, tenancy):
            if not proposal.facts.get("acceptable", True):
                continue
            if keys is None and proposal.kind == ProposalKind.MANDATE_GONE:
                continue
            try:
                with transaction.atomic():
                    _take_over(proposal, Actor.of(tenancy), now)
                    _settle(proposal, ProposalState.ACCEPTED, tenancy, now)
            except DomainError as error:
                refused.append((str(proposal.facts.get("name") or proposal.key), error))
            else:
                settled += 1
    return Decided(settled, tuple(refused))


def dismiss(
    inquiry: RecordsInquiry, keys: Collection[UUID] | None, *, tenancy: Tenancy, now: datetime
) -> Decided:
    """Leave what stands here as it is."""
    settled = 0
    with transaction.atomic():
        for proposal in _open(inquiry, keys, tenancy):
            _settle(proposal, ProposalState.DISMISSED, tenancy, now)
            settled += 1
    return Decided(settled)


def _open(inquiry: RecordsInquiry, keys: Collection[UUID] | None, tenancy: Tenancy) -> list[RecordProposal]:
    kinds = [kind for kind, permission in NEEDED.items() if tenancy.may(permission)]
    rows = RecordProposal.objects.select_for_update(of=("self",)).filter(
        organisation=tenancy.organisation, inquiry=inquiry, state=ProposalState.OPEN, kind__in=kinds
    )
    if keys is not None:
        rows = rows.filter(pk__in=keys)
    return list(rows.select_related("certificate__request", "inquiry__holder", "organisation"))


def _settle(proposal: RecordProposal, to: ProposalState, tenancy: Tenancy, now: datetime) -> None:
    RecordProposal.objects.filter(pk=proposal.pk).update(
        state=to, decided_by=tenancy.user, decided_at=now, sealed_certificates=None
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
            _new_certificate(proposal, actor, now)
        case ProposalKind.DIFFERENCE:
            _difference(proposal)


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
    if Mandate.objects.filter(person=holder, identifier=number).active_on(today).exists():
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


def _new_certificate(proposal: RecordProposal, actor: Actor, now: datetime) -> None:
    if proposal.sealed_certificates is None:
        raise ProposalRefused
    leaf, *issuers = unsealed(proposal.sealed_certificates)
    facts = proposal.facts
    certificate, _new = add_certificate(
        proposal.organisation,
        read_certificate(leaf),
        environment=Environment(proposal.inquiry.environment),
        chain=issuers,
        chain_trusted=True,
        source="recorded",
        actor=actor,
        now=now,
    )
    opens = facts["replaceable_from"]
    Certificate.objects.filter(pk=certificate.pk).update(
        government_status=facts["status"],
        government_token_status=facts["token_status"],
        government_asked_at=proposal.inquiry.answered_at,
        replaceable_from=datetime.fromisoformat(opens) if opens else None,
        contact_data=facts["contact_data"],
    )
    if facts["status"] == "REVOKED":
        Certificate.objects.filter(pk=certificate.pk).update(revocation_status=RevocationStatus.REVOKED)
    RecordProposal.objects.filter(pk=proposal.pk).update(certificate=certificate)
    proposal.certificate = certificate
    match_waiting_installations(proposal.organisation)
    nudge_status_check(certificate)


def _difference(proposal: RecordProposal) -> None:
    certificate, told = proposal.certificate, proposal.facts["government"]
    if certificate is None:
        raise ProposalRefused
    rows = Certificate.objects.filter(pk=certificate.pk)
    match proposal.facts["field"]:
        case "contact_data":
            rows.update(contact_data=_merged(certificate, {name: told.get(name) or "" for name in CONTACT}))
        case "services":
            rows.update(contact_data=_merged(certificate, {SERVICES: list(told)}))
        case "replaceable_from":
            rows.update(replaceable_from=datetime.fromisoformat(told))
        case "status" if told == "REVOKED":
            # The register is one witness; OCSP and CRL are asked at once, and their word stands from then on.
            rows.update(revocation_status=RevocationStatus.REVOKED)
            nudge_status_check(certificate)
        case "status":
            rows.update(revocation_status=RevocationStatus.UNKNOWN, revoked_at=None)
            nudge_status_check(certificate)
        case _:
            raise ProposalRefused


def _merged(certificate: Certificate, told: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept with the certificate, with `told` over it; read anew, because a row may be changed twice."""
    certificate.contact_data = Certificate.objects.values_list("contact_data", flat=True).get(
        pk=certificate.pk
    )
    return {**(known_contact(certificate) or {}), **told}
