"""Outside evidence that a certificate is dead: OCSP or the CRL, asked anew each time, until one of them says so."""

from datetime import datetime

from django.db import transaction

from certificates.domain.revocation import RevocationState
from certificates.models import Revocation
from certificates.services.asking import PLATFORM, ask_later
from certificates.services.check_revocation import ask_status, note_status
from certificates.services.transition import move
from certificates.trust.paths import RevocationSource, Trust, Verdict
from organisations.tenancy import acting_for

WITNESSES = frozenset({RevocationSource.OCSP, RevocationSource.CRL})
"""Who speaks of the certificate itself; a revoked authority above it proves nothing about our revocation."""


def is_evidence(verdict: Verdict) -> bool:
    """True when `verdict` says, on OCSP's or the CRL's word, that the certificate itself was revoked."""
    return verdict.trust is Trust.REVOKED and verdict.source in WITNESSES


def look_for_evidence(revocation: Revocation, *, now: datetime) -> None:
    """Ask outside; complete the revocation, or ask again later. Raises Overtaken."""
    verdict = ask_status(revocation.certificate)
    with acting_for([revocation.organisation_id]):
        if is_evidence(verdict):
            complete(revocation, verdict, now=now)
        else:
            ask_later(revocation, None, now)


@transaction.atomic
def complete(revocation: Revocation, verdict: Verdict, *, now: datetime) -> None:
    """Keep the evidence: from here on the certificate and its token count as dead."""
    revoked_at = verdict.revoked_at.isoformat() if verdict.revoked_at else None
    evidence = {"source": str(verdict.source), "revoked_at": revoked_at, "checked_at": now.isoformat()}
    move(
        revocation,
        RevocationState.COMPLETED,
        actor=PLATFORM,
        now=now,
        evidence=evidence,
        details={"source": str(verdict.source), "revoked_at": revoked_at},
    )
    note_status(revocation.certificate, verdict, now=now)
