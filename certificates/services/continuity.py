"""The continuity proof: what is sealed to the token in the depot can be opened with the key store.

The workstation does the work; we fetch the token from the depot for it, and keep what it found, with date and device.
"""

from datetime import datetime

from django.db import transaction

from agent.wire.jobs import Identifier
from certificates.certra.errors import CertraError
from certificates.certra.gateway import TokenDepot
from certificates.domain.x509 import read_certificate
from certificates.errors import JobUnknown, ProofMalformed
from certificates.models import AgentJob, Certificate, ContinuityProof, EncryptionToken
from certificates.models.job import JobKind, JobState
from certificates.services.activate_token import ask_for, people_for
from certificates.services.government_answer import refusal_of
from organisations.models import Device
from organisations.services.audit import Actor, record

FINDINGS = frozenset({"ok", "depot_empty", "other_token", "not_opened", "token_invalid"})


def ask_at_workstation(fingerprint: str, device: Device, *, now: datetime) -> AgentJob:
    """Offer a self test to the holder who asks for it at the own workstation; call with organisations named.

    Raises JobUnknown unless it is the holder's own certificate, or the holder has a mandate for its number today, and
    it has a token.
    """
    tokens = EncryptionToken.objects.filter(certificate__fingerprint=fingerprint).select_related(
        "certificate"
    )
    for token in tokens:
        holder = people_for(token.certificate, now).filter(ssin_index=device.ssin_index).first()
        if holder is not None:
            return ask_for(token, JobKind.CHECK_TOKEN, holder=holder, actor=Actor.device(device), now=now)
    raise JobUnknown


def depot_token(certificate: Certificate, depot: TokenDepot, *, now: datetime) -> bytes | None:
    """Return the token that the depot hands out for the certificate's name, None when there is none.

    Call outside transactions. Raises GovernmentRefused, GovernmentUnavailable.
    """
    facts = read_certificate(certificate.der)
    try:
        return depot.token_of(
            Identifier(facts.identifier_type, facts.identifier_value), facts.application_id or None
        )
    except CertraError as error:
        raise refusal_of(error, now) from error


@transaction.atomic
def record_proof(
    certificate: Certificate, device: Device, *, finding: str, serial: str, now: datetime
) -> ContinuityProof:
    """Keep what the self test found.

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
