"""Web, workers and beat refuse to start where a check fails: an unsafe server serves nobody."""

from typing import NoReturn

import structlog
from celery import signals
from django.core.checks import CheckMessage, Tags, run_checks
from django.core.checks.messages import ERROR
from django.db import OperationalError, connections

log = structlog.get_logger("ehportal.start")
REFUSED = 3
"""Exit status; gunicorn takes it from a worker as the word to stop altogether."""


def failing(*, database: bool = True) -> list[CheckMessage]:
    """Return what the system checks, those for deployment too, find wrong: errors, not advice.

    With `database` also what only it can tell; raises django.db.OperationalError where it does not answer.
    """
    found = list(run_checks(include_deployment_checks=True))
    if database:
        try:
            found += run_checks(tags=[Tags.database], databases=["default"], include_deployment_checks=True)
        finally:
            connections["default"].close()
    return [one for one in found if one.is_serious(ERROR)]


def refuse_unless_safe(process: str) -> None:
    """End this process with status 3 where a check fails, after a line of log for each.

    A database that is away keeps nobody from starting: it comes back, and /readyz tells until then.
    """
    found = failing(database=False)
    if not found:
        try:
            found = failing()
        except OperationalError as error:
            log.warning("started_without_database", process=process, error=str(error))
    if found:
        refuse(process, found)


def refuse(process: str, found: list[CheckMessage]) -> NoReturn:
    """Say what is wrong and end this process."""
    for one in found:
        log.critical("refused_to_start", process=process, check=one.id, why=one.msg, hint=one.hint)
    raise SystemExit(REFUSED)


# Celery swallows what a receiver raises, but not SystemExit.


@signals.celeryd_init.connect(weak=False)
def worker_is_safe(**_: object) -> None:
    """Refuse a worker before it takes anything."""
    refuse_unless_safe("worker")


@signals.beat_init.connect(weak=False)
def beat_is_safe(**_: object) -> None:
    """Refuse a beat before it sends anything."""
    refuse_unless_safe("beat")
