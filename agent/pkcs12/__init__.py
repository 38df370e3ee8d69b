"""PKCS#12 (RFC 7292) with several keys: read what other software writes, write what other software opens."""

from agent.pkcs12.entries import CertificateEntry, Contents, KeyEntry, PrivateKey, Protection
from agent.pkcs12.limits import MAXIMUM_BYTES
from agent.pkcs12.reader import read
from agent.pkcs12.writer import write

__all__ = [
    "MAXIMUM_BYTES",
    "CertificateEntry",
    "Contents",
    "KeyEntry",
    "PrivateKey",
    "Protection",
    "read",
    "write",
]
