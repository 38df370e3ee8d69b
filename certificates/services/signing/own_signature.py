"""Requests that the holder's workstation signs with the key of an eHealth certificate, as EtkRA wants them."""

from agent.wire.pki.keys import certificate_fingerprint
from certificates.errors.tokens import WrongCertificate
from certificates.models import Certificate
from certificates.services.signing.card_signature import verify_signed


def check_own_signature(certificate: Certificate, data: bytes, name: str) -> None:
    """Check that `data` is element `name`, valid under our schema, and signed with the key of `certificate`.

    Raises RequestTooLarge, SignedRequestRefused, SignatureInvalid, WrongCertificate.
    """
    verified = verify_signed(data, name)
    if certificate_fingerprint(verified.certificate) != certificate.fingerprint:
        raise WrongCertificate
