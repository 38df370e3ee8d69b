"""Asking the government with the signed questions of a workstation, and proposing what is new or different.

Both are questions: they may be asked again, so they travel outside transactions and nothing is written before they are
answered. The answers themselves are not kept; proposals are, and a person decides about each (records/decide.py).
"""

from collections.abc import Callable
from datetime import datetime

from django.db import IntegrityError, transaction

from certificates.certra.errors import CertraError, Rejected
from certificates.certra.facts import ActorQualities
from certificates.certra.gateway import Gateway
from certificates.domain.lifecycle import Environment
from certificates.errors.records import QuestionUsed
from certificates.errors.signing import JobClosed
from certificates.models import AgentJob, RecordProposal, RecordsInquiry
from certificates.models.job import JobState
from certificates.models.records import InquiryState, ProposalState
from certificates.services.records import fetch_certificates as fetch_recorded
from certificates.services.records.ask import inquiry_of
from certificates.services.records.card_questions import Questions
from certificates.services.records.propose import Known, Proposals, known_here
from certificates.services.signing.gateways import problem_of
from certificates.services.signing.government_answer import refusal_of
from organisations.domain.claims import Voucher
from organisations.models import Device, OrganisationIdentifier
from organisations.services.audit import Actor, record
from organisations.services.identifiers import prove_identifier
from organisations.services.work.deadlocks import write_down
from organisations.tenancy import acting_for


def read_records(
    job: AgentJob, questions: Questions, device: Device, gateway: Callable[[], Gateway], *, now: datetime
) -> int:
    """Ask both questions and make proposals; returns how many. Call outside transactions.

    Raises GovernmentRefused (the inquiry has failed), GovernmentUnavailable (the same questions may be asked again),
    QuestionUsed, JobClosed when somebody was first.
    """
    inquiry = inquiry_of(job)
    environment = Environment(inquiry.environment)
    write_down([inquiry.organisation_id], lambda: _take(inquiry, questions))
    try:
        qualities = gateway().actor_qualities(questions.qualities.data)
        infos = gateway().certificate_infos(questions.certificates.data)
    except CertraError as error:
        with acting_for([inquiry.organisation_id], as_platform=True):
            _note_problem(inquiry, error, now)
        raise refusal_of(error, now) from error
    with acting_for([inquiry.organisation_id], as_platform=True):
        known = known_here(inquiry, qualities, infos)
    fetched = fetch_recorded.fetch_all(known.to_fetch, environment, gateway)
    return write_down(
        [inquiry.organisation_id], lambda: _keep(inquiry, job, qualities, known, fetched, device, now)
    )


def _take(inquiry: RecordsInquiry, questions: Questions) -> None:
    """Bind the signed bytes to this inquiry: they serve no other one, of whatever organisation."""
    try:
        with transaction.atomic():
            rows = RecordsInquiry.objects.filter(pk=inquiry.pk, state=InquiryState.AWAITING_SIGNATURE)
            changed = rows.update(
                qualities_digest=questions.qualities.digest, certificates_digest=questions.certificates.digest
            )
    except IntegrityError as error:
        raise QuestionUsed from error
    if not changed:
        raise JobClosed


@transaction.atomic
def _note_problem(inquiry: RecordsInquiry, error: CertraError, now: datetime) -> None:
    """Keep the answer with the inquiry; a refusal ends it, anything else may be asked again."""
    rows = RecordsInquiry.objects.filter(pk=inquiry.pk, state=InquiryState.AWAITING_SIGNATURE)
    problem = problem_of(error, now)
    if not isinstance(error, Rejected):
        rows.update(problem=problem)
        return
    if rows.update(problem=problem, state=InquiryState.FAILED, answered_at=now):
        AgentJob.objects.filter(inquiry=inquiry).update(state=JobState.CLOSED)
        record(
            inquiry.organisation_id,
            "records_failed",
            inquiry,
            actor=Actor.platform(),
            now=now,
            codes=list(error.codes),
        )


@transaction.atomic
def _keep(
    inquiry: RecordsInquiry,
    job: AgentJob,
    qualities: ActorQualities,
    known: Known,
    fetched: dict[tuple[str, str], fetch_recorded.Fetched],
    device: Device,
    now: datetime,
) -> int:
    rows = RecordsInquiry.objects.filter(pk=inquiry.pk, state=InquiryState.AWAITING_SIGNATURE)
    if not rows.update(state=InquiryState.ANSWERED, answered_at=now, problem=None):
        raise JobClosed
    AgentJob.objects.filter(pk=job.pk).update(state=JobState.DONE, device_id=device.pk)
    made = Proposals(inquiry, now=now)
    if inquiry.environment == Environment.PRODUCTION:
        # The register of the test environment knows mandates that count for tests only.
        made.mandates(qualities, known)
        _prove_numbers(inquiry, qualities, device, now)
    made.certificates(known, fetched, actor=Actor.device(device))
    rows_made = made.rows()
    _set_older_aside(inquiry, rows_made, now)
    RecordProposal.objects.bulk_create(rows_made)
    record(
        inquiry.organisation_id,
        "records_read",
        inquiry,
        actor=Actor.device(device),
        now=now,
        environment=inquiry.environment,
        proposals=len(rows_made),
    )
    return len(rows_made)


def _prove_numbers(inquiry: RecordsInquiry, qualities: ActorQualities, device: Device, now: datetime) -> None:
    """The government named a holder, whose workstation works here, among those who sign for these numbers."""
    named = {(one.identifier.type, one.identifier.value) for one in qualities.organisations}
    for number in OrganisationIdentifier.objects.filter(organisation=inquiry.organisation_id):
        if (number.type, number.value) in named:
            prove_identifier(number, Voucher.GOVERNMENT, actor=Actor.device(device), now=now)


def _set_older_aside(inquiry: RecordsInquiry, rows: list[RecordProposal], now: datetime) -> None:
    """Close the open proposals of earlier readings: what still holds stands in this one again."""
    RecordProposal.objects.filter(
        organisation_id=inquiry.organisation_id,
        inquiry__holder_id=inquiry.holder_id,
        inquiry__environment=inquiry.environment,
        state=ProposalState.OPEN,
    ).exclude(inquiry=inquiry).update(state=ProposalState.DISMISSED, decided_at=now)
