"""Fetching the contract of a certificate request and offering it; starting what waited for a workstation."""

import json
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from agent.wire.jobs import ContactData, Contract, Identifier
from certificates.certra.gateway import ContractWish, Gateway
from certificates.domain.signing import SigningState
from certificates.models import AgentJob, CertificateRequest, Revocation, SignedWork
from certificates.models.job import JobKind
from certificates.services.signing.ask_later import PLATFORM
from certificates.services.signing.nudges import nudge
from certificates.services.signing.offer_contract import LOOK_EVERY, fetch, offer_contract, signer_of
from certificates.services.signing.transition import Overtaken, move, postpone
from organisations.domain.identifiers import mask_ssins
from organisations.domain.work import Lane
from organisations.models import Device
from organisations.sealing import unseal
from organisations.services.devices.links import newest_device
from organisations.services.work.wakes import wake_on_commit
from organisations.tenancy import acting_for


def contact_data_of(request: CertificateRequest) -> ContactData:
    """Return the request's contact data as they go over the wire."""
    return ContactData(
        email_private=request.email_private,
        email_general=request.email_general or None,
        phone_private=request.phone_private,
        phone_general=request.phone_general or None,
    )


def contract_of(request: CertificateRequest) -> Contract:
    """Return the contract that was fetched. Raises ValueError before there is one."""
    if request.sealed_contract is None:
        raise ValueError("no contract yet")
    return Contract.from_json(json.loads(unseal(request.sealed_contract)))


def contract_wish(request: CertificateRequest, device: Device) -> ContractWish:
    """Return what GenerateContract is to be asked; the signer's names are the card's, from its enrolment."""
    signer = signer_of(request.holder, device)
    if request.identifier is None:  # in one's own name the actor is the signer
        (actor,) = signer.ids
        return ContractWish(contact_data_of(request), signer, actor, signer.name, signer.first_names)
    return ContractWish(
        contact_data=contact_data_of(request),
        signer=signer,
        actor=Identifier(request.identifier.type, request.identifier.value),
        actor_name=request.identifier.name,
        application_id=request.application_id or None,
    )


def fetch_contract(request: CertificateRequest, gateway: Gateway, *, now: datetime) -> None:
    """Fetch the contract of a request and make the holder's job. Call outside transactions.

    May be called at any time, by anyone, twice.
    """
    contract = fetch(
        request, lambda device: contract_wish(request, device), gateway.generate_contract, now=now
    )
    if contract is not None:
        with acting_for([request.organisation_id], as_platform=True):
            offer(request, contract, now=now)


def offer(request: CertificateRequest, contract: Contract, *, now: datetime) -> AgentJob:
    """Keep the contract and make the holder's job, in one transaction."""
    dn = mask_ssins(contract.dn)
    return offer_contract(request, contract, JobKind.REQUEST_CERTIFICATE, now=now, contract_dn=dn)


FIRST_LOOK = timedelta(seconds=5)
"""When it is looked at first: a workstation that came at the very same time did not see it waiting."""


def look_for_workstation(work: SignedWork, *, now: datetime) -> None:
    """Start work that waits for its holder's workstation when there is one. Raises Overtaken."""
    with acting_for([work.organisation_id], as_platform=True):
        if newest_device(work.holder) is None:
            postpone(work, until=now + LOOK_EVERY, problem=None)
            return
        move(work, SigningState.AWAITING_CONTRACT, actor=PLATFORM, now=now, next_attempt_at=now)
        nudge(work)


def resume_after_agreement(organisation_id: UUID, device: Device, *, now: datetime) -> int:
    """Start whatever waited for the workstation of this holder; call with the organisation named."""
    waiting = {
        "organisation_id": organisation_id,
        "holder__ssin_index__in": device.holder_index,
        "state": SigningState.AWAITING_DEVICE,
    }
    started = 0
    for work in [*CertificateRequest.objects.filter(**waiting), *Revocation.objects.filter(**waiting)]:
        try:
            move(work, SigningState.AWAITING_CONTRACT, actor=PLATFORM, now=now, next_attempt_at=now)
        except Overtaken:  # cancelled, or started by another workstation of the same holder
            continue
        nudge(work)
        started += 1
    # What was about to be fetched when its holder's workstation was withdrawn rests without a problem or a failure.
    resting = waiting | {
        "state": SigningState.AWAITING_CONTRACT,
        "problem__isnull": True,
        "failure__isnull": True,
        "next_attempt_at__gt": now,
    }
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    for kind in (CertificateRequest, Revocation):
        started += kind.objects.filter(free, **resting).update(next_attempt_at=now)
    if started:
        wake_on_commit(Lane.ASKED)
    return started
