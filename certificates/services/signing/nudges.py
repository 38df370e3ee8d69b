"""Telling a worker that a row is due. A nudge may be lost: the row's state is the queue, and the sweep reads it."""

from datetime import datetime
from uuid import UUID

from certificates.domain.reminders import SETTLE
from certificates.domain.revocation import RevocationReason
from certificates.models import Certificate, ForeignRequest, Revocation, SignedWork
from organisations.services.letters.reminders import wake
from organisations.services.nudges import send_on_commit


def nudge(work: SignedWork) -> None:
    """Enqueue, once this transaction commits, the task that works on `work`; only where an attempt is planned."""
    if work.next_attempt_at is not None:
        send_on_commit(f"certificates.work_on_{work.EVENT}", str(work.organisation_id), str(work.pk))


def nudge_foreign(request: ForeignRequest) -> None:
    """Enqueue, once this transaction commits, the task for a foreign request; only where an attempt is planned."""
    if request.next_attempt_at is not None:
        send_on_commit("certificates.work_on_foreign_request", str(request.organisation_id), str(request.pk))


def nudge_status_check(certificate: Certificate) -> None:
    """Enqueue, once this transaction commits, the first question about the certificate's revocation status."""
    send_on_commit("certificates.check_certificate", str(certificate.organisation_id), str(certificate.pk))


def nudge_status_sweep() -> None:
    """Enqueue, once this transaction commits, the status questions that are due, such as of a whole import."""
    send_on_commit("certificates.check_revocations")


def announce(work: SignedWork, *, now: datetime) -> None:
    """Have the holder told that `work` waits for the identity card: a key in the wrong hands at this very moment.

    Call inside the transaction in which it begins to wait. What else is asked meanwhile goes into the same letter.
    """
    if isinstance(work, Revocation) and work.reason == RevocationReason.KEY_COMPROMISE:
        wake(work.organisation_id, at=now)
        send_on_commit("certificates.remind_organisation", str(work.organisation_id))
    else:
        announce_soon(work.organisation_id, now=now)


def announce_soon(organisation_id: UUID, *, now: datetime) -> None:
    """Have people of an organisation told of what was just asked of them, once it has settled."""
    wake(organisation_id, at=now + SETTLE)
