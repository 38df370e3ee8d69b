"""Telling a worker that a row is due. A nudge may be lost: the row's state is the queue, and a sweep reads it."""

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)


def send_on_commit(task: str, *arguments: str) -> None:
    """After the current transaction commits, ask a worker for `task`; a broker that is away is only logged."""

    def send() -> None:
        try:
            current_app.send_task(task, args=arguments, retry=False)
        except OperationalError:
            log.warning("nudge_lost", task=task)

    transaction.on_commit(send)
