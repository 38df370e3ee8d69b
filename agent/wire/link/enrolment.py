"""Enrolment: the card's holder vouches for a device key, bound to one server and one nonce."""

import hashlib
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from agent.wire.errors import SignatureInvalid

DOMAIN_TAG = b"ehportal/enrolment/v1\x00"


NONCE_BYTES = 32


CARD_COORDINATE_BYTES = 48


EnrolmentAlgorithm = Literal["RS256", "ES384"]


def enrolment_message(origin: str, nonce: bytes, thumbprint: bytes) -> bytes:
    """Return what the card signs: tag ‖ SHA-256(origin) ‖ SHA-256(nonce) ‖ device key thumbprint (32 bytes)."""
    if len(nonce) != NONCE_BYTES or len(thumbprint) != hashlib.sha256().digest_size:
        raise SignatureInvalid("nonce or thumbprint of another length")
    return DOMAIN_TAG + hashlib.sha256(origin.encode()).digest() + hashlib.sha256(nonce).digest() + thumbprint


def verify_enrolment_signature(
    certificate: x509.Certificate, message: bytes, signature: bytes, algorithm: str
) -> None:
    """Check the card's signature under `message`: RS256 (PKCS#1 v1.5) or ES384 (raw r‖s, 96 bytes).

    Raises SignatureInvalid. Whether the certificate itself is to be trusted is the caller's question.
    """
    try:
        key = certificate.public_key()
        if algorithm == "RS256" and isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048:
            key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        elif (
            algorithm == "ES384"
            and isinstance(key, ec.EllipticCurvePublicKey)
            and key.curve.name == "secp384r1"
        ):
            key.verify(dss_from_raw(signature, CARD_COORDINATE_BYTES), message, ec.ECDSA(hashes.SHA384()))
        else:
            raise SignatureInvalid("the algorithm does not fit the card's key")
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        raise SignatureInvalid("the card's signature does not verify") from None


def dss_from_raw(signature: bytes, coordinate_bytes: int) -> bytes:
    """Return the DER of a raw r‖s signature, as cards and JOSE give it. Raises SignatureInvalid for another length."""
    if len(signature) != 2 * coordinate_bytes:
        raise SignatureInvalid("an ECDSA signature of another length")
    r, s = signature[:coordinate_bytes], signature[coordinate_bytes:]
    return encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
