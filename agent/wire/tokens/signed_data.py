"""CMS SignedData (RFC 5652 5) with one signer, read and verified: what was signed, and by which certificate.

Whether that certificate is trusted is the caller's question.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from asn1crypto import cms, core
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from agent.wire.errors import CmsInvalid
from agent.wire.limits import MAX_CMS_ATTRIBUTES, MAX_CMS_CERTIFICATES
from agent.wire.pki.certificates import read_certificate
from agent.wire.pki.der import definite, retagged
from agent.wire.pki.unreadable import UNREADABLE

HASHES: dict[str, type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
_SIGNATURE_HASHES = {"sha256_rsa": "sha256", "sha384_rsa": "sha384", "sha512_rsa": "sha512"}
_KEY_BITS = range(2048, 4097)
_SET = 0x31


class _Encapsulated(core.Sequence):  # type: ignore[misc]  # asn1crypto has no types
    """EncapsulatedContentInfo (RFC 5652 5.2) whose octets stay octets: the library's own would parse them."""

    _fields = [
        ("content_type", cms.ContentType),
        ("content", core.OctetString, {"explicit": 0, "optional": True}),
    ]


@dataclass(frozen=True)
class SignedContent:
    """What one signer signed. `certificates` is the message's set, in its order; `signer` is one that fits."""

    content_type: str
    content: bytes
    certificates: tuple[x509.Certificate, ...]
    signer: x509.Certificate


def read_signed_data(data: bytes, *, limit: int, others: Sequence[x509.Certificate] = ()) -> SignedContent:
    """Read a ContentInfo with SignedData, in DER or BER, of at most `limit` bytes, and verify its one signature.

    A signer that is not in the message's certificate set is looked for in `others`. Raises CmsInvalid:
    `cms_malformed`, `cms_too_large`, `cms_too_complex`, `cms_unsupported` (other algorithms than RSA with SHA-2),
    `cms_signature_invalid`.
    """
    der = definite(data, limit=limit)
    try:
        return _read(der, others)
    except UNREADABLE:
        raise CmsInvalid("not CMS SignedData") from None


def content_of(der: bytes, kind: str) -> Any:
    """The content of a ContentInfo of this kind. Raises CmsInvalid; ValueError or TypeError for what is not ASN.1."""
    info = cms.ContentInfo.load(der, strict=True)
    if info["content_type"].native != kind:
        raise CmsInvalid("another kind of CMS message")
    return info["content"]


def _read(der: bytes, others: Sequence[x509.Certificate]) -> SignedContent:
    signed = content_of(der, "signed_data")
    signers = signed["signer_infos"]
    if len(signers) != 1:
        raise CmsInvalid("not exactly one signer")
    if len(signed["digest_algorithms"]) > MAX_CMS_ATTRIBUTES:
        raise CmsInvalid("too many digests", code="cms_too_complex")
    (info,) = signers
    inside = _Encapsulated.load(signed["encap_content_info"].dump(), strict=True)
    kind, content = str(inside["content_type"].native), inside["content"]
    if not isinstance(content, core.OctetString):
        raise CmsInvalid("no content")
    octets = bytes(content)
    certificates = _certificates(signed["certificates"])
    signer = _signer(info["sid"], (*certificates, *others))
    _verify(info, kind, octets, signer)
    return SignedContent(kind, octets, certificates, signer)


def _certificates(found: Any) -> tuple[x509.Certificate, ...]:
    if isinstance(found, core.Void):
        return ()
    if len(found) > MAX_CMS_CERTIFICATES:
        raise CmsInvalid("too many certificates", code="cms_too_complex")
    read = []
    for choice in found:
        if choice.name != "certificate":
            raise CmsInvalid("something else than a certificate")
        read.append(read_certificate(bytes(choice.chosen.dump())))
    return tuple(read)


def _signer(identifier: Any, candidates: Sequence[x509.Certificate]) -> x509.Certificate:
    chosen = identifier.chosen
    for certificate in candidates:
        if identifier.name == "subject_key_identifier":
            try:
                extension = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
            except UNREADABLE:
                continue
            if extension.value.digest == bytes(chosen):
                return certificate
        elif chosen["serial_number"].native == certificate.serial_number and same_bytes(
            chosen["issuer"], certificate.issuer
        ):
            return certificate
    raise CmsInvalid("the signer's certificate is not there")


def same_bytes(name: Any, other: x509.Name) -> bool:
    """Whether an ASN.1 Name is written exactly as that of a certificate."""
    return bytes(name.dump()) == other.public_bytes()


def _verify(info: Any, kind: str, content: bytes, signer: x509.Certificate) -> None:
    name = str(info["digest_algorithm"]["algorithm"].native)
    if name not in HASHES:
        raise CmsInvalid("another digest than SHA-2", code="cms_unsupported")
    attributes = info["signed_attrs"]
    if isinstance(attributes, core.Void) or not len(attributes):
        if kind != "data":
            raise CmsInvalid("signed attributes are missing")
        signed = content
    else:
        _check_attributes(attributes, kind, hashlib.new(name, content).digest())
        # Signed as SET OF, sent as [0] (RFC 5652 5.4).
        signed = retagged(_SET, bytes(attributes.contents))
    scheme, digest = _scheme(info["signature_algorithm"], name)
    key = _rsa_key(signer)
    try:
        key.verify(bytes(info["signature"]), signed, scheme, digest)
    except InvalidSignature:
        raise CmsInvalid("the signature does not verify", code="cms_signature_invalid") from None


def _rsa_key(signer: x509.Certificate) -> rsa.RSAPublicKey:
    key = signer.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size in _KEY_BITS:
        return key
    raise CmsInvalid("the signer's key is not RSA of a sensible size", code="cms_unsupported")


def _check_attributes(attributes: Any, kind: str, digest: bytes) -> None:
    if len(attributes) > MAX_CMS_ATTRIBUTES:
        raise CmsInvalid("too many signed attributes", code="cms_too_complex")
    found: dict[str, Any] = {}
    for attribute in attributes:
        name = str(attribute["type"].native)
        if name in found:
            raise CmsInvalid("a signed attribute stands there twice")
        found[name] = attribute["values"]
    for name in ("content_type", "message_digest"):
        if name not in found or len(found[name]) != 1:
            raise CmsInvalid("a signed attribute is missing")
    if found["content_type"][0].native != kind:
        raise CmsInvalid("signed as another type of content", code="cms_signature_invalid")
    if not hmac.compare_digest(bytes(found["message_digest"][0]), digest):
        raise CmsInvalid("the content is not what was signed", code="cms_signature_invalid")


def _scheme(algorithm: Any, digest: str) -> tuple[padding.AsymmetricPadding, hashes.HashAlgorithm]:
    name = str(algorithm["algorithm"].native)
    if name == "rsassa_pkcs1v15" or _SIGNATURE_HASHES.get(name) == digest:
        return padding.PKCS1v15(), HASHES[digest]()
    if name != "rsassa_pss":
        raise CmsInvalid("another signature algorithm than RSA with SHA-2", code="cms_unsupported")
    parameters = algorithm["parameters"]
    own = str(parameters["hash_algorithm"]["algorithm"].native)
    mask = parameters["mask_gen_algorithm"]
    mask_hash = str(mask["parameters"]["algorithm"].native)
    salt = parameters["salt_length"].native
    if own != digest or mask["algorithm"].native != "mgf1" or mask_hash != own or not 0 <= salt <= 64:
        raise CmsInvalid("parameters of RSASSA-PSS that are not taken", code="cms_unsupported")
    made = HASHES[own]()
    return padding.PSS(padding.MGF1(made), int(salt)), made
