"""Sending a signed revocation exactly once (send_once says how), and settling what became of it by asking.

Two may be asked. OCSP and the CRL: "revoked" ends everything. And the authority itself, for a revocation contract of
the same key: it refuses one for a dead certificate, and gives one for a live certificate. Getting one twice, past the
grace period of the first call, is its word that the revocation did not arrive.
"""

from datetime import datetime

from django.conf import settings

from certificates.certra.errors import Rejected, Transient
from certificates.certra.gateway import Gateway, RevocationWish
from certificates.domain.revocation import RevocationReason, RevocationState
from certificates.models import Revocation
from certificates.services.revocations.codes import revoked_before
from certificates.services.revocations.contract import contract_of
from certificates.services.revocations.evidence import is_evidence
from certificates.services.signing.ask_later import PLATFORM, ask_later
from certificates.services.signing.gateways import patience, problem_of
from certificates.services.signing.send_once import note_denial, send_once, signed_bytes
from certificates.services.signing.transition import move
from certificates.services.status.check import ask_status, note_status
from organisations.services.work.deadlocks import write_down
from organisations.tenancy import acting_for


def submit_revocation(revocation: Revocation, gateway: Gateway, *, now: datetime) -> None:
    """Send a SIGNED revocation once. Raises Overtaken when another worker claimed it."""
    sent = send_once(
        revocation,
        lambda: signed_bytes(revocation),
        gateway.revoke,
        environment=revocation.certificate.environment,
        done_before=settings.CERTRA_ALREADY_REVOKED_CODES,
        now=now,
    )
    if sent is not None:
        at = sent.at
        write_down([revocation.organisation_id], lambda: taken(revocation, now=at))


def taken(revocation: Revocation, *, now: datetime) -> None:
    """Note that the authority says that the certificate is revoked; from here on evidence is looked for outside."""
    move(
        revocation,
        RevocationState.AWAITING_EVIDENCE,
        actor=PLATFORM,
        now=now,
        next_attempt_at=now + patience().pause(0),
    )


def reconcile_revocation(revocation: Revocation, gateway: Gateway, *, now: datetime) -> None:
    """Ask what became of a sending without answer, and move on. Raises Overtaken when another worker settled it."""
    verdict = ask_status(revocation.certificate)
    if is_evidence(verdict):
        with acting_for([revocation.organisation_id], as_platform=True):
            note_status(revocation.certificate, verdict, now=now)
        return
    contract = contract_of(revocation)
    wish = RevocationWish(
        revocation.certificate.public_key_identifier, contract.signer, RevocationReason(revocation.reason)
    )
    try:
        gateway.generate_revocation_contract(wish)
    except Rejected as error:
        with acting_for([revocation.organisation_id], as_platform=True):
            if revoked_before(error):
                taken(revocation, now=now)
            else:
                ask_later(revocation, problem_of(error, now), now, not_known_answers=0)
    except Transient as error:
        with acting_for([revocation.organisation_id], as_platform=True):
            ask_later(revocation, problem_of(error, now), now, not_known_answers=0)
    else:
        with acting_for([revocation.organisation_id], as_platform=True):
            note_denial(revocation, revocation.problem, now)
