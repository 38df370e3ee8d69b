"""Revocations in every state, as rows: the pages are what is tested, not how rows come about."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from certificates.domain.revocation import RevocationState
from certificates.models import AgentJob, Certificate, Revocation
from organisations.sealing import seal
from organisations.services.audit import Actor, record
from organisations.tenancy import acting_for
from tests.certificates.web.shelf import CONTRACT, shelve
from tests.support.hospital import Hospital

S = RevocationState
EVIDENCE = {
    "source": "ocsp",
    "revoked_at": "2026-11-20T09:30:00+00:00",
    "checked_at": "2026-11-20T09:31:00+00:00",
}


WAY = (S.AWAITING_SIGNATURE, S.SIGNED, S.SUBMITTING, S.AWAITING_EVIDENCE, S.COMPLETED)


def _way_to(state: RevocationState) -> tuple[RevocationState, ...]:
    """The moves that the record knows of once a revocation stands in `state`."""
    if state in WAY:
        return WAY[: WAY.index(state) + 1]
    return (*WAY[:3], state) if state in {S.REJECTED, S.OUTCOME_UNKNOWN} else (state,)


def revoke(
    hospital: Hospital, state: RevocationState, certificate: Certificate | None = None, **fields: Any
) -> Revocation:
    """A revocation that stands in `state`, with its job where the holder has one to sign."""
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "certificate": certificate or shelve(hospital.organisation, f"E{uuid4().hex[:8].upper()}", 400),
        "reason": "keyCompromise",
        "comment": "De laptop werd gestolen",
        "holder": hospital.holder,
        "requested_by": hospital.administrator,
        "requested_at": now - timedelta(minutes=40),
        "state": state,
        "state_since": now - timedelta(minutes=2),
    }
    if state is S.AWAITING_SIGNATURE:
        contract = CONTRACT | {"revocation_reason": "keyCompromise"}
        values["sealed_contract"] = seal(json.dumps(contract).encode())
    if state is S.COMPLETED:
        values["evidence"] = EVIDENCE
    with acting_for([hospital.organisation.pk], as_platform=True):
        made = Revocation.objects.create(organisation=hospital.organisation, **(values | fields))
        record(
            hospital.organisation,
            "revocation_asked",
            made,
            actor=Actor.user(hospital.administrator),
            now=now - timedelta(minutes=40),
            revocation_reason="keyCompromise",
            holder=str(made.holder),
        )
        for minutes, reached in enumerate(_way_to(state)):
            record(
                hospital.organisation,
                f"revocation_{reached.value}",
                made,
                actor=Actor.platform(),
                now=now - timedelta(minutes=30 - minutes),
            )
        if state is S.AWAITING_SIGNATURE:
            AgentJob.objects.create(
                id=base64.urlsafe_b64encode(uuid4().bytes).decode().rstrip("="),
                organisation=hospital.organisation,
                kind="revoke-certificate",
                revocation=made,
                holder=made.holder,
                expires_at=now + timedelta(days=10),
            )
    return made
