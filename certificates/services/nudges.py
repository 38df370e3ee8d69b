"""Telling a worker that a row is due. A nudge may be lost: the row's state is the queue, and the sweep reads it."""

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from certificates.models import CertificateRequest

log = structlog.get_logger(__name__)


def nudge(request: CertificateRequest) -> None:
    """After the current transaction commits, ask a worker to work on `request` if it is due."""
    if request.next_attempt_at is None:
        return
    arguments = [str(request.organisation_id), str(request.pk)]

    def send() -> None:
        try:
            current_app.send_task("certificates.work_on_request", args=arguments, retry=False)
        except OperationalError:
            log.warning("nudge_lost", request=arguments[1])

    transaction.on_commit(send)
