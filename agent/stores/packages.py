"""Which protection the software of hospitals opens: what `export` chooses a format by.

An entry has its explanation under `package.<code>` in the catalogues. Legacy is only where it is needed: 3DES
and SHA-1 protect a stolen file worse.
"""

from dataclasses import dataclass
from typing import Final

from agent.pending import StoreFormat


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
    SoftwareKind("other", "modern"),
)
CODES: Final = tuple(kind.code for kind in KINDS)


def kind_of(code: str) -> SoftwareKind:
    """Return the kind of software with this code. Raises KeyError."""
    return {kind.code: kind for kind in KINDS}[code]
