"""Whether a card's certificate was revoked, asked of the authority named in it (OCSP, RFC 6960).

For the doctor only: the server judges for itself before it takes a signature.
"""

from datetime import datetime
from functools import partial
from typing import Final, Literal

import requests
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from agent.exchange import exchange
from agent.wire.limits import CLOCK_TOLERANCE
from agent.wire.pki.unreadable import UNREADABLE

Status = Literal["good", "suspended", "revoked", "unknown"]
TIMEOUT: Final = (3.0, 5.0)
EXCHANGE_SECONDS: Final = 15.0
MAX_ANSWER_BYTES: Final = 64 * 1024


_NO_ANSWER: tuple[type[BaseException], ...] = (requests.RequestException, *UNREADABLE)


def certificate_status(certificate: x509.Certificate, issuer: x509.Certificate, *, now: datetime) -> Status:
    """Ask OCSP: good, suspended, revoked, or unknown when the answer is missing, unsigned, stale or another's.

    A new card's certificates are suspended (certificateHold, RFC 5280 5.3.1) until the municipality activates them.
    """
    url = _responder(certificate)
    if url is None:
        return "unknown"
    asked = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1()).build()  # noqa: S303  RFC 5019's only hash
    try:
        return _status_in(_answer(url, asked.public_bytes(Encoding.DER)), certificate, issuer, now)
    except _NO_ANSWER:
        return "unknown"  # anybody on the way may have written it: it may be anything


def _answer(url: str, question: bytes) -> bytes:
    send = partial(requests.post, url, question, headers={"Content-Type": "application/ocsp-request"})
    send = partial(send, timeout=TIMEOUT, allow_redirects=False, stream=True)
    return exchange(send, limit=MAX_ANSWER_BYTES, seconds=EXCHANGE_SECONDS).body


def _status_in(body: bytes, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> Status:
    answer = ocsp.load_der_ocsp_response(body)
    if answer.response_status != ocsp.OCSPResponseStatus.SUCCESSFUL:
        return "unknown"
    if answer.serial_number != certificate.serial_number or not _signed(answer, issuer, now):
        return "unknown"
    ends = answer.next_update_utc
    if answer.this_update_utc > now + CLOCK_TOLERANCE or (ends is not None and ends < now - CLOCK_TOLERANCE):
        return "unknown"
    if answer.revocation_reason is x509.ReasonFlags.certificate_hold:
        return "suspended"
    statuses: dict[ocsp.OCSPCertStatus, Status] = {
        ocsp.OCSPCertStatus.GOOD: "good",
        ocsp.OCSPCertStatus.REVOKED: "revoked",
    }
    return statuses.get(answer.certificate_status, "unknown")


def _responder(certificate: x509.Certificate) -> str | None:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except UNREADABLE:
        return None
    for description in access:
        location = description.access_location
        is_ocsp = description.access_method == AuthorityInformationAccessOID.OCSP
        if is_ocsp and isinstance(location, x509.UniformResourceIdentifier):
            return location.value if location.value.startswith("http://") else None
    return None


def _signed(answer: ocsp.OCSPResponse, issuer: x509.Certificate, now: datetime) -> bool:
    """Return whether the issuer signed the answer, or a responder that it named (RFC 6960 4.2.2.2)."""
    for signer in (issuer, *answer.certificates):
        if signer != issuer and not _delegated(signer, issuer, now):
            continue
        key, algorithm = signer.public_key(), answer.signature_hash_algorithm
        if algorithm is None:
            return False
        try:
            if isinstance(key, rsa.RSAPublicKey):
                key.verify(answer.signature, answer.tbs_response_bytes, padding.PKCS1v15(), algorithm)
            elif isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(algorithm))
            else:
                continue
        except InvalidSignature:
            continue
        return True
    return False


def _delegated(signer: x509.Certificate, issuer: x509.Certificate, now: datetime) -> bool:
    try:
        signer.verify_directly_issued_by(issuer)
        usage = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except UNREADABLE:
        return False
    in_date = (
        signer.not_valid_before_utc - CLOCK_TOLERANCE <= now <= signer.not_valid_after_utc + CLOCK_TOLERANCE
    )
    return in_date and ExtendedKeyUsageOID.OCSP_SIGNING in usage
