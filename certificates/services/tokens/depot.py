"""What the depot hands out for the name of a certificate, and whether it is that certificate's own token."""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from agent.wire.errors import WireError
from agent.wire.jobs import Identifier
from agent.wire.pki.certificates import read_certificate as read_certificate_whole
from agent.wire.tokens.etk import EtkFacts, verify_etk
from certificates.certra.errors import CertraError
from certificates.certra.gateway import TokenDepot
from certificates.domain.lifecycle import Environment
from certificates.domain.x509 import read_certificate
from certificates.errors.tokens import TokenRefused
from certificates.models import Certificate
from certificates.services.signing.government_answer import refusal_of
from certificates.trust.anchors import certificate_roots


@dataclass(frozen=True)
class JudgedToken:
    """An ETK (DER) that was verified for one certificate."""

    etk: bytes
    facts: EtkFacts

    @property
    def certificate(self) -> bytes:
        """The encryption certificate in it, DER."""
        return self.facts.certificate.public_bytes(Encoding.DER)

    @property
    def serial(self) -> str:
        """Its serial number, decimal: the alias of its key in a key store."""
        return str(self.facts.serial)


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


def own_depot_token(certificate: Certificate, depot: TokenDepot, *, now: datetime) -> JudgedToken | None:
    """Return the depot's token when it is this very certificate's; None for an empty depot and for any other token.

    Call outside transactions. Raises GovernmentRefused, GovernmentUnavailable.
    """
    etk = depot_token(certificate, depot, now=now)
    if etk is None:
        return None
    try:
        return judge_token(certificate, etk, now=now)
    except TokenRefused:
        return None


def judge_token(certificate: Certificate, etk: bytes, *, now: datetime) -> JudgedToken:
    """Verify structure, signer and certificate set of an ETK of this certificate. Raises TokenRefused."""
    try:
        own = read_certificate_whole(certificate.der)
    except ValueError as error:
        raise TokenRefused(reason="etk_certificates_wrong") from error
    roots = certificate_roots(Environment(certificate.environment))
    anchors = [x509.load_der_x509_certificate(root) for root in roots]
    try:
        return JudgedToken(etk, verify_etk(etk, authentication_certificate=own, anchors=anchors, now=now))
    except WireError as error:
        raise TokenRefused(reason=error.code) from error
