"""The continuity proof: what is sealed to the token in the depot can be opened with the key store.

The workstation does the work; the token comes from the depot (depot_tokens.py). We keep what was found, with date and
device.
"""

from datetime import datetime

from django.db import transaction

from certificates.errors.tokens import ProofMalformed, TokenNotFound
from certificates.models import AgentJob, Certificate, ContinuityProof, EncryptionToken
from certificates.models.job import JobKind, JobState
from certificates.services.tokens.activate import ask_for
from organisations.models import Device, Person
from organisations.services.audit import Actor, record

FINDINGS = frozenset(
    {"ok", "depot_empty", "other_token", "replaced", "key_missing", "not_opened", "token_invalid"}
)


def ask_at_workstation(certificate: Certificate, holder: Person, device: Device, now: datetime) -> AgentJob:
    """Offer a self test to the holder who asks for it at the workstation; call with organisations named.

    Raises TokenNotFound when the certificate has no token, TokenRefused, HolderWithoutMandate.
    """
    token = EncryptionToken.objects.filter(certificate=certificate).exclude(serial="").first()
    if token is None:
        raise TokenNotFound
    return ask_for(token, JobKind.CHECK_TOKEN, holder=holder, actor=Actor.device(device), now=now)


@transaction.atomic
def record_proof(
    certificate: Certificate, device: Device, *, finding: str, serial: str, now: datetime
) -> ContinuityProof:
    """Keep the result of a self test with the token.

    Raises ProofMalformed for a finding that no agent makes, and for one that passed with another token than ours.
    """
    if (
        finding not in FINDINGS
        or len(serial) > 40
        or not (serial.isascii() and (serial.isdigit() or not serial))
    ):
        raise ProofMalformed
    ours = EncryptionToken.objects.filter(certificate=certificate).exclude(serial="")
    if finding == "ok" and not ours.filter(serial=serial).exists():
        raise ProofMalformed
    if finding == "ok":
        # What opened a message is in a key store: the only word of it for a token that was made elsewhere.
        ours.filter(serial=serial, stored_at=None).update(stored_at=now)
    proof = ContinuityProof.objects.create(
        organisation_id=certificate.organisation_id,
        certificate=certificate,
        device_id=device.pk,
        device_label=device.label,
        checked_at=now,
        passed=finding == "ok",
        finding=finding,
        serial=serial,
    )
    AgentJob.objects.filter(
        token__certificate=certificate, kind=JobKind.CHECK_TOKEN, state=JobState.OFFERED
    ).update(state=JobState.DONE, device_id=device.pk)
    record(
        certificate.organisation_id,
        "continuity_proven" if proof.passed else "continuity_not_proven",
        certificate,
        actor=Actor.device(device),
        now=now,
        device=device.label,
        finding=finding,
    )
    return proof
