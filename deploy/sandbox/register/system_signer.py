"""Requests that an eHealth certificate signs for itself: its path, its status, its place in the register."""

from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from lxml import etree

from deploy.sandbox.authorities import signatures
from deploy.sandbox.authorities.pki import Pki
from deploy.sandbox.register.requests import Register, Request, public_key_identifier
from deploy.sandbox.soap import Refusal


def authenticate(
    element: etree._Element, environment: str, pki: Pki, register: Register, now: datetime
) -> tuple[Request, x509.Certificate]:
    """The register's entry of the certificate that signed this request, and that certificate.

    KeyInfo holds its chain; the root may be left out, since GetCertificate does not hand it over. Raises Refusal:
    INVALID_SIGNATURE, CERTIFICATE_NOT_TRUSTED, CERTIFICATE_EXPIRED, CERTIFICATE_REVOKED.
    """
    leaf, *issuers = signatures.verify(element)
    issuing, root = (pki[f"{environment}-{name}"].certificate for name in ("issuing", "root"))
    if issuers not in ([issuing, root], [issuing]):
        raise Refusal(
            "CERTIFICATE_NOT_TRUSTED",
            "This request is signed with an eHealth certificate of this environment.",
        )
    try:
        leaf.verify_directly_issued_by(issuing)
        request = register.find(environment, public_key_identifier(leaf.public_key()))  # type: ignore[arg-type]  # RSA: that authority signs no other keys
    except (InvalidSignature, ValueError, TypeError):
        raise Refusal(
            "CERTIFICATE_NOT_TRUSTED", "The certificate was not issued by this environment's authority."
        ) from None
    if request is None or request.certificate != leaf:
        raise Refusal("CERTIFICATE_NOT_TRUSTED", "The certificate is not one that the register knows.")
    if request.revoked:
        raise Refusal("CERTIFICATE_REVOKED", "The certificate has been revoked.")
    if not leaf.not_valid_before_utc <= now <= leaf.not_valid_after_utc:
        raise Refusal("CERTIFICATE_EXPIRED", "The certificate is not valid at this moment.")
    return request, leaf
