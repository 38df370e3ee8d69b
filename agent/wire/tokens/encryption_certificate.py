"""The certificate that a holder makes for an encryption key, signed with the key of the authentication certificate."""

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import SignatureAlgorithmOID

from agent.wire.errors import TokenInvalid
from agent.wire.pki.certificates import read_certificate
from agent.wire.pki.keys import KEY_BITS, PUBLIC_EXPONENT
from agent.wire.pki.unreadable import UNREADABLE
from agent.wire.tokens.challenge import SERIAL_BYTES

USAGE = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=True,
    data_encipherment=True,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)
"""The only extension of an encryption certificate, critical."""


def make_encryption_certificate(
    authentication_certificate: x509.Certificate,
    authentication_key: rsa.RSAPrivateKey,
    encryption_public_key: rsa.RSAPublicKey,
    serial: int,
) -> x509.Certificate:
    """The certificate that CompleteETKRegistration registers; `serial` is what the challenge held.

    Subject and issuer are the authentication certificate's subject, byte for byte; the validity is its validity.
    Checked before it is returned: raises TokenInvalid `encryption_certificate_invalid` when the platform would not
    take it, as with a serial number out of range or a key that is not the authentication certificate's.
    """
    if not 0 < serial < 1 << 8 * SERIAL_BYTES:
        raise _invalid("its serial number is not one of sixteen bytes")
    name = authentication_certificate.subject
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .not_valid_before(authentication_certificate.not_valid_before_utc)
        .not_valid_after(authentication_certificate.not_valid_after_utc)
        .serial_number(serial)
        .public_key(encryption_public_key)
        .add_extension(USAGE, critical=True)
        .sign(authentication_key, hashes.SHA256())
    )
    der = made.public_bytes(Encoding.DER)
    return check_encryption_certificate(der, authentication_certificate)


def check_encryption_certificate(
    der: bytes, authentication_certificate: x509.Certificate
) -> x509.Certificate:
    """Read an encryption certificate, and check every part of it against its authentication certificate.

    Raises TokenInvalid `encryption_certificate_invalid`.
    """
    certificate, key, extensions = _read(der)
    own = authentication_certificate
    own_key = own.public_key()
    subject = own.subject.public_bytes()
    if not 0 < certificate.serial_number < 1 << 8 * SERIAL_BYTES:
        raise _invalid("its serial number is not one of sixteen bytes")
    if (certificate.subject.public_bytes(), certificate.issuer.public_bytes()) != (subject, subject):
        raise _invalid("its names are not the authentication certificate's subject")
    # What an object model would write in another way than it stood in the certificate shows here.
    if der.count(subject) != 2 or subject not in own.tbs_certificate_bytes:
        raise _invalid("its names are not those bytes of the authentication certificate")
    if (certificate.not_valid_before_utc, certificate.not_valid_after_utc) != (
        own.not_valid_before_utc,
        own.not_valid_after_utc,
    ):
        raise _invalid("its validity is not the authentication certificate's")
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size != KEY_BITS:
        raise _invalid("its key is not RSA 2048")
    if key.public_numbers().e != PUBLIC_EXPONENT or key == own_key:
        raise _invalid("its key is not one of its own")
    if [extension.oid for extension in extensions] != [x509.KeyUsage.oid]:
        raise _invalid("it has other extensions than its key usage")
    if not extensions[0].critical or extensions[0].value != USAGE:
        raise _invalid("its key usage is not keyEncipherment and dataEncipherment, critical")
    if certificate.signature_algorithm_oid != SignatureAlgorithmOID.RSA_WITH_SHA256:
        raise _invalid("it is not signed by RSA with SHA-256")
    if not isinstance(own_key, rsa.RSAPublicKey):
        raise _invalid("the authentication certificate has no RSA key")
    try:
        own_key.verify(
            certificate.signature, certificate.tbs_certificate_bytes, padding.PKCS1v15(), hashes.SHA256()
        )
    except UNREADABLE:
        raise _invalid("it is not signed by the authentication key") from None
    return certificate


def _read(der: bytes) -> tuple[x509.Certificate, object, list[x509.Extension[x509.ExtensionType]]]:
    try:
        certificate = read_certificate(der)
    except ValueError:
        raise _invalid("it cannot be read") from None
    if certificate.public_bytes(Encoding.DER) != der:
        raise _invalid("something follows it")
    return certificate, certificate.public_key(), list(certificate.extensions)


def _invalid(why: str) -> TokenInvalid:
    return TokenInvalid(
        f"the certificate of the encryption key: {why}", code="encryption_certificate_invalid"
    )
