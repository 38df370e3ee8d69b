"""An administrator has a certificate revoked.

The wish becomes a row that waits for the government's contract, and the holder signs it with an eID. Two ways will join
here. Approval rules come between the wish and the contract: a state of their own before AWAITING_CONTRACT, in which
nothing is due. Paper takes the place of contract and signature, and joins again at AWAITING_EVIDENCE: whatever way a
revocation went, only evidence from outside ends it (evidence.py).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from agent.wire.strict_json import is_xml_text
from certificates.domain.revocation import RevocationReason
from certificates.domain.validity import CertificateStatus
from certificates.errors.revocations import CertificateNotRevocable, RevocationInProgress, RevocationRefused
from certificates.models import Certificate, Revocation
from certificates.selectors.revocations import revokers_of
from certificates.services.requests.first_step import enqueue_after_commit, first_step
from organisations.domain.identifiers import mask_ssins
from organisations.models import User
from organisations.services.audit import Actor, record

LONGEST_COMMENT = 500
"""Characters that a revocation keeps."""
OVER = frozenset({CertificateStatus.REVOKED, CertificateStatus.EXPIRED})
"""Nothing is left to revoke."""


@dataclass(frozen=True)
class RevocationOrder:
    """What an administrator asks for; an empty comment means "not given"."""

    reason: RevocationReason
    comment: str
    holder_id: UUID


def start_revocation(
    certificate: Certificate, order: RevocationOrder, *, requested_by: User, actor: Actor, now: datetime
) -> Revocation:
    """Make the revocation of a certificate and start it, in one transaction.

    Raises RevocationRefused (its extra names the field), CertificateNotRevocable, RevocationInProgress.
    """
    comment = _checked(order.comment)
    with transaction.atomic():
        # Waits on one row, so that two clicks do not make two revocations.
        locked = Certificate.objects.select_for_update().get(pk=certificate.pk)
        if locked.status(now) in OVER:
            raise CertificateNotRevocable
        if Revocation.objects.on_their_way().filter(certificate=locked).exists():
            raise RevocationInProgress
        holder = revokers_of(locked, now).filter(pk=order.holder_id).first()
        if holder is None:
            raise RevocationRefused(
                _("This person may not sign for this certificate today. Choose someone else."),
                field="holder_id",
            )
        revocation = Revocation.objects.create(
            organisation_id=locked.organisation_id,
            certificate=locked,
            reason=order.reason,
            comment=comment,
            holder=holder,
            requested_by=requested_by,
            requested_at=now,
            **first_step(Revocation, holder, now=now),
        )
        record(
            locked.organisation_id,
            "revocation_asked",
            revocation,
            actor=actor,
            now=now,
            name=locked.common_name,
            revocation_reason=order.reason.value,
            holder=str(holder),
        )
        enqueue_after_commit(revocation, now=now)
    return revocation


def _checked(comment: str) -> str:
    """Return the comment as it is kept: a national number in it is masked."""
    text = mask_ssins(comment.strip())
    if len(text) > LONGEST_COMMENT:
        raise RevocationRefused(
            _("This is too long: at most %(most)d characters.") % {"most": LONGEST_COMMENT}, field="comment"
        )
    if not is_xml_text(text):
        raise RevocationRefused(_("This holds a character that no message can carry."), field="comment")
    return text
