"""Keeping the signed copy of a paper: a scan that is never interpreted, only kept and handed back."""

import hashlib
from datetime import datetime

from django.db import transaction

from certificates.domain.papers import MAX_COPY_BYTES, PaperState, is_pdf
from certificates.errors.papers import CopyRefused, PaperCannotMove
from certificates.models import Paper
from organisations.models import User
from organisations.sealing import seal
from organisations.services.audit import Actor, record


def check_copy_size(size: int) -> None:
    """Check a file's size (bytes) before it is read. Raises CopyRefused."""
    if not 0 < size <= MAX_COPY_BYTES:
        raise CopyRefused(field="copy")


@transaction.atomic
def keep_signed_copy(paper: Paper, content: bytes, *, user: User, actor: Actor, now: datetime) -> None:
    """Keep `content` as the signed copy; an earlier one is replaced, and both digests stay in the record.

    Raises CopyRefused for anything but a PDF of at most 5 MiB, PaperCannotMove for a paper that has ended.
    """
    check_copy_size(len(content))
    if not is_pdf(content):
        raise CopyRefused(field="copy")
    digest = hashlib.sha256(content).hexdigest()
    kept = (
        Paper.objects.filter(pk=paper.pk)
        .exclude(state=PaperState.ENDED)
        .update(
            sealed_copy=seal(content),
            copy_digest=digest,
            copy_bytes=len(content),
            copy_uploaded_at=now,
            copy_uploaded_by=user,
        )
    )
    if not kept:
        raise PaperCannotMove
    record(
        paper.organisation_id,
        "paper_copy_kept",
        paper,
        actor=actor,
        now=now,
        name=paper.subject,
        document=digest,
    )
