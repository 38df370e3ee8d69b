"""Writes a key store with any number of keys."""

from collections.abc import Sequence
from typing import Any

from asn1crypto import cms, core, keys, pkcs12
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from agent.errors import StoreError
from agent.pkcs12.entries import Contents, Protection
from agent.pkcs12.limits import MAXIMUM_ENTRIES, MAXIMUM_KEYS, Work
from agent.pkcs12.protection import Opener


def write(contents: Contents, password: str, protection: Protection) -> bytes:
    """A PKCS#12 file (RFC 7292), DER: encrypted certificates, then shrouded keys, then the MAC.

    modern: PBES2 with AES-256-CBC, PBKDF2-HMAC-SHA256, and a SHA-256 MAC. legacy: 3DES with a SHA-1 MAC. Keys
    and certificates find one another by localKeyID. Keys that have a password of their own keep it. Raises StoreError
    `store_foreign_entries` for contents that were not understood whole, `store_too_complex` for more than `read`
    would take.
    """
    if contents.foreign:
        raise StoreError("store_foreign_entries")
    if len(contents.keys) > MAXIMUM_KEYS:
        raise StoreError("store_too_complex")
    opener = Opener(password, Work())
    key_opener = opener if contents.key_password is None else Opener(contents.key_password, opener.work)
    shrouded, certificates = [], []
    for number, entry in enumerate(contents.keys, 1):
        local_id = number.to_bytes(4, "big")
        encoded = entry.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        algorithm, encrypted = key_opener.encrypt(protection, encoded)
        value = keys.EncryptedPrivateKeyInfo({"encryption_algorithm": algorithm, "encrypted_data": encrypted})
        shrouded.append(_bag("pkcs8_shrouded_key_bag", value, entry.alias, local_id, entry.attributes))
        if entry.certificate is not None:
            certificates.append(
                _certificate_bag(entry.certificate, entry.alias, local_id, entry.certificate_attributes)
            )
    for other in contents.certificates:
        certificates.append(_certificate_bag(other.certificate, other.alias, None, other.attributes))
    if len(shrouded) + len(certificates) > MAXIMUM_ENTRIES:
        raise StoreError("store_too_complex")
    parts = [_encrypted(certificates, opener, protection)] if certificates else []
    parts.append(_data(pkcs12.SafeContents(shrouded).dump()))
    safe = bytes(pkcs12.AuthenticatedSafe(parts).dump())
    mac = opener.make_mac(protection, safe)
    return bytes(pkcs12.Pfx({"version": "v3", "auth_safe": _data(safe), "mac_data": mac}).dump())


def _data(content: bytes) -> Any:
    return cms.ContentInfo({"content_type": "data", "content": core.OctetString(content)})


def _encrypted(bags: Sequence[Any], opener: Opener, protection: Protection) -> Any:
    algorithm, encrypted = opener.encrypt(protection, bytes(pkcs12.SafeContents(bags).dump()))
    info = {
        "content_type": "data",
        "content_encryption_algorithm": algorithm,
        "encrypted_content": encrypted,
    }
    content = cms.EncryptedData({"version": "v0", "encrypted_content_info": info})
    return cms.ContentInfo({"content_type": "encrypted_data", "content": content})


def _certificate_bag(
    certificate: x509.Certificate, alias: str, local_id: bytes | None, attributes: Sequence[bytes]
) -> Any:
    encoded = core.ParsableOctetString(certificate.public_bytes(Encoding.DER))
    value = pkcs12.CertBag({"cert_id": "x509", "cert_value": encoded})
    return _bag("cert_bag", value, alias, local_id, attributes)


def _bag(kind: str, value: Any, alias: str, local_id: bytes | None, others: Sequence[bytes]) -> Any:
    attributes = [pkcs12.Attribute.load(other) for other in others]
    if alias:
        attributes.append(pkcs12.Attribute({"type": "friendly_name", "values": [alias]}))
    if local_id is not None:
        attributes.append(pkcs12.Attribute({"type": "local_key_id", "values": [local_id]}))
    bag = {"bag_id": kind, "bag_value": value}
    if attributes:
        bag["bag_attributes"] = pkcs12.Attributes(attributes)
    return pkcs12.SafeBag(bag)
