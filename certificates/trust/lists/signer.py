"""Whether a certificate may sign trusted lists at all (ETSI TS 119 612 5.7.1)."""

from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from agent.wire.pki.unreadable import UNREADABLE
from certificates.domain.trusted import Refusal
from certificates.trust.lists.refused import ListRefused

TSL_SIGNING = x509.ObjectIdentifier("0.4.0.2231.3.0")
"""id-tsl-kp-tslSigning, the extended key usage of operators of lists."""
_UNFIT: tuple[type[BaseException], ...] = (x509.ExtensionNotFound, *UNREADABLE)
SHORTEST_RSA, SHORTEST_CURVE = 2048, 256


def check_signer(certificate: x509.Certificate, now: datetime) -> None:
    """Check validity, usages and key of an operator's certificate. Raises ListRefused."""
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise ListRefused(Refusal.SIGNER_ENDED, "the operator's certificate is not valid at this moment")
    if not is_operator(certificate):
        raise ListRefused(Refusal.SIGNER_USAGE, "the certificate is not made for signing lists")


def is_operator(certificate: x509.Certificate) -> bool:
    """Return whether a certificate is made for signing lists, whenever it is valid."""
    try:
        key = certificate.public_key()
        extended = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        signs = usage.digital_signature or usage.content_commitment
        others = usage.key_encipherment or usage.data_encipherment or usage.key_agreement
        others = others or usage.key_cert_sign or usage.crl_sign
    except _UNFIT:
        return False
    strong = (isinstance(key, rsa.RSAPublicKey) and key.key_size >= SHORTEST_RSA) or (
        isinstance(key, ec.EllipticCurvePublicKey) and key.key_size >= SHORTEST_CURVE
    )
    return strong and TSL_SIGNING in extended and signs and not others and not _is_authority(certificate)


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False
