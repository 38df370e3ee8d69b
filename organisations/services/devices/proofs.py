"""Accepting device proofs: once each, with the stored answer for an exact retry."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from agent.wire.errors import ProofInvalid
from agent.wire.limits import PROOF_WINDOW_SECONDS
from agent.wire.link.proofs import Jwk, read_proof, thumbprint, verify_proof
from organisations.errors import DeviceUnknown, ProofRefused, ProofReplayed, ProofStale
from organisations.models import Device, ProofUse


@dataclass(frozen=True)
class Call:
    """One HTTP call as the proof must describe it."""

    proof: str
    method: str
    url: str
    body: bytes


@dataclass(frozen=True)
class Accepted:
    """A proof that holds. `stored` is the answer given before, when this is an exact retry."""

    jwk: Jwk
    device: Device | None
    use: ProofUse
    stored: tuple[int, Any] | None = None


def accept_proof(call: Call, *, now: datetime, enrolling: bool = False) -> Accepted:
    """Verify the proof of `call` and use it up.

    `enrolling` takes the key from the proof itself; otherwise it is the enrolled device's. Raises ProofRefused
    (proof_invalid), ProofStale, ProofReplayed, DeviceUnknown.
    """
    try:
        claimed = read_proof(call.proof)
        device = None if enrolling else _device(claimed.kid)
        jwk = claimed.jwk if enrolling else device.public_jwk if device else None
        if jwk is None:
            raise ProofInvalid("the proof carries no key")
        proof = verify_proof(call.proof, jwk=jwk, method=call.method, url=call.url, body=call.body, now=now)
    except ProofInvalid as error:
        if error.code == "proof_stale":
            raise ProofStale(server_time=now.isoformat()) from error
        raise ProofRefused from error
    use, stored = _use_once(thumbprint(jwk), proof.jti, call, now)
    return Accepted(jwk=jwk, device=device, use=use, stored=stored)


def _device(kid: str) -> Device:
    device = Device.objects.filter(thumbprint=kid, revoked_at=None).first()
    if device is None:
        raise DeviceUnknown
    return device


def _use_once(key: str, jti: str, call: Call, now: datetime) -> tuple[ProofUse, tuple[int, Any] | None]:
    digest = hashlib.sha256(call.proof.encode()).hexdigest()
    try:
        with transaction.atomic():
            return ProofUse.objects.create(thumbprint=key, jti=jti, digest=digest, seen_at=now), None
    except IntegrityError:
        earlier = ProofUse.objects.get(thumbprint=key, jti=jti)
    if call.method == "POST" and earlier.digest == digest and earlier.status is not None:
        return earlier, (earlier.status, earlier.answer)
    raise ProofReplayed


def store_answer(accepted: Accepted, status: int, answer: Mapping[str, Any]) -> None:
    """Keep the answer of a POST, so that an exact retry gets it again."""
    ProofUse.objects.filter(pk=accepted.use.pk).update(status=status, answer=dict(answer))


def give_back(accepted: Accepted) -> None:
    """Let the proof of a call of which nothing came serve once more: its exact retry is a new try."""
    ProofUse.objects.filter(pk=accepted.use.pk, status=None).delete()


def forget_old_proofs(*, now: datetime) -> int:
    """Delete proofs that are too old to be accepted anyway; returns how many."""
    deleted, _ = ProofUse.objects.filter(
        seen_at__lt=now - timedelta(seconds=3 * PROOF_WINDOW_SECONDS)
    ).delete()
    return deleted
