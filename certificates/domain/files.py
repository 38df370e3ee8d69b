"""Finding the certificates in an uploaded file: PEM (one or many), DER, PKCS#7. No private key is ever read.

Bounds: a file of at most 1 MiB, at most 500 certificates, so that hostile files cost little.
"""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

MAX_FILE_BYTES = 1024 * 1024
MAX_CERTIFICATES = 500
PEM_MARKER = re.compile(rb"-----(BEGIN|END) ([A-Z0-9 ]{1,40})-----")
UNREADABLE = (ValueError, UnsupportedAlgorithm, x509.InvalidVersion)
"""What cryptography raises for bytes that are no certificate."""
KEY_STORES = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")
"""How Java key stores begin: JKS and JCEKS."""


@dataclass(frozen=True)
class FileContent:
    """The certificates (DER) of one file; `problem` is a stable code when there is something to say.

    Codes: empty, too_large, too_many, private_key (the file holds one; nothing of it was kept), unreadable,
    nothing_found.
    """

    certificates: tuple[bytes, ...] = ()
    problem: str = ""


def read_file(content: bytes) -> FileContent:
    """Return every certificate in `content`; never raises."""
    if not content.strip():
        return FileContent(problem="empty")
    if len(content) > MAX_FILE_BYTES:
        return FileContent(problem="too_large")
    if b"-----BEGIN " in content:
        return _read_pem(content)
    for read in (_read_one, _read_pkcs7):
        found = read(content)
        if found:
            return _bounded(found)
    return FileContent(problem="private_key" if _looks_like_key_store(content) else "unreadable")


def _bounded(found: list[bytes], problem: str = "") -> FileContent:
    if len(found) > MAX_CERTIFICATES:
        return FileContent(problem="too_many")
    return FileContent(tuple(dict.fromkeys(found)), problem)


def _blocks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield label and body of each PEM block in one pass, however many beginnings have no end."""
    label, start = b"", 0
    for marker in PEM_MARKER.finditer(content):
        if marker[1] == b"BEGIN":
            label, start = marker[2], marker.end()
        elif label and marker[2] == label:
            yield label, content[start : marker.start()].lstrip()
            label = b""


def _read_pem(content: bytes) -> FileContent:
    found: list[bytes] = []
    problem = ""
    for label, body in _blocks(content):
        block = b"-----BEGIN " + label + b"-----\n" + body + b"-----END " + label + b"-----\n"
        try:
            if label in {b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE"}:
                certificate = x509.load_pem_x509_certificate(block.replace(label, b"CERTIFICATE"))
                found.append(certificate.public_bytes(Encoding.DER))
            elif label in {b"PKCS7", b"CMS"}:
                bundle = pkcs7.load_pem_pkcs7_certificates(block.replace(label, b"PKCS7"))
                found += [one.public_bytes(Encoding.DER) for one in bundle]
            elif b"PRIVATE KEY" in label:
                problem = "private_key"
        except UNREADABLE:
            problem = problem or "unreadable"
        if len(found) > MAX_CERTIFICATES:
            break
    return _bounded(found, problem or ("" if found else "nothing_found"))


def _read_one(content: bytes) -> list[bytes]:
    try:
        return [x509.load_der_x509_certificate(content).public_bytes(Encoding.DER)]
    except UNREADABLE:
        return []


def _read_pkcs7(content: bytes) -> list[bytes]:
    try:
        with warnings.catch_warnings():
            # Old tools write BER; the library reads it with a warning that says nothing to the person uploading.
            warnings.simplefilter("ignore")
            return [one.public_bytes(Encoding.DER) for one in pkcs7.load_der_pkcs7_certificates(content)]
    except UNREADABLE:
        return []


def _looks_like_key_store(content: bytes) -> bool:
    """Tell a key store or a bare private key by its first bytes.

    A PKCS#12 begins with SEQUENCE { INTEGER 3 …; a private key with SEQUENCE { INTEGER 0 … (PKCS#1, PKCS#8) or
    SEQUENCE { INTEGER 1, OCTET STRING … (SEC 1).
    """
    if content.startswith(KEY_STORES):
        return True
    versions = (b"\x02\x01\x03", b"\x02\x01\x00", b"\x02\x01\x01\x04")
    return content[:1] == b"\x30" and any(version in content[:9] for version in versions)
