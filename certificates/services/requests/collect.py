"""Asking for the certificate until it is delivered, and taking it into the inventory."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction

from agent.wire.errors import NameMalformed
from agent.wire.pki.certificates import read_certificate as read_whole
from agent.wire.pki.certificates import readable
from agent.wire.pki.names import same_name
from agent.wire.pki.unreadable import UNREADABLE
from certificates.certra.errors import Rejected, Transient
from certificates.certra.gateway import Gateway
from certificates.domain.lifecycle import Environment, RequestState
from certificates.domain.x509 import CertificateFacts, read_certificate
from certificates.errors.inventory import CertificateForAnotherKey, CertificateNotTrusted
from certificates.models import CertificateRequest
from certificates.services.installations.match import match_waiting_installations
from certificates.services.inventory.add_certificate import add_certificate
from certificates.services.requests.contract import contract_of
from certificates.services.signing.ask_later import PLATFORM, ask_later, refuse
from certificates.services.signing.gateways import patience, problem_of
from certificates.services.signing.nudges import nudge_status_check
from certificates.services.signing.transition import move
from certificates.trust.anchors import certificate_anchors
from certificates.trust.paths import Trust, validate
from organisations.errors import DomainError
from organisations.tenancy import acting_for

NOT_YET_DELIVERED = frozenset({"CERT_NOT_YET_DELIVERED", "AUTH_CERT_NOT_YET_VALID"})
"""Ask again. The second is what older versions of the service said."""


def collect_certificate(request: CertificateRequest, gateway: Gateway, *, now: datetime) -> None:
    """Ask for the certificate of a registered request. Raises Overtaken when another worker got it."""
    try:
        chain = gateway.certificate_chain(request.public_key_identifier or "")
    except Rejected as error:
        with acting_for([request.organisation_id]):
            if error.says(settings.CERTRA_REFUSED_CODES):
                refuse(request, error, now)
                return
            waiting = error.says(NOT_YET_DELIVERED)
            ask_later(request, None if waiting else problem_of(error, now), now)
        return
    except Transient as error:
        with acting_for([request.organisation_id]):
            ask_later(request, problem_of(error, now), now)
        return
    take_delivery(request, chain, now=now)


def check_delivery(request: CertificateRequest, chain: Sequence[bytes]) -> CertificateFacts:
    """Check key, name and path of a delivered certificate (DER, leaf first).

    Raises CertificateForAnotherKey, CertificateNotTrusted.
    """
    return checked_delivery(
        chain,
        public_key_identifier=request.public_key_identifier or "",
        dn=contract_of(request).dn,
        environment=Environment(request.environment),
    )


def checked_delivery(
    chain: Sequence[bytes], *, public_key_identifier: str, dn: str, environment: Environment
) -> CertificateFacts:
    """Return the facts of a delivered certificate (DER, leaf first) that fits key and name and leads to an anchor.

    Raises CertificateForAnotherKey, CertificateNotTrusted.
    """
    try:
        facts = read_certificate(chain[0])
        leaf, others = read_whole(chain[0]), readable(chain[1:])
    except UNREADABLE as error:
        raise CertificateForAnotherKey from error
    if facts.public_key_identifier != public_key_identifier:
        raise CertificateForAnotherKey
    try:
        named_alike = same_name(leaf.subject, dn)
    except NameMalformed as error:
        raise CertificateForAnotherKey from error
    if not named_alike:
        raise CertificateForAnotherKey
    if (
        validate(leaf, others, certificate_anchors(environment), check_revocation=False).trust
        is not Trust.TRUSTED
    ):
        if len(others) < len(chain) - 1:
            raise CertificateForAnotherKey  # what was missing may be what could not be read
        raise CertificateNotTrusted
    return facts


def take_delivery(request: CertificateRequest, chain: Sequence[bytes], *, now: datetime) -> None:
    """Check what was delivered and take it into the inventory; a wrong delivery is noted and asked for again."""
    try:
        facts = check_delivery(request, chain)
    except DomainError as error:
        problem: dict[str, object] = {
            "kind": "delivery",
            "summary": error.code,
            "answers": [],
            "at": now.isoformat(),
        }
        with acting_for([request.organisation_id]):
            if RequestState(request.state) is RequestState.OUTCOME_UNKNOWN:
                move(request, RequestState.AWAITING_CERTIFICATE, actor=PLATFORM, now=now, problem=problem,
                     next_attempt_at=now + patience().pause(0))  # fmt: skip
            else:
                ask_later(request, problem, now)
        return
    with acting_for([request.organisation_id]), transaction.atomic():
        certificate, _new = add_certificate(
            request.organisation,
            facts,
            environment=Environment(request.environment),
            chain=chain[1:],
            chain_trusted=True,
            source="requested",
            actor=PLATFORM,
            now=now,
            owner=request.holder if request.personal else None,
            private_to=request.private_to,
        )
        move(
            request,
            RequestState.ISSUED,
            actor=PLATFORM,
            now=now,
            certificate=certificate,
            details={"fingerprint": facts.fingerprint},
        )
        match_waiting_installations(request.organisation)
        nudge_status_check(certificate)
