"""Answers in several parts (SOAP with attachments, MTOM): the root part, with what it refers to put back into it.

Gateways answer `multipart/related` also where there is no attachment (RFC 2387). What cannot be read is named as what
it is; everything is bounded by the size of the answer, which was bounded before.
"""

import base64
import binascii
import quopri
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from urllib.parse import unquote

from lxml import etree

from agent.wire.errors import WireError
from agent.wire.xml.safe import parse_answer
from certificates.certra.errors import OutcomeUnknown
from certificates.certra.transport.http import MAX_ANSWER_BYTES

MOST_PARTS = 50
INCLUDE = "{http://www.w3.org/2004/08/xop/include}Include"
UNREADABLE = "an answer in several parts that cannot be read"


@dataclass(frozen=True)
class Part:
    """One part: its headers in lower case, and its content decoded."""

    headers: Mapping[str, str]
    content: bytes

    @property
    def id(self) -> str:
        """The Content-ID without its brackets."""
        return self.headers.get("content-id", "").strip().strip("<>")


def whole_answer(content: bytes, content_type: str) -> bytes:
    """Return the XML of an answer: its content as it came, or the root part where it has several.

    Raises OutcomeUnknown for several parts of which no root can be read: who knows what they would have told.
    """
    header = Message()
    header["Content-Type"] = content_type or "text/xml"
    if header.get_content_maintype() != "multipart":
        return content
    boundary = str(header.get_param("boundary") or "")
    parts = _parts(content, boundary.encode("ascii", "replace")) if boundary else []
    start = str(header.get_param("start") or "").strip("<>")
    root = next((part for part in parts if part.id == start), None) if start else next(iter(parts), None)
    if header.get_content_subtype() != "related" or root is None:
        raise OutcomeUnknown(summary=UNREADABLE)
    return _put_together(root, {part.id: part.content for part in parts if part.id and part is not root})


def _parts(content: bytes, boundary: bytes) -> list[Part]:
    """Return the parts between the boundaries (RFC 2046 5.1.1); none where the last boundary is missing."""
    pieces = (b"\r\n" + content.replace(b"\r\n--" + boundary, b"\n--" + boundary)).split(b"\n--" + boundary)
    if len(pieces) < 3 or len(pieces) > MOST_PARTS + 2 or not pieces[-1].startswith(b"--"):
        return []
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> Part:
    piece = piece.lstrip(b" \t")  # a boundary may be followed by blanks
    for gap in (b"\r\n\r\n", b"\n\n"):
        head, found, body = piece.partition(gap)
        if found:
            break
    headers: dict[str, str] = {}
    for line in head.decode("latin-1").replace("\r\n ", " ").replace("\r\n\t", " ").splitlines():
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    return Part(headers, _decoded(body, headers.get("content-transfer-encoding", "binary").lower()))


def _decoded(body: bytes, how: str) -> bytes:
    if how == "base64":
        try:
            return base64.b64decode(b"".join(body.split()), validate=True)
        except (binascii.Error, ValueError):
            raise OutcomeUnknown(summary=UNREADABLE) from None
    return quopri.decodestring(body) if how == "quoted-printable" else body


def _put_together(root: Part, others: Mapping[str, bytes]) -> bytes:
    """Put the content of other parts where the root includes them (XOP 3.2); an answer without any stays as it is."""
    if INCLUDE.rpartition("}")[2].encode() not in root.content:
        return root.content
    try:
        envelope = parse_answer(root.content, limit=MAX_ANSWER_BYTES)
    except WireError:
        return root.content  # judged by whoever reads it
    room = MAX_ANSWER_BYTES
    for include in list(envelope.iter(INCLUDE)):
        parent, named = include.getparent(), unquote(include.get("href", "").removeprefix("cid:"))
        found = others.get(named)
        if parent is None or found is None or len(parent) != 1:
            raise OutcomeUnknown(summary=UNREADABLE)
        room -= len(found)
        if room < 0:
            raise OutcomeUnknown(summary="the answer is too large")
        parent.remove(include)
        parent.text = base64.b64encode(found).decode()
    return etree.tostring(envelope, encoding="UTF-8")
