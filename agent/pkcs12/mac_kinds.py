"""The names of protections, new ones among them, and the MAC of RFC 9579."""

import re
from typing import Any, Final

from asn1crypto import algos, core

from agent.errors import StoreError
from agent.pkcs12.derivation import HASHES

_NAMES: Final = {
    "1.2.840.113549.1.5.14": "pbmac1",
    "1.3.6.1.4.1.11591.4.11": "scrypt",
    "2.16.840.1.101.3.4.2.7": "SHA3-224",
    "2.16.840.1.101.3.4.2.8": "SHA3-256",
    "2.16.840.1.101.3.4.2.9": "SHA3-384",
    "2.16.840.1.101.3.4.2.10": "SHA3-512",
    "2.16.840.1.101.3.4.2.13": "HMAC-SHA3-224",
    "2.16.840.1.101.3.4.2.14": "HMAC-SHA3-256",
    "2.16.840.1.101.3.4.2.15": "HMAC-SHA3-384",
    "2.16.840.1.101.3.4.2.16": "HMAC-SHA3-512",
    "1.2.643.7.1.1.2.2": "GOST R 34.11-2012 (256)",
    "1.2.643.7.1.1.2.3": "GOST R 34.11-2012 (512)",
    "1.2.156.10197.1.401": "SM3",
    "2.16.840.1.101.3.4.1.6": "AES-128-GCM",
    "2.16.840.1.101.3.4.1.26": "AES-192-GCM",
    "2.16.840.1.101.3.4.1.46": "AES-256-GCM",
}
"""What has no name in our reader of ASN.1, by object identifier."""


class _Pbmac1(core.Sequence):  # type: ignore[misc]  # asn1crypto has no types
    """PBMAC1-params (RFC 8018 A.5)."""

    _fields = [
        ("key_derivation_func", algos.KdfAlgorithm),
        ("message_auth_scheme", algos.HmacAlgorithm),
    ]


def name_of(identifier: Any) -> str:
    """What an algorithm is called; its object identifier where nobody here knows a name."""
    name = str(identifier.native)
    return _NAMES.get(name, re.sub(r"\Asha3_", "SHA3-", name))


def hash_of_hmac(identifier: Any) -> str:
    """The hash inside an HMAC. Raises StoreError `store_protection_unknown`."""
    name = name_of(identifier)
    if name not in HASHES:
        raise StoreError("store_protection_unknown", algorithm=f"PBMAC1, {name}")
    return name


def read_pbmac1(parameters: Any) -> tuple[Any, str, int]:
    """PBKDF2's settings, the hash of the MAC, and the length of its key, which must be told (RFC 9579 4).

    Raises StoreError `store_protection_unknown` for another derivation or MAC; ValueError for what is malformed.
    """
    read = _Pbmac1.load(parameters.dump(), strict=True)
    derivation = read["key_derivation_func"]
    kdf = name_of(derivation["algorithm"])
    if kdf != "pbkdf2":
        raise StoreError("store_protection_unknown", algorithm=f"PBMAC1, {kdf}")
    scheme = hash_of_hmac(read["message_auth_scheme"]["algorithm"])
    size = derivation["parameters"]["key_length"].native
    if not isinstance(size, int) or not 16 <= size <= 64:
        raise ValueError("the key length is not a MAC's")
    return derivation["parameters"], scheme, size
