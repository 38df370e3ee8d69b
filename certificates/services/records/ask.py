"""Somebody wants to know what the government itself knows: the job for the card of one person."""

import secrets
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from agent.wire.encoding import to_base64url
from agent.wire.jobs import Identifier, RecordsJob, Signer
from agent.wire.jobs import Organisation as Party
from certificates.domain.lifecycle import Environment
from certificates.domain.signing import JOB_LIFETIME
from certificates.errors.records import RecordsRefused
from certificates.errors.requests import CannotCancel
from certificates.errors.signing import JobClosed, JobUnknown
from certificates.models import AgentJob, RecordsInquiry
from certificates.models.job import JobKind, JobState
from certificates.models.records import InquiryState
from certificates.services.signing.agent_jobs import origin, see
from certificates.services.signing.nudges import announce_soon
from organisations.domain.identifiers import is_bis
from organisations.models import Device, Organisation, Person, User
from organisations.services.audit import Actor, record
from organisations.services.devices.links import newest_device


def with_card(people: Iterable[Person]) -> list[Person]:
    """Return those of `people` who can have a Belgian identity card: everybody without a BIS number.

    Of whom the number cannot be read nobody knows: they are among them, and whoever chooses one is told.
    """
    return [person for person in people if not person.has_bis]


@transaction.atomic
def ask_records(
    organisation: Organisation,
    *,
    holder: Person,
    environment: Environment,
    requested_by: User,
    actor: Actor,
    now: datetime,
) -> RecordsInquiry:
    """Offer the holder's workstation the two questions; an inquiry that still waits for this card is found again.

    Raises Unreadable, and RecordsRefused for somebody who is not of this organisation any more, or has no card to sign
    with.
    """
    if holder.organisation_id != organisation.pk or holder.left_on is not None:
        raise RecordsRefused(_("Choose someone of your organisation."), field="holder_id")
    if is_bis(holder.read_ssin()):
        raise RecordsRefused(
            _("Somebody with a BIS number has no Belgian identity card to sign with."), field="holder_id"
        )
    Person.objects.select_for_update().get(pk=holder.pk)  # two clicks make one inquiry
    waiting = RecordsInquiry.objects.filter(
        organisation=organisation,
        holder=holder,
        environment=environment,
        state=InquiryState.AWAITING_SIGNATURE,
        job__expires_at__gt=now,
    ).first()
    if waiting is not None:
        return waiting
    inquiry = RecordsInquiry.objects.create(
        organisation=organisation,
        environment=environment,
        holder=holder,
        requested_by=requested_by,
        requested_at=now,
        state=InquiryState.AWAITING_SIGNATURE,
    )
    AgentJob.objects.create(
        id=to_base64url(secrets.token_bytes(16)),
        organisation=organisation,
        kind=JobKind.READ_RECORDS,
        inquiry=inquiry,
        holder=holder,
        created_at=now,
        expires_at=now + JOB_LIFETIME,
    )
    record(
        organisation,
        "records_asked",
        inquiry,
        actor=actor,
        now=now,
        holder=str(holder),
        environment=str(environment),
    )
    announce_soon(organisation.pk, now=now)
    return inquiry


def inquiry_of(job: AgentJob) -> RecordsInquiry:
    """Return the inquiry of a job. Raises JobUnknown for a job about something else."""
    if job.inquiry is None:
        raise JobUnknown
    return job.inquiry


def records_job_document(job: AgentJob, *, now: datetime) -> RecordsJob:
    """Return the job document. Raises JobClosed when it may no longer be done.

    The questions are about the person, so the person's number stands where other jobs name the organisation's: an
    organisation that fills its inventory on the first day may have no number here yet.
    """
    see(job, now=now)
    inquiry, person = inquiry_of(job), job.holder
    number = Identifier("SSIN", person.read_ssin())
    device = newest_device(person)
    first_names = tuple(device.holder_first_names) if device else tuple(person.first_names.split())
    return RecordsJob(
        id=job.pk,
        server=origin(),
        expires_at=job.expires_at,
        organisation=Party(name=job.organisation.name, identifier=number),
        environment="acceptance" if inquiry.environment == Environment.ACCEPTANCE else "production",
        requested_by=inquiry.requested_by.full_name,
        requested_at=inquiry.requested_at,
        reason="",
        person=Signer((number,), first_names, device.holder_name if device else person.name),
    )


@transaction.atomic
def decline_records(job: AgentJob, device: Device, *, reason: str, now: datetime) -> None:
    """Close an inquiry because its holder does not want to ask. Raises JobClosed when it was asked or is over."""
    inquiry = inquiry_of(job)
    if inquiry.state == InquiryState.DECLINED:
        return
    if not _end(inquiry, InquiryState.DECLINED):
        raise JobClosed
    details = {"reason": reason[:500]} if reason else {}
    record(
        inquiry.organisation_id, "records_declined", inquiry, actor=Actor.device(device), now=now, **details
    )


@transaction.atomic
def cancel_records(inquiry: RecordsInquiry, *, actor: Actor, now: datetime) -> None:
    """Withdraw an inquiry before its questions were signed. Raises CannotCancel."""
    if not _end(inquiry, InquiryState.CANCELLED):
        raise CannotCancel
    record(inquiry.organisation_id, "records_cancelled", inquiry, actor=actor, now=now)


def _end(inquiry: RecordsInquiry, to: InquiryState) -> bool:
    rows = RecordsInquiry.objects.filter(pk=inquiry.pk, state=InquiryState.AWAITING_SIGNATURE)
    if not rows.update(state=to):
        return False
    AgentJob.objects.filter(inquiry=inquiry).update(state=JobState.CLOSED)
    return True
