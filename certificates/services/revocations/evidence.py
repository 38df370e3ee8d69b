"""Outside evidence that a certificate is dead: OCSP or the CRL, asked anew each time, until one of them says so.

The government's own record is evidence too, but nobody can ask it without a card or the certificate's key: it counts
whenever it is read (records/differences.py).
"""

from datetime import datetime

from certificates.models import Revocation
from certificates.services.signing.ask_later import ask_later
from certificates.services.signing.gateways import silence_problem
from certificates.services.status.check import ask_status, note_status
from certificates.services.status.note_revoked import WITNESSES
from certificates.trust.paths import Trust, Verdict
from organisations.services.work.deadlocks import write_down


def is_evidence(verdict: Verdict) -> bool:
    """Return whether OCSP or the CRL says in `verdict` that the certificate itself was revoked for good."""
    return verdict.trust is Trust.REVOKED and verdict.source in WITNESSES and not verdict.is_on_hold


def look_for_evidence(revocation: Revocation, *, now: datetime) -> None:
    """Ask OCSP or the CRL; complete the revocation, or ask again later. Raises Overtaken. Call outside transactions."""
    verdict = ask_status(revocation.certificate)

    def write() -> None:
        if is_evidence(verdict):
            note_status(revocation.certificate, verdict, now=now)
        else:
            ask_later(revocation, _problem(verdict, now), now)

    write_down([revocation.organisation_id], write)


def _problem(verdict: Verdict, now: datetime) -> dict[str, object] | None:
    silence = verdict.silence
    return silence_problem(silence.since, silence.until, now) if silence is not None else None
