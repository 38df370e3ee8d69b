"""Finding the certificates in some bytes: whatever people upload, pick up from a portal, or have in a file.

PEM in any encoding and under any label, DER with or without something behind it, PKCS#7 in DER or BER, several of these
in a row, and base64 without markers, on one line, folded, or inside JSON or XML. No private key is ever read. Every
step is bounded, so that hostile bytes cost little.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from agent.wire.errors import CmsInvalid
from agent.wire.pki.reading.containers import certificates_in_der, key_store_problem

MAX_FOUND: Final = 500
"""Certificates in one file."""
_MARKER = re.compile(rb"-----(BEGIN|END) ([A-Z0-9 #./_-]{1,40}?)-----")
_CERTIFICATES = (b"CERTIFICATE", b"PKCS7", b"PKCS #7", b"CMS")
"""Labels that promise a certificate contain one of these …"""
_OTHERS = (b"REQUEST", b"REVOCATION")
"""… and none of these."""
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_BARE = re.compile(rb"(?<![A-Za-z0-9+/_-])MI[A-L][A-Za-z0-9+/_\s-]{80,}={0,2}")
"""A SEQUENCE of more than 127 bytes, as every certificate and container is, in base64."""
_BYTE_ORDERS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_LETTERS: Final = 200
_READINGS: Final = 8
"""How often the whole file may be decoded in search of base64 without markers."""


@dataclass(frozen=True)
class FileContent:
    """The certificates (DER) of one file, each once; `problem` is a stable code when there is something to say.

    Codes: empty, too_large, too_many, private_key (it holds one; nothing of it was kept), trust_store (of Java),
    unreadable, nothing_found.
    """

    certificates: tuple[bytes, ...] = ()
    problem: str = ""


def find_certificates(content: bytes, *, limit: int) -> FileContent:
    """Return every certificate in `content`, of at most `limit` bytes; never raises."""
    if not content.strip():
        return FileContent(problem="empty")
    if len(content) > limit:
        return FileContent(problem="too_large")
    store = key_store_problem(content)
    if store:
        return FileContent(problem=store)
    found = _in_binary(content)
    if found:
        return _bounded(found)
    text = _as_bytes_of_text(content)
    if b"-----BEGIN " in text:
        return _in_pem(text)
    found, problem = _in_bare_base64(text)
    return _bounded(found, problem or ("" if found else "unreadable"))


def _bounded(found: list[bytes], problem: str = "") -> FileContent:
    if len(found) > MAX_FOUND:
        return FileContent(problem="too_many")
    return FileContent(tuple(dict.fromkeys(found)), problem)


def _in_binary(content: bytes) -> list[bytes]:
    try:
        return certificates_in_der(content, most=MAX_FOUND + 1)
    except (ValueError, CmsInvalid):
        return []


def _as_bytes_of_text(content: bytes) -> bytes:
    """The text in ASCII-compatible bytes: UTF-16 is recoded, and what JSON writes for line ends becomes such."""
    encoding = _encoding_of(content)
    if encoding:
        content = content.decode(encoding, "replace").encode("ascii", "replace").replace(b"?", b" ")
    return content.replace(b"\\r", b"").replace(b"\\n", b"\n").replace(b"\\/", b"/")


def _encoding_of(content: bytes) -> str:
    """Tell UTF-16 by its byte order mark, or by the zeros that stand beside each letter."""
    for mark, encoding in _BYTE_ORDERS:
        if content.startswith(mark):
            return encoding
    head = content[: 2 * _LETTERS]
    for zeros, encoding in ((head[1::2], "utf-16-le"), (head[0::2], "utf-16-be")):
        if 2 * zeros.count(0) > len(zeros):
            return encoding
    return ""


def _blocks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield label and body of each PEM block in one pass, however many beginnings have no end."""
    label, start = b"", 0
    for marker in _MARKER.finditer(content):
        if marker[1] == b"BEGIN":
            label, start = marker[2], marker.end()
        elif label and marker[2] == label:
            yield label, content[start : marker.start()]
            label = b""


def _in_pem(content: bytes) -> FileContent:
    found: list[bytes] = []
    problem = ""
    for label, body in _blocks(content):
        if b"PRIVATE KEY" in label:
            problem = "private_key"
            continue
        promised = any(word in label for word in _CERTIFICATES) and not any(word in label for word in _OTHERS)
        inside = _in_binary(_decoded(body))
        found += inside
        if promised and not inside:
            problem = problem or "unreadable"
        if len(found) > MAX_FOUND:
            break
    return _bounded(found, problem or ("" if found else "nothing_found"))


def _decoded(body: bytes) -> bytes:
    """Base64 as old and hurried programs write it: header lines, odd spaces and missing padding do not matter."""
    if b":" in body:
        body = b"\n".join(line for line in body.splitlines() if b":" not in line)
    text = _NOT_BASE64.sub(b"", body.replace(b"-", b"+").replace(b"_", b"/"))
    text = text[: len(text) - (len(text) % 4 == 1)]
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        return b""


def _in_bare_base64(content: bytes) -> tuple[list[bytes], str]:
    """Look for base64 that begins as a certificate or container does; all tries together are bounded."""
    found: list[bytes] = []
    problem, position, budget = "", 0, _READINGS * len(content)
    while budget > 0 and len(found) <= MAX_FOUND:
        run = _BARE.search(content, position)
        if run is None:
            break
        budget -= len(run[0])
        data = _decoded(run[0])
        problem = problem or key_store_problem(data)
        inside = _in_binary(data)
        found += inside
        # Where nothing was found, another one may stand on the next line.
        line_end = -1 if inside else content.find(b"\n", run.start(), run.end())
        position = run.end() if line_end < 0 else line_end
    return found, problem
