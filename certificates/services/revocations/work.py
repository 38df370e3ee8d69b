"""What a worker does with a revocation that is due: look at its state and take the next step."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from certificates.domain.revocation import RevocationState
from certificates.errors.requests import CannotAskAgain
from certificates.errors.revocations import CertificateNotRevocable, RevocationInProgress
from certificates.models import Certificate, Revocation
from certificates.services.requests.contract import look_for_workstation
from certificates.services.revocations.contract import fetch_revocation_contract
from certificates.services.revocations.evidence import look_for_evidence
from certificates.services.revocations.start import OVER
from certificates.services.revocations.submit import reconcile_revocation, submit_revocation
from certificates.services.signing.gateways import gateway_of
from certificates.services.signing.nudges import nudge
from certificates.services.signing.offer_contract import end_unsigned
from certificates.services.signing.send_once import note_lost_submission
from certificates.services.signing.transition import Overtaken, move
from organisations.services.audit import Actor
from organisations.tenancy import acting_for


def work_on_revocation(organisation_id: UUID, revocation_id: UUID, *, now: datetime) -> None:
    """Take the next step of a claimed revocation; safe to run twice, at once or again."""
    with acting_for([organisation_id], as_platform=True):
        revocation = Revocation.objects.select_related("organisation", "certificate", "holder").get(
            pk=revocation_id
        )
    try:
        advance_revocation(revocation, now=now)
    except Overtaken:
        return


def advance_revocation(revocation: Revocation, *, now: datetime) -> None:
    """Take the step that the revocation's state asks for. Raises Overtaken when another worker was first."""
    gateway = gateway_of(revocation.certificate.environment)
    match RevocationState(revocation.state):
        case RevocationState.AWAITING_DEVICE:
            look_for_workstation(revocation, now=now)
        case RevocationState.AWAITING_CONTRACT:
            fetch_revocation_contract(revocation, gateway, now=now)
        case RevocationState.AWAITING_SIGNATURE:
            end_unsigned(revocation, now=now)
        case RevocationState.SIGNED:
            submit_revocation(revocation, gateway, now=now)
        case RevocationState.SUBMITTING:
            note_lost_submission(revocation, now=now)
        case RevocationState.OUTCOME_UNKNOWN:
            reconcile_revocation(revocation, gateway, now=now)
        case RevocationState.AWAITING_EVIDENCE:
            look_for_evidence(revocation, now=now)


@transaction.atomic
def ask_again(revocation: Revocation, *, actor: Actor, now: datetime) -> None:
    """Ask again for a given-up revocation: for its contract when nothing was signed, else for its outcome.

    Raises CannotAskAgain in every other state, RevocationInProgress when a newer one is on its way,
    CertificateNotRevocable when nothing was signed and nothing is left to revoke. Locks the certificate.
    """
    if RevocationState(revocation.state) is not RevocationState.GAVE_UP:
        raise CannotAskAgain
    certificate = Certificate.objects.select_for_update().get(pk=revocation.certificate_id)
    if Revocation.objects.on_their_way().filter(certificate=certificate).exists():
        raise RevocationInProgress
    if revocation.sealed_signed_request is None:
        if certificate.status(now) in OVER:
            raise CertificateNotRevocable
        to = RevocationState.AWAITING_CONTRACT
    else:
        # Whether it was taken or not, the first question there is the outside evidence.
        to = RevocationState.OUTCOME_UNKNOWN
    try:
        move(revocation, to, actor=actor, now=now, next_attempt_at=now)
    except Overtaken as error:
        raise CannotAskAgain from error
    nudge(revocation)
