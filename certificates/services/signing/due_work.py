"""The queue in the rows: what is due across all tenants, and taking one row for as long as a call may last."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from certificates.models import CertificateRequest, ForeignRequest, Revocation


def lease(
    due: "QuerySet[CertificateRequest] | QuerySet[Revocation] | QuerySet[ForeignRequest]", *, now: datetime
) -> bool:
    """Put the one row in `due` off for as long as a call may take; return False when it is not due any more.

    Whatever the sweep sends meanwhile finds nothing to do, and a step that fails in a way nobody thought of is not
    tried again every two seconds.
    """
    until = now + timedelta(seconds=settings.CERTRA_SUBMISSION_GRACE)
    return bool(due.update(next_attempt_at=until))


def due_rows(
    function: Literal["ehportal_due_requests", "ehportal_due_revocations", "ehportal_due_foreign_requests"],
    *,
    now: datetime,
    most: int,
) -> list[tuple[UUID, UUID]]:
    """Return (organisation, row) ids of what is due, the longest waiting first."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT organisation_id, id FROM {function}(%s, %s)", [now, most])  # noqa: S608  # names of ours
        return [(row[0], row[1]) for row in cursor.fetchall()]
