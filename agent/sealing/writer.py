"""Sealing: what only the named recipients can open, from a sender that everybody can check."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asn1crypto import cms, core
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import Encoding

from agent.errors import SealError
from agent.sealing.limits import MAXIMUM_MESSAGE, MAXIMUM_RECIPIENTS
from agent.wire.pki.paths import self_issued
from agent.wire.pki.unreadable import UNREADABLE

_SALT = 32
_KEY = 16
_PSS = {
    "algorithm": "rsassa_pss",
    "parameters": {
        "hash_algorithm": {"algorithm": "sha256"},
        "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": "sha256"}},
        "salt_length": _SALT,
    },
}


@dataclass(frozen=True)
class Sender:
    """Who seals: the eHealth authentication key, and its certificate with the authorities above it, leaf first."""

    key: rsa.RSAPrivateKey
    chain: tuple[x509.Certificate, ...]


def seal(message: bytes, recipients: Sequence[x509.Certificate], sender: Sender, *, now: datetime) -> bytes:
    """Seal a message to the encryption certificates of checked tokens; DER.

    A root in the sender's chain is left out of the message. Raises SealError: `seal_too_large`,
    `seal_recipient_invalid` for nobody, too many, or a certificate that is not for RSA key encipherment.
    """
    if len(message) > MAXIMUM_MESSAGE:
        raise SealError("seal_too_large")
    if not 0 < len(recipients) <= MAXIMUM_RECIPIENTS:
        raise SealError("seal_recipient_invalid")
    inner = _signed(message, sender, (), now)
    sealed = _enveloped(inner, dict.fromkeys(recipients))
    return _signed(sealed, sender, [one for one in sender.chain if not self_issued(one)], now)


def _signed(content: bytes, sender: Sender, certificates: Sequence[x509.Certificate], now: datetime) -> bytes:
    moment = now.astimezone(UTC).replace(microsecond=0)
    attributes = cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": ["data"]}),
            cms.CMSAttribute({"type": "signing_time", "values": [cms.Time({"utc_time": moment})]}),
            cms.CMSAttribute({"type": "message_digest", "values": [hashlib.sha256(content).digest()]}),
        ]
    )
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), _SALT)
    info = {
        "version": "v1",
        "sid": cms.SignerIdentifier("issuer_and_serial_number", _identity(sender.chain[0])),
        "digest_algorithm": {"algorithm": "sha256"},
        "signed_attrs": attributes,
        "signature_algorithm": _PSS,
        "signature": sender.key.sign(attributes.dump(), scheme, hashes.SHA256()),
    }
    signed: dict[str, Any] = {
        "version": "v1",
        "digest_algorithms": [{"algorithm": "sha256"}],
        "encap_content_info": {"content_type": "data", "content": content},
        "signer_infos": [info],
    }
    if certificates:
        signed["certificates"] = [_asn1(one) for one in certificates]
    return _message("signed_data", cms.SignedData(signed))


def _enveloped(content: bytes, recipients: dict[x509.Certificate, None]) -> bytes:
    key, iv = secrets.token_bytes(_KEY), secrets.token_bytes(16)
    padder, encryptor = PKCS7(128).padder(), Cipher(AES(key), modes.CBC(iv)).encryptor()
    encrypted = encryptor.update(padder.update(content) + padder.finalize()) + encryptor.finalize()
    enveloped = cms.EnvelopedData(
        {
            "version": "v0",
            "recipient_infos": [_recipient(one, key) for one in recipients],
            "encrypted_content_info": {
                "content_type": "data",
                "content_encryption_algorithm": {"algorithm": "aes128_cbc", "parameters": iv},
                "encrypted_content": encrypted,
            },
        }
    )
    return _message("enveloped_data", enveloped)


def _recipient(certificate: x509.Certificate, content_key: bytes) -> Any:
    info = cms.KeyTransRecipientInfo(
        {
            "version": "v0",
            "rid": cms.RecipientIdentifier("issuer_and_serial_number", _identity(certificate)),
            "key_encryption_algorithm": {"algorithm": "rsaes_pkcs1v15", "parameters": core.Null()},
            "encrypted_key": _recipient_key(certificate).encrypt(content_key, padding.PKCS1v15()),
        }
    )
    return cms.RecipientInfo("ktri", info)


def _recipient_key(certificate: x509.Certificate) -> rsa.RSAPublicKey:
    try:
        key = certificate.public_key()
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        if isinstance(key, rsa.RSAPublicKey) and usage.key_encipherment:
            return key
    except UNREADABLE:
        pass
    raise SealError("seal_recipient_invalid")


def _identity(certificate: x509.Certificate) -> Any:
    own = _asn1(certificate)
    return cms.IssuerAndSerialNumber({"issuer": own.issuer, "serial_number": own.serial_number})


def _asn1(certificate: x509.Certificate) -> Any:
    return asn1.Certificate.load(certificate.public_bytes(Encoding.DER))


def _message(kind: str, content: Any) -> bytes:
    return bytes(cms.ContentInfo({"content_type": kind, "content": content}).dump())
