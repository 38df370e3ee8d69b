"""The calls for encryption tokens, as workers make them: each for one certificate of the organisation that asks."""

import base64
from datetime import datetime

from certificates.domain.lifecycle import Environment
from certificates.errors.signing import JobUnknown
from certificates.models import AgentJob, Certificate
from certificates.models.errand import ErrandKind
from certificates.services.errands.ask import Answer, Order
from certificates.services.errands.run import Asked
from certificates.services.signing.gateways import depot_of, token_gateway_of
from certificates.services.tokens import activate, depot, find, register
from certificates.trust.anchors import certificate_roots
from organisations.models import Device, User
from organisations.services.audit import Actor
from organisations.tenancy import acting_for


def look_order(certificate: Certificate, *, user: User) -> Order:
    """Return the order of a member who wants to know whether the depot has a certificate's token."""
    given = {"certificate": str(certificate.pk)}
    return Order(ErrandKind.FIND_TOKEN, certificate.organisation_id, given, user=user.pk)


def order_of(
    kind: ErrandKind, certificate: Certificate, device: Device, data: bytes = b"", **more: str
) -> Order:
    """Return the order of a workstation, with what it signed for it, and `more` that the errand needs."""
    given = {"certificate": str(certificate.pk), **more}
    if data:
        given["request"] = base64.b64encode(data).decode()
    return Order(kind, certificate.organisation_id, given, device=device.pk)


def certificate_asked(asked: Asked) -> Certificate:
    """Return the certificate of an errand. Raises JobUnknown once it has gone."""
    with acting_for([asked.organisation], as_platform=True):
        found = Certificate.objects.filter(pk=asked.parameters["certificate"]).first()
    if found is None:
        raise JobUnknown
    return found


def signed_asked(asked: Asked) -> bytes:
    """Return what the workstation signed."""
    return base64.b64decode(asked.parameters["request"])


def find_token(asked: Asked, now: datetime) -> Answer:
    """Look for the token in the depot and write it down."""
    certificate = certificate_asked(asked)
    find.find_token(certificate, depot_of(certificate.environment), actor=asked.actor, now=now)
    return {}


def fetch_depot_token(asked: Asked, now: datetime) -> Answer:
    """Return what the depot hands out for the name, null when nothing, and what the workstation verifies it against."""
    certificate = certificate_asked(asked)
    found = depot.depot_token(certificate, depot_of(certificate.environment), now=now)
    if found is not None:
        find.learn_from_depot(certificate, found, actor=Actor.device(asked.workstation), now=now)
    return {
        "etk": base64.b64encode(found).decode() if found is not None else None,
        "trust_anchors": anchors_for(certificate),
    }


def start_token(asked: Asked, now: datetime) -> Answer:
    """Offer the encryption key; return the challenge."""
    certificate = certificate_asked(asked)
    authority = token_gateway_of(certificate.environment)
    challenge = register.start_token(certificate, signed_asked(asked), asked.workstation, authority, now=now)
    return {"challenge": base64.b64encode(challenge).decode()}


def complete_token(asked: Asked, now: datetime) -> Answer:
    """Hand in the certificate of the encryption key; return the token."""
    certificate = certificate_asked(asked)
    authority, held = token_gateway_of(certificate.environment), depot_of(certificate.environment)
    made = register.complete_token(
        certificate, signed_asked(asked), asked.workstation, authority, held, now=now
    )
    return {
        "etk": base64.b64encode(made.etk).decode() if made.etk is not None else None,
        "to_be_activated": made.to_be_activated,
        "trust_anchors": anchors_for(certificate),
    }


def activate_token(asked: Asked, now: datetime) -> Answer:
    """Have the depot switch to the new token, where that is still wanted: another may have been faster."""
    certificate = certificate_asked(asked)
    with acting_for([asked.organisation], as_platform=True):
        jobs = AgentJob.objects.select_related("token__certificate")
        job = jobs.filter(pk=asked.parameters["job"]).first()
        if job is None:
            raise JobUnknown
        if not activate.is_wanted(job, now=now):
            return {"state": "active"}
    authority = token_gateway_of(certificate.environment)
    activate.activate_token(certificate, signed_asked(asked), asked.workstation, authority, now=now)
    return {"state": "active"}


def anchors_for(certificate: Certificate) -> list[str]:
    """Return the roots of the certificate's environment (DER, base64): what the workstation verifies against."""
    return [
        base64.b64encode(root).decode() for root in certificate_roots(Environment(certificate.environment))
    ]
