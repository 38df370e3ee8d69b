"""The login proof: the certificate gets a session at the platform's token service.

The workstation asks and verifies, for the key is there. It is told where, and who may sign, by environment; what it
found is kept with date and device.
"""

from datetime import datetime
from typing import Literal

from cryptography import x509
from django.conf import settings
from django.db import transaction

from agent.wire.link.sessions import SessionPlace, SessionProof
from agent.wire.pki.keys import certificate_fingerprint
from certificates.domain.lifecycle import Environment
from certificates.errors.tokens import ProofMalformed
from certificates.models import Certificate, LoginProof
from certificates.trust.anchors import certificate_anchors, session_signers
from organisations.models import Device
from organisations.services.audit import Actor, record


def place_for(certificate: Certificate) -> SessionPlace | None:
    """Return where the certificate may ask for a session; None where nobody configured it for its environment."""
    environment = Environment(certificate.environment)
    address, signers = settings.STS_ENDPOINTS[environment.value], session_signers(environment)
    anchors = certificate_anchors(environment)
    if not address or not signers or not anchors:
        return None
    loaded = [tuple(x509.load_der_x509_certificate(der) for der in ders) for ders in (signers, anchors)]
    told: Literal["production", "acceptance"] = "acceptance"
    if environment is Environment.PRODUCTION:
        told = "production"
    return SessionPlace(told, address, *loaded)


@transaction.atomic
def record_login(
    certificate: Certificate, device: Device, proof: SessionProof, *, now: datetime
) -> LoginProof:
    """Keep what a workstation found when it asked for a session with the certificate.

    Raises ProofMalformed for one of another environment, and for one that passed without saying what it was given,
    or by a signer that is not trusted here.
    """
    place = place_for(certificate)
    if place is None or proof.environment != place.environment:
        raise ProofMalformed
    trusted = {certificate_fingerprint(one) for one in place.signers}
    whole = proof.signer in trusted and proof.digest and proof.not_before and proof.not_on_or_after
    if proof.passed and not whole:
        raise ProofMalformed
    kept = LoginProof.objects.create(
        organisation_id=certificate.organisation_id,
        certificate=certificate,
        device_id=device.pk,
        device_label=device.label,
        checked_at=now,
        verdict=proof.verdict,
        passed=proof.passed,
        not_before=proof.not_before,
        not_on_or_after=proof.not_on_or_after,
        signer=proof.signer or "",
        digest=proof.digest or "",
        weak_signature=proof.weak_signature,
        clock_seconds=proof.clock_seconds,
        attributes=dict(proof.attributes),
    )
    record(
        certificate.organisation_id,
        "login_proven" if kept.passed else "login_not_proven",
        certificate,
        actor=Actor.device(device),
        now=now,
        device=device.label,
        finding=kept.verdict,
    )
    return kept
