"""The encryption token (ETK) that the platform hands out, checked before anybody trusts or stores it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from agent.wire.errors import CmsInvalid, NameMalformed, PathInvalid, TokenInvalid
from agent.wire.limits import MAX_ETK_BYTES
from agent.wire.pki.names import certificate_name
from agent.wire.pki.paths import path_to_anchor, self_issued
from agent.wire.pki.unreadable import UNREADABLE
from agent.wire.tokens.encryption_certificate import check_encryption_certificate
from agent.wire.tokens.signed_data import SignedContent, read_signed_data

_CODES = {"cms_signature_invalid": "etk_signature_invalid", "cms_too_large": "etk_too_large"}


@dataclass(frozen=True)
class EtkFacts:
    """A token that holds: the certificate to seal to, and who stands behind it.

    `fingerprint` is SHA-256 over the token's bytes as they came: 64 lower-case hex digits.
    """

    certificate: x509.Certificate
    signer: x509.Certificate
    authentication_certificate: x509.Certificate
    certificates: tuple[x509.Certificate, ...]
    fingerprint: str

    @property
    def serial(self) -> int:
        """The serial number of the encryption certificate."""
        return self.certificate.serial_number

    @property
    def alias(self) -> str:
        """The encryption key's name in a key store: the serial number in decimal."""
        return str(self.serial)

    @property
    def public_key(self) -> rsa.RSAPublicKey:
        """The key to seal to."""
        key = self.certificate.public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise TypeError("a checked encryption certificate holds an RSA key")
        return key


def verify_etk(
    der: bytes,
    *,
    authentication_certificate: x509.Certificate,
    anchors: Sequence[x509.Certificate],
    now: datetime,
    etk_ra: Sequence[x509.Certificate] = (),
) -> EtkFacts:
    """Check a token from EtkRA or the depot, in DER or BER, against the authentication certificate it belongs to.

    `anchors` are the environment's. `etk_ra` are the ETK-RA's certificates where the installation knows them; otherwise
    whoever the environment's authority certified may have signed, but for holders of eHealth certificates. The
    certificate set must hold the ETK-RA's certificate, the authentication certificate and its chain, no root, and
    nothing that does not belong to either path. Revocation is not asked here. Raises TokenInvalid with a code that
    begins with `etk_`.
    """
    try:
        signed = read_signed_data(der, limit=MAX_ETK_BYTES)
    except CmsInvalid as error:
        raise TokenInvalid(error.detail, code=_CODES.get(error.code, "etk_malformed")) from None
    if signed.content_type != "data":
        raise TokenInvalid("the token holds something else than data")
    if authentication_certificate not in signed.certificates:
        raise TokenInvalid("it belongs to another certificate", code="etk_certificates_wrong")
    _check_signer(signed.signer, authentication_certificate, etk_ra)
    behind_signer = _path(signed.signer, signed, anchors, now)
    behind_holder = _path(authentication_certificate, signed, anchors, now)
    _check_set(signed, behind_signer, behind_holder)
    try:
        certificate = check_encryption_certificate(signed.content, authentication_certificate)
    except TokenInvalid as error:
        raise TokenInvalid(error.detail, code="etk_content_wrong") from None
    return EtkFacts(
        certificate,
        signed.signer,
        authentication_certificate,
        signed.certificates,
        hashlib.sha256(der).hexdigest(),
    )


def _check_signer(
    signer: x509.Certificate, holder: x509.Certificate, etk_ra: Sequence[x509.Certificate]
) -> None:
    """The ETK-RA signs tokens. A holder's certificate comes from the same authority, but must not make tokens."""
    if etk_ra:
        if signer not in etk_ra:
            raise TokenInvalid("signed by another than the ETK-RA", code="etk_signer_untrusted")
        return
    try:
        certificate_name(signer.subject)
        is_holder = True
    except NameMalformed:
        is_holder = signer == holder
    if is_holder or not _may_sign(signer):
        raise TokenInvalid("signed by another than an ETK-RA", code="etk_signer_untrusted")


def _may_sign(signer: x509.Certificate) -> bool:
    try:
        usage = signer.extensions.get_extension_for_class(x509.KeyUsage).value
    except UNREADABLE:
        return False
    return (usage.digital_signature or usage.content_commitment) and not usage.key_cert_sign


def _path(
    leaf: x509.Certificate, signed: SignedContent, anchors: Sequence[x509.Certificate], now: datetime
) -> tuple[x509.Certificate, ...]:
    try:
        return path_to_anchor(leaf, signed.certificates, anchors, now=now)
    except PathInvalid as error:
        code = "etk_expired" if error.code == "path_expired" else "etk_signer_untrusted"
        raise TokenInvalid(error.detail, code=code) from None


def _check_set(
    signed: SignedContent,
    behind_signer: tuple[x509.Certificate, ...],
    behind_holder: tuple[x509.Certificate, ...],
) -> None:
    found = set(signed.certificates)
    required = {signed.signer, *(one for one in behind_holder if not self_issued(one))}
    allowed = required | {one for one in behind_signer if not self_issued(one)}
    if len(found) != len(signed.certificates) or not required <= found <= allowed:
        raise TokenInvalid(
            "the certificate set is not the ETK-RA's, the holder's and its chain without the root",
            code="etk_certificates_wrong",
        )
