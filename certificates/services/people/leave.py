"""Somebody leaves: what becomes of mandates, roles, and all that waits for their card."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from certificates.domain.foreign_lifecycle import ForeignState
from certificates.errors.foreigners import ForeignRequestElsewhere
from certificates.errors.requests import CannotCancel
from certificates.models import AgentJob, CertificateRequest, ForeignRequest, RecordsInquiry, Revocation
from certificates.models.job import JobState
from certificates.models.records import InquiryState
from certificates.selectors.people import foreign_requests_of, requests_held_by, revocations_held_by
from certificates.services.foreigners.progress import cancel_foreign_request
from certificates.services.signing.cancel import cancel_request
from organisations.models import Person
from organisations.services.audit import Actor, record
from organisations.services.invitations import withdraw_invitations_of
from organisations.services.people import mark_left
from organisations.tenancy import acting_for


@dataclass(frozen=True)
class Held:
    """What is on its way with a person as holder; `unsigned` parts end when the person leaves, `signed` go on."""

    unsigned: list[CertificateRequest]
    signed: list[CertificateRequest]
    revocations: list[Revocation]
    """Revocations that nobody has signed yet."""
    unsent: list[ForeignRequest]
    """Requests without identity card of which the government has nothing: they end too."""
    sent: list[ForeignRequest]
    """Those that the government has: they go on."""


@dataclass(frozen=True)
class Left:
    """How many requests and revocations were withdrawn, because only the person who left could have signed them."""

    requests: int
    revocations: int


def held_by(person: Person) -> Held:
    """Return what is on its way with `person` as holder."""
    requests = list(requests_held_by(person))
    foreign = list(foreign_requests_of(person))
    return Held(
        unsigned=[one for one in requests if one.is_cancellable],
        signed=[one for one in requests if not one.is_cancellable],
        revocations=[one for one in revocations_held_by(person) if one.is_cancellable],
        unsent=[one for one in foreign if one.state == ForeignState.AWAITING_CSR],
        sent=[one for one in foreign if one.state != ForeignState.AWAITING_CSR],
    )


@transaction.atomic
def person_leaves(person: Person, *, left_on: date, actor: Actor, now: datetime) -> Left:
    """Mark `person` as having left and withdraw what nobody else can sign.

    What was signed goes on: the signature was given by someone who held the mandate then. Raises LeavingRefused,
    LastAdministrator; then nothing is done.
    """
    mark_left(person, left_on=left_on, actor=actor, now=now)
    withdraw_invitations_of(person, actor=actor, now=now)
    held = held_by(person)
    left = Left(
        requests=sum(_cancelled(one, actor, now) for one in held.unsigned),
        revocations=sum(_cancelled(one, actor, now) for one in held.revocations),
    )
    for one in held.unsent:
        _foreign_cancelled(one, actor, now)
    _end_inquiries(person, actor, now)
    with acting_for([person.organisation_id], as_platform=True):
        # What is private to who left ends too; whoever marks it does not see it, so it is not counted.
        private = held_by(person)
        unsigned: list[CertificateRequest | Revocation] = [*private.unsigned, *private.revocations]
        for work in unsigned:
            _cancelled(work, actor, now)
        AgentJob.objects.filter(holder=person, state=JobState.OFFERED).update(state=JobState.CLOSED)
    return left


def _cancelled(work: CertificateRequest | Revocation, actor: Actor, now: datetime) -> bool:
    """Withdraw one request or revocation; False when the holder was faster and signed it: then it goes on."""
    try:
        cancel_request(work, actor=actor, now=now)
    except CannotCancel:
        return False
    return True


def _foreign_cancelled(request: ForeignRequest, actor: Actor, now: datetime) -> None:
    """Stop one request without identity card; when its certification request was faster, it goes on."""
    with suppress(ForeignRequestElsewhere):
        cancel_foreign_request(request, actor=actor, now=now)


def _end_inquiries(person: Person, actor: Actor, now: datetime) -> None:
    """End the inquiries that wait for the card of somebody who left: nobody else can sign their questions."""
    waiting = RecordsInquiry.objects.filter(holder=person, state=InquiryState.AWAITING_SIGNATURE)
    for inquiry in waiting.select_for_update().order_by("pk"):
        inquiry.state = InquiryState.CANCELLED
        inquiry.save(update_fields=["state"])
        record(person.organisation_id, "inquiry_cancelled", inquiry, actor=actor, now=now, person=str(person))
