"""Tokens and challenges as the platform makes them, and as it must never make them."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from asn1crypto import cms, core
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding


class TokenSigner(Protocol):
    """Who makes tokens: the ETK-RA of an authority."""

    @property
    def etk_ra(self) -> x509.Certificate:
        """Its certificate."""

    @property
    def etk_ra_key(self) -> rsa.RSAPrivateKey:
        """Its key."""


def make_challenge(key: rsa.RSAPublicKey, serial: bytes, *, digest: bytes | None = None) -> bytes:
    """What StartETKRegistration answers."""
    return key.encrypt(serial, padding.PKCS1v15()) + (digest or hashlib.sha256(serial).digest())


def make_token(
    authority: TokenSigner,
    content: bytes,
    certificates: Sequence[x509.Certificate],
    *,
    signer: x509.Certificate | None = None,
    key: rsa.RSAPrivateKey | None = None,
    kind: str = "data",
    signed_kind: str | None = None,
    digest: bytes | None = None,
    attributes: bool = True,
    change: Any = None,
) -> bytes:
    """SignedData by the ETK-RA around `content`, or a variation of it; `change` gets the SignedData to alter."""
    signer, key = signer or authority.etk_ra, key or authority.etk_ra_key
    signed = cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": [signed_kind or kind]}),
            cms.CMSAttribute(
                {
                    "type": "signing_time",
                    "values": [cms.Time({"utc_time": datetime.now(UTC).replace(microsecond=0)})],
                }
            ),
            cms.CMSAttribute(
                {"type": "message_digest", "values": [digest or hashlib.sha256(content).digest()]}
            ),
        ]
    )
    own = as_asn1(signer)
    identifier = cms.IssuerAndSerialNumber({"issuer": own.issuer, "serial_number": own.serial_number})
    info = {
        "version": "v1",
        "sid": cms.SignerIdentifier("issuer_and_serial_number", identifier),
        "digest_algorithm": {"algorithm": "sha256"},
        "signature_algorithm": {"algorithm": "sha256_rsa"},
        "signature": key.sign(signed.dump() if attributes else content, padding.PKCS1v15(), hashes.SHA256()),
    }
    if attributes:
        info["signed_attrs"] = signed
    data = cms.SignedData(
        {
            "version": "v1" if kind == "data" else "v3",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": kind, "content": content},
            "certificates": [as_asn1(one) for one in certificates],
            "signer_infos": [cms.SignerInfo(info)],
        }
    )
    if change:
        change(data)
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": data}).dump())


def as_asn1(certificate: x509.Certificate) -> Any:
    """The same certificate for the other library."""
    return asn1.Certificate.load(certificate.public_bytes(Encoding.DER))


def in_pieces(der: bytes) -> bytes:
    """The same SignedData in BER as Java writes it: indefinite lengths outside, the content in pieces."""
    info = cms.ContentInfo.load(der)
    signed = info["content"]
    inside = signed["encap_content_info"]
    octets = bytes(inside["content"])
    pieces = [octets[at : at + 1000] for at in range(0, len(octets), 1000)]
    content = _open(0x24, *(core.OctetString(piece).dump() for piece in pieces))
    parts = [
        signed["version"].dump(),
        signed["digest_algorithms"].dump(),
        _open(0x30, inside["content_type"].dump(), _open(0xA0, content)),
        signed["certificates"].dump(),
        signed["signer_infos"].dump(),
    ]
    return _open(0x30, info["content_type"].dump(), _open(0xA0, _open(0x30, *parts)))


def _open(tag: int, *parts: bytes) -> bytes:
    return bytes([tag, 0x80]) + b"".join(parts) + b"\0\0"
