"""Fetching the contract and offering it to the holder's workstation."""

import json
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from agent.wire.encoding import to_base64url
from agent.wire.jobs import ContactData, Contract, Identifier, Signer
from certificates.certra.errors import Rejected, Transient
from certificates.certra.gateway import ContractWish, Gateway
from certificates.domain.lifecycle import RequestState
from certificates.models import AgentJob, CertificateRequest
from certificates.models.job import JobState
from certificates.services.gateways import patience, problem_of
from certificates.services.nudges import nudge
from certificates.services.transition import Overtaken, move, postpone
from organisations.domain.identifiers import mask_ssins
from organisations.models import Device
from organisations.sealing import seal, unseal
from organisations.services.audit import Actor
from organisations.services.devices import newest_device
from organisations.tenancy import acting_for

JOB_LIFETIME = timedelta(days=30)


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


def wish_of(request: CertificateRequest, device: Device) -> ContractWish:
    """Return what GenerateContract is asked. The signer's names are the card's, from its enrolment."""
    signer = Signer(
        ids=(Identifier("SSIN", request.holder.read_ssin()),),
        first_names=tuple(device.holder_first_names),
        name=device.holder_name,
    )
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
    """Ask for the contract; on success the holder's job exists. May be called at any time, by anyone, twice."""
    with acting_for([request.organisation_id]):
        device = newest_device(request.holder.ssin_index)
        if device is None:
            postpone(request, until=now + patience().pause(request.attempts), problem=None)
            return
        wish = wish_of(request, device)
    try:
        contract = gateway.generate_contract(wish)
    except Rejected as error:
        with acting_for([request.organisation_id]):
            move(request, RequestState.REJECTED, actor=Actor.platform(), now=now, problem=problem_of(error, now),
                 details={"codes": list(error.codes)})  # fmt: skip
        return
    except Transient as error:
        with acting_for([request.organisation_id]):
            _try_later(request, error, now)
        return
    with acting_for([request.organisation_id]):
        offer(request, contract, now=now)


def _try_later(request: CertificateRequest, error: Transient, now: datetime) -> None:
    if patience().exhausted(request.asked_since or now, now):
        move(request, RequestState.GAVE_UP, actor=Actor.platform(), now=now, problem=problem_of(error, now))
        return
    postpone(request, until=now + patience().pause(request.attempts), problem=problem_of(error, now))


def offer(request: CertificateRequest, contract: Contract, *, now: datetime) -> AgentJob:
    """Keep the contract and make the holder's job, in one transaction."""
    with transaction.atomic():
        move(
            request,
            RequestState.AWAITING_SIGNATURE,
            actor=Actor.platform(),
            now=now,
            sealed_contract=seal(json.dumps(contract.to_json()).encode()),
            contract_dn=mask_ssins(contract.dn),
            next_attempt_at=now + JOB_LIFETIME,
        )
        # A job that ended unsigned makes place: its id is never used again.
        AgentJob.objects.filter(request=request).delete()
        return AgentJob.objects.create(
            id=to_base64url(secrets.token_bytes(16)),
            organisation_id=request.organisation_id,
            kind="request-certificate",
            request=request,
            holder=request.holder,
            created_at=now,
            expires_at=now + JOB_LIFETIME,
        )


def end_unsigned(request: CertificateRequest, *, now: datetime) -> None:
    """The holder did not sign in time: close the job and stop."""
    with acting_for([request.organisation_id]), transaction.atomic():
        move(request, RequestState.GAVE_UP, actor=Actor.platform(), now=now)
        AgentJob.objects.filter(request=request).update(state=JobState.CLOSED)


def resume_after_enrolment(organisation_id: UUID, ssin_index: str, *, now: datetime) -> int:
    """Start the requests that waited for this holder's workstation; call with the organisation named."""
    waiting = CertificateRequest.objects.filter(
        organisation_id=organisation_id, holder__ssin_index=ssin_index, state=RequestState.AWAITING_DEVICE
    )
    started = 0
    for request in waiting:
        try:
            move(
                request, RequestState.AWAITING_CONTRACT, actor=Actor.platform(), now=now, next_attempt_at=now
            )
        except Overtaken:  # cancelled, or started by another workstation of the same holder
            continue
        nudge(request)
        started += 1
    return started
