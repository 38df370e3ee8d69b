"""Telling a worker that a row is due. A nudge may be lost: the row's state is the queue, and the sweep reads it."""

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from certificates.models import Certificate, ForeignRequest, SignedWork

log = structlog.get_logger(__name__)


def nudge(work: SignedWork) -> None:
    """Enqueue, once this transaction commits, the task that works on `work`; only where an attempt is planned."""
    if work.next_attempt_at is not None:
        _send_on_commit(f"certificates.work_on_{work.EVENT}", str(work.organisation_id), str(work.pk))


def nudge_foreign(request: ForeignRequest) -> None:
    """Enqueue, once this transaction commits, the task for a foreign request; only where an attempt is planned."""
    if request.next_attempt_at is not None:
        _send_on_commit("certificates.work_on_foreign_request", str(request.organisation_id), str(request.pk))


def nudge_status_check(certificate: Certificate) -> None:
    """Enqueue, once this transaction commits, the first question about the certificate's revocation status."""
    _send_on_commit("certificates.check_certificate", str(certificate.organisation_id), str(certificate.pk))


def nudge_status_sweep() -> None:
    """Enqueue, once this transaction commits, the status questions that are due, such as of a whole import."""
    _send_on_commit("certificates.check_revocations")


def _send_on_commit(task: str, *arguments: str) -> None:
    def send() -> None:
        try:
            current_app.send_task(task, args=arguments, retry=False)
        except OperationalError:
            log.warning("nudge_lost", task=task)

    transaction.on_commit(send)
