"""Which protection the software of hospitals opens: what a new key store's format, and a copy's, is chosen by.

Modern is PBES2 with AES-256 and a SHA-256 MAC; legacy is 3DES with a SHA-1 MAC, which opens everywhere and protects a
stolen file worse. An administrator chooses the software once; a workstation gets the format.
"""

from dataclasses import dataclass
from typing import Final, Literal

StoreFormat = Literal["modern", "legacy"]
SAFE_FORMAT: Final[StoreFormat] = "legacy"
"""Where nobody has said what loads the store: connector 4.0.2 opens nothing else, and everything opens this."""


@dataclass(frozen=True)
class SoftwareKind:
    """A kind of software that loads key stores, and the format that it opens."""

    code: str
    store_format: StoreFormat


KINDS: Final = (
    SoftwareKind("connector-4", "legacy"),  # BouncyCastle 1.55
    SoftwareKind("certificate-manager", "legacy"),  # the platform's own application: Java 8, BouncyCastle
    SoftwareKind("java-old", "legacy"),  # PBES2 came with 8u301 and 11.0.12
    SoftwareKind("java", "modern"),
    SoftwareKind("openssl", "modern"),  # 1.1 and later: web servers, connectors in C, PHP or Python
    SoftwareKind("windows-old", "legacy"),  # AES-256 came with Windows 10 1709 and Server 2019
    SoftwareKind("windows", "modern"),
    SoftwareKind("macos", "legacy"),  # its keychain refuses PBES2 with a SHA-256 MAC
    SoftwareKind("other", SAFE_FORMAT),
)
DEFAULT: Final = "connector-4"
"""What is taken to load a store until an administrator says otherwise."""
CODES: Final = tuple(kind.code for kind in KINDS)


def kind_of(code: str) -> SoftwareKind:
    """Return the kind of software with this code. Raises KeyError."""
    return {kind.code: kind for kind in KINDS}[code]
