"""Opening: the sender's signature first, then one answer for whatever is wrong inside.

Only a message whose outer signature verifies is decrypted, and from there on every failure takes the same way to the
same code: a key that does not decrypt is replaced by a random one, padding that is wrong is left on, and the inner
message refuses. Who sends variations learns nothing from differences (Bleichenbacher; RFC 3218).
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from asn1crypto import algos
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.padding import PKCS7

from agent.errors import SealError
from agent.pkcs12 import Contents
from agent.sealing.limits import MAXIMUM_RECIPIENTS, MAXIMUM_SEALED
from agent.wire.errors import CmsInvalid
from agent.wire.pki.der import children, definite, octets, retagged
from agent.wire.pki.unreadable import UNREADABLE
from agent.wire.tokens.signed_data import SignedContent, content_of, read_signed_data

_AES: Final = {"aes128_cbc": 16, "aes192_cbc": 24, "aes256_cbc": 32}
_BLOCK: Final = 16
_ENVELOPED: Final = bytes.fromhex("06092a864886f70d010703")
_SIGNED: Final = bytes.fromhex("06092a864886f70d010702")


@dataclass(frozen=True)
class Opened:
    """A message, and whose signatures it bore. Whether those certificates are trusted is the caller's question.

    `sender` signed the outside, `author` the inside; `certificates` is the set of the outside. `serial` is that of the
    token it was opened with.
    """

    message: bytes
    sender: x509.Certificate
    author: x509.Certificate
    certificates: tuple[x509.Certificate, ...]
    serial: int


@dataclass(frozen=True)
class _Envelope:
    """What is needed to decrypt: the recipient's key, what was encrypted to it, and the content."""

    serial: int
    key: rsa.RSAPrivateKey
    encrypted_key: bytes
    key_size: int
    iv: bytes
    encrypted: bytes


def keys_by_serial(contents: Contents) -> dict[int, rsa.RSAPrivateKey]:
    """The encryption keys of a key store: those whose alias is a serial number in decimal, old ones too."""
    return {
        int(entry.alias): entry.key
        for entry in contents.keys
        if entry.alias.isascii() and entry.alias.isdigit() and isinstance(entry.key, rsa.RSAPrivateKey)
    }


def open_sealed(data: bytes, keys: Mapping[int, rsa.RSAPrivateKey]) -> Opened:
    """Open a sealed message, in DER or BER, with the key of one of its recipients, found by serial number.

    Raises SealError: `sealed_unreadable` (not such a message, or larger or more complex than one can be),
    `sealed_signature_invalid` (the outer signature), `sealed_not_for_us`, `sealed_unopenable` (anything after that).
    """
    try:
        outer = read_signed_data(data, limit=MAXIMUM_SEALED)
        envelope = _envelope(outer, keys)
    except CmsInvalid as error:
        wrong = error.code == "cms_signature_invalid"
        raise SealError("sealed_signature_invalid" if wrong else "sealed_unreadable") from None
    inner = _decrypted(envelope, outer)
    if inner is None:
        raise SealError("sealed_unopenable")
    return Opened(inner.content, outer.signer, inner.signer, outer.certificates, envelope.serial)


def _envelope(outer: SignedContent, keys: Mapping[int, rsa.RSAPrivateKey]) -> _Envelope:
    if outer.content_type not in ("data", "enveloped_data"):
        raise CmsInvalid("sealed as another type")
    der = _with_type(definite(outer.content, limit=MAXIMUM_SEALED), _ENVELOPED)
    try:
        return _read_envelope(content_of(der, "enveloped_data"), keys)
    except UNREADABLE:
        raise CmsInvalid("not EnvelopedData") from None


def _with_type(der: bytes, kind: bytes) -> bytes:
    """A ContentInfo, also where only its content stands, as RFC 5652 has it when the type is named outside."""
    start = 2 + (der[1] & 0x7F if der[1] & 0x80 else 0)
    bare = der[:1] == b"\x30" and der[start : start + 1] == b"\x02"
    return retagged(0x30, kind + retagged(0xA0, der)) if bare else der


def _read_envelope(enveloped: Any, keys: Mapping[int, rsa.RSAPrivateKey]) -> _Envelope:
    # EncryptedContentInfo (RFC 5652 6.1) by hand: the library does not take content in pieces.
    _, algorithm_der, content = children(enveloped["encrypted_content_info"].dump())
    algorithm = algos.EncryptionAlgorithm.load(algorithm_der, strict=True)
    size = _AES.get(str(algorithm["algorithm"].native))
    if size is None:
        raise CmsInvalid("another cipher than AES-CBC", code="cms_unsupported")
    iv, encrypted = bytes(algorithm["parameters"].native), octets(content)
    if len(iv) != _BLOCK or not encrypted or len(encrypted) % _BLOCK:
        raise CmsInvalid("no whole blocks")
    recipients = enveloped["recipient_infos"]
    if len(recipients) > MAXIMUM_RECIPIENTS:
        raise CmsInvalid("too many recipients", code="cms_too_complex")
    for recipient in recipients:
        if recipient.name != "ktri":
            continue
        info = recipient.chosen
        if info["rid"].name != "issuer_and_serial_number":
            continue
        serial = info["rid"].chosen["serial_number"].native
        name = str(info["key_encryption_algorithm"]["algorithm"].native)
        if serial in keys and name == "rsaes_pkcs1v15":
            return _Envelope(serial, keys[serial], bytes(info["encrypted_key"]), size, iv, encrypted)
    raise SealError("sealed_not_for_us")


def _decrypted(envelope: _Envelope, outer: SignedContent) -> SignedContent | None:
    """The inner message, None when anything at all is wrong."""
    try:
        opened = envelope.key.decrypt(envelope.encrypted_key, padding.PKCS1v15())
    except ValueError:
        opened = b""
    instead = secrets.token_bytes(envelope.key_size)
    content_key = opened if len(opened) == envelope.key_size else instead
    decryptor = Cipher(AES(content_key), modes.CBC(envelope.iv)).decryptor()
    plain = decryptor.update(envelope.encrypted) + decryptor.finalize()
    unpadder = PKCS7(8 * _BLOCK).unpadder()
    padded = True
    try:
        plain = unpadder.update(plain) + unpadder.finalize()
    except ValueError:
        padded = False
    try:
        der = _with_type(definite(plain, limit=MAXIMUM_SEALED), _SIGNED)
        inner = read_signed_data(der, limit=MAXIMUM_SEALED, others=outer.certificates)
    except CmsInvalid:
        return None
    return inner if padded and inner.content_type == "data" else None
