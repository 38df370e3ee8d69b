"""Handing out a paper's document or its signed copy; where a personal number stands in it, that leaves a trace."""

from datetime import datetime

from django.db import transaction

from certificates.models import Paper
from organisations.services.audit import Actor, record


@transaction.atomic
def read_document(paper: Paper, *, actor: Actor, now: datetime) -> bytes:
    """Return the PDF as it was drawn up."""
    _trace(paper, actor, now)
    return paper.document


@transaction.atomic
def read_copy(paper: Paper, *, actor: Actor, now: datetime) -> bytes | None:
    """Return the signed copy, None when there is none. A scan may hold anything, so it always leaves a trace."""
    if paper.sealed_copy is None:
        return None
    _trace(paper, actor, now, always=True)
    return paper.copy


def _trace(paper: Paper, actor: Actor, now: datetime, *, always: bool = False) -> None:
    if paper.is_personal or always:
        record(paper.organisation_id, "paper_read", paper, actor=actor, now=now, name=paper.subject)
