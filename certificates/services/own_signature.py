"""Requests that the holder's workstation signs with the key of an eHealth certificate, as EtkRA wants them."""

from agent.wire.errors import SignatureInvalid as WireSignatureInvalid
from agent.wire.errors import WireError
from agent.wire.keys import certificate_fingerprint
from agent.wire.limits import MAX_REQUEST_BYTES
from agent.wire.signature import verify_enveloped
from certificates.certra.requests import check_request
from certificates.errors import RequestTooLarge, SignedRequestRefused, WrongCertificate
from certificates.models import Certificate
from organisations.errors import SignatureInvalid


def check_own_signature(certificate: Certificate, data: bytes, name: str) -> None:
    """Check that `data` is element `name`, valid under our schema, and signed with the key of `certificate`.

    Raises RequestTooLarge, SignedRequestRefused, SignatureInvalid, WrongCertificate.
    """
    if len(data) > MAX_REQUEST_BYTES:
        raise RequestTooLarge
    try:
        check_request(data, name)
        verified = verify_enveloped(data)
    except WireSignatureInvalid as error:
        raise SignatureInvalid from error
    except WireError as error:
        raise SignedRequestRefused from error
    if certificate_fingerprint(verified.certificate) != certificate.fingerprint:
        raise WrongCertificate
