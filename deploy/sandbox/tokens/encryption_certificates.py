"""The certificate that a holder makes for an encryption key: it must be exactly what the platform prescribes."""

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import SignatureAlgorithmOID

from deploy.sandbox.authorities.pki import key_usage
from deploy.sandbox.soap import Refusal

USAGE = key_usage("key_encipherment", "data_encipherment")


def check(
    der: bytes, authentication: x509.Certificate, key: rsa.RSAPublicKey, serial: bytes
) -> x509.Certificate:
    """The certificate, once every part is right.

    `serial` is the decrypted challenge, read as an unsigned big-endian number. Raises Refusal
    INVALID_ENCRYPTION_CERTIFICATE, whose parameter Field names the first part that is wrong: Encoding, SerialNumber,
    Subject, Issuer, Validity, PublicKey, Extensions, KeyUsage, SignatureAlgorithm or Signature.
    """
    certificate, found_key, extensions = _read(der)
    begin, end = authentication.not_valid_before_utc, authentication.not_valid_after_utc
    if certificate.serial_number != int.from_bytes(serial, "big"):
        raise _wrong("SerialNumber")
    if certificate.subject.public_bytes() != authentication.subject.public_bytes():
        raise _wrong("Subject")
    if certificate.issuer.public_bytes() != authentication.subject.public_bytes():
        raise _wrong("Issuer")
    if (certificate.not_valid_before_utc, certificate.not_valid_after_utc) != (begin, end):
        raise _wrong("Validity")
    if found_key != key:
        raise _wrong("PublicKey")
    if [extension.oid for extension in extensions] != [x509.KeyUsage.oid]:
        raise _wrong("Extensions")
    if not extensions[0].critical or extensions[0].value != USAGE:
        raise _wrong("KeyUsage")
    if certificate.signature_algorithm_oid != SignatureAlgorithmOID.RSA_WITH_SHA256:
        raise _wrong("SignatureAlgorithm")
    signer = authentication.public_key()
    if not isinstance(signer, rsa.RSAPublicKey):
        raise TypeError("the register holds RSA keys only")
    try:
        signer.verify(
            certificate.signature, certificate.tbs_certificate_bytes, padding.PKCS1v15(), hashes.SHA256()
        )
    except InvalidSignature:
        raise _wrong("Signature") from None
    return certificate


def _read(der: bytes) -> tuple[x509.Certificate, object, list[x509.Extension[x509.ExtensionType]]]:
    try:
        certificate = x509.load_der_x509_certificate(der)
        extensions = list(certificate.extensions)
        # What an object model would forgive, like bytes after the end, shows when it is written again.
        if certificate.public_bytes(serialization.Encoding.DER) != der:
            raise _wrong("Encoding")
        return certificate, certificate.public_key(), extensions
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension):
        raise _wrong("Encoding") from None


def _wrong(field: str) -> Refusal:
    return Refusal(
        "INVALID_ENCRYPTION_CERTIFICATE",
        "The certificate of the encryption key is not as it must be.",
        Field=field,
    )
