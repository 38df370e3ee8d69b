"""Finding the certificates in an uploaded file: PEM (one or many), DER, PKCS#7. No private key is ever read.

Bounds: a file of at most 1 MiB, at most 500 certificates, so that hostile files cost little.
"""

import re
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

MAX_FILE_BYTES = 1024 * 1024
MAX_CERTIFICATES = 500
PEM_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----\s+(.*?)-----END \1-----", re.DOTALL)


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


def _read_pem(content: bytes) -> FileContent:
    found: list[bytes] = []
    problem = ""
    for label, body in PEM_BLOCK.findall(content):
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
        except (ValueError, UnsupportedAlgorithm):
            problem = problem or "unreadable"
        if len(found) > MAX_CERTIFICATES:
            break
    return _bounded(found, problem or ("" if found else "nothing_found"))


def _read_one(content: bytes) -> list[bytes]:
    try:
        return [x509.load_der_x509_certificate(content).public_bytes(Encoding.DER)]
    except (ValueError, UnsupportedAlgorithm):
        return []


def _read_pkcs7(content: bytes) -> list[bytes]:
    try:
        return [one.public_bytes(Encoding.DER) for one in pkcs7.load_der_pkcs7_certificates(content)]
    except (ValueError, UnsupportedAlgorithm):
        return []


def _looks_like_key_store(content: bytes) -> bool:
    """A PKCS#12 begins with SEQUENCE { INTEGER 3 …; a Java key store with 0xFEEDFEED."""
    return content[:4] == b"\xfe\xed\xfe\xed" or (content[:1] == b"\x30" and b"\x02\x01\x03" in content[:8])
