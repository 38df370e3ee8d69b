"""Waking the workers when a row is due. A wake-up may be lost: the row is the queue, and every lane is looked at."""

from datetime import datetime
from uuid import UUID

from certificates.domain.revocation import RevocationReason
from certificates.domain.signing import SigningState
from certificates.domain.watch.reminders import SETTLE
from certificates.models import Certificate, ForeignRequest, Revocation, SignedWork
from organisations.domain.work import Lane
from organisations.models.queued import AS_IF_NEVER_FAILED
from organisations.services.notices.look import wake
from organisations.services.work.wakes import wake_on_commit


def nudge(work: SignedWork) -> None:
    """Wake, once this transaction commits, the lane in which `work` moves; only where an attempt is planned."""
    if work.next_attempt_at is not None:
        wake_on_commit(Lane.ASKED if work.state == SigningState.AWAITING_CONTRACT else Lane.SUBMISSIONS)


def nudge_foreign(request: ForeignRequest) -> None:
    """Wake, once this transaction commits, the lane of a foreign request; only where an attempt is planned."""
    if request.next_attempt_at is not None:
        wake_on_commit(Lane.SUBMISSIONS)


def nudge_status_check(certificate: Certificate, *, now: datetime) -> None:
    """Have the revocation status of one certificate asked once this transaction commits, whenever it was asked last."""
    Certificate.objects.filter(pk=certificate.pk).update(next_attempt_at=now, **AS_IF_NEVER_FAILED)
    wake_on_commit(Lane.STATUS)


def nudge_new_certificates() -> None:
    """Have the revocation status of new certificates asked once this transaction commits."""
    wake_on_commit(Lane.STATUS)


def announce(work: SignedWork, *, now: datetime) -> None:
    """Have the holder told that `work` waits for the identity card: a key in the wrong hands at this very moment.

    Call inside the transaction in which it begins to wait. What else is asked meanwhile goes into the same letter.
    """
    if isinstance(work, Revocation) and work.reason == RevocationReason.KEY_COMPROMISE:
        wake(work.organisation_id, at=now)
        wake_on_commit(Lane.NOTICES)
    else:
        announce_soon(work.organisation_id, now=now)


def announce_soon(organisation_id: UUID, *, now: datetime) -> None:
    """Have people of an organisation told of what was just asked of them, once it has settled."""
    wake(organisation_id, at=now + SETTLE)
