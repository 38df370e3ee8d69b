"""The authentication key of an eHealth certificate: its identifier and its certification request."""

import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import SignatureAlgorithmOID

from agent.wire.errors import CsrInvalid
from agent.wire.limits import MAX_CSR_BYTES
from agent.wire.pki.names import dn_of, name_from_dn
from agent.wire.pki.unreadable import UNREADABLE_NAME

KEY_BITS = 2048
PUBLIC_EXPONENT = 65537


@dataclass(frozen=True)
class CsrFacts:
    """What a certification request says: name (RFC 4514), key, and the key's identifier."""

    dn: str
    public_key: rsa.RSAPublicKey
    public_key_identifier: str


def public_key_identifier(public_key: CertificatePublicKeyTypes) -> str:
    """SHA-1 over the subjectPublicKey bits (RFC 5280 4.2.1.2 method 1): 40 lower-case hex digits."""
    return x509.SubjectKeyIdentifier.from_public_key(public_key).digest.hex()


def make_csr(key: rsa.RSAPrivateKey, dn: str) -> bytes:
    """A PKCS#10 request for `dn`, DER: SHA256withRSA, no attributes. Raises NameMalformed."""
    builder = x509.CertificateSigningRequestBuilder(subject_name=name_from_dn(dn))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def read_csr(der: bytes) -> CsrFacts:
    """Read and verify a request made by `make_csr` or its like. Raises CsrInvalid (`csr_invalid`).

    Its signature must be its own key's, RSA 2048 with SHA-256, and nothing may follow or be asked beside.
    """
    if len(der) > MAX_CSR_BYTES:
        raise CsrInvalid("the certification request is too large")
    try:
        csr = x509.load_der_x509_csr(der)
        key = csr.public_key()
        whole = csr.public_bytes(serialization.Encoding.DER) == der
        attributes = len(csr.attributes) + len(csr.extensions)
        signed = csr.is_signature_valid
        dn = dn_of(csr.subject)
    except UNREADABLE_NAME:
        raise CsrInvalid("the certification request cannot be read") from None
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size != KEY_BITS:
        raise CsrInvalid("the certification request's key is not RSA 2048")
    if key.public_numbers().e != PUBLIC_EXPONENT:
        raise CsrInvalid("the certification request's public exponent is not 65537")
    if csr.signature_algorithm_oid != SignatureAlgorithmOID.RSA_WITH_SHA256 or not signed:
        raise CsrInvalid("the certification request is not signed by its own key with SHA-256")
    if not whole or attributes:
        raise CsrInvalid("the certification request asks for more than a key and a name")
    return CsrFacts(dn, key, public_key_identifier(key))


def certificate_fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 over the DER certificate, 64 lower-case hex digits."""
    return hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()
