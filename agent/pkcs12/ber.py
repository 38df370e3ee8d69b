"""From BER to DER (X.690 8 and 10), without recursion and before any parser touches the bytes.

BouncyCastle writes key stores with indefinite lengths and with strings in pieces, and the platform's official
application is built on it. DER goes in too, and comes out as it is, its lengths in their shortest form.

Not `agent.wire.pki.der.definite`, although the shape is the same: that one leaves every byte alone that was definite
already, since it may be signed, and so cannot join the pieces of an encryptedContent, whose type only this one knows.
"""

from dataclasses import dataclass, field
from typing import Final

from agent.errors import StoreError
from agent.pkcs12.limits import MAXIMUM_BYTES, MAXIMUM_DEPTH, MAXIMUM_ELEMENTS
from agent.wire.errors import CmsInvalid
from agent.wire.pki.der import header, length_octets

_OBJECT, _SEQUENCE, _OCTETS, _OCTETS_IN_PIECES = 0x06, 0x30, 0x04, 0x24
_SEQUENCE_OR_SET: Final = (0x30, 0x31)
_ENCRYPTED_CONTENT: Final = [_OBJECT, _SEQUENCE]
"""What stands before encryptedContent in an EncryptedContentInfo (RFC 5652 6.1), and before no other [0]."""


@dataclass
class _Element:
    """A constructed element that is being read; `end` is None for one of indefinite length."""

    tag: int
    end: int | None
    limit: int
    in_pieces: bool = False
    first: list[int] = field(default_factory=list)
    made: list[bytes] = field(default_factory=list)

    def add(self, tag: int, content: bytes) -> None:
        """Take up a finished element. In a string in pieces only its contents count."""
        if len(self.first) < 3:
            self.first.append(tag)
        if not self.in_pieces:
            self.made.append(bytes([tag]) + length_octets(len(content)))
        self.made.append(content)


def as_der(data: bytes) -> bytes:
    """The same value in definite lengths, octet strings in one piece.

    Raises StoreError: `store_too_large`, `store_too_complex` (nesting, number of elements), `store_not_der`
    (other strings in pieces, which nobody writes), `store_unreadable` (truncated, trailing bytes).
    """
    if len(data) > MAXIMUM_BYTES:
        raise StoreError("store_too_large")
    position, elements = 0, 0
    whole = _Element(0, len(data), len(data))
    open_elements = [whole]
    while True:
        current = open_elements[-1]
        if current.end is not None and position == current.end:
            if current is whole:
                break
            _close(open_elements)
            continue
        if current is whole and elements:
            raise StoreError("store_unreadable")  # something follows the one outer element
        elements += 1
        if elements > MAXIMUM_ELEMENTS or len(open_elements) > MAXIMUM_DEPTH:
            raise StoreError("store_too_complex")
        tag, start, end = _header(data, position, current.limit)
        if tag == 0:  # end of contents (X.690 8.1.5)
            if current.end is not None or end != start:
                raise StoreError("store_unreadable")
            _close(open_elements)
            position = start
        elif tag & 0x20:
            open_elements.append(_opened(current, tag, end))
            position = start
        elif end is None or (current.in_pieces and tag != _OCTETS):
            raise StoreError("store_unreadable")
        else:
            current.add(tag, data[start:end])
            position = end
    if not elements:
        raise StoreError("store_unreadable")
    return b"".join(whole.made)


def _opened(around: _Element, tag: int, end: int | None) -> _Element:
    limit = around.limit if end is None else end
    if tag == _OCTETS_IN_PIECES:
        return _Element(_OCTETS, end, limit, in_pieces=True)
    if around.in_pieces:
        raise StoreError("store_unreadable")
    if tag == 0xA0 and around.tag == _SEQUENCE and around.first == _ENCRYPTED_CONTENT:
        return _Element(0x80, end, limit, in_pieces=True)
    if tag & 0xC0 == 0 and tag not in _SEQUENCE_OR_SET:
        raise StoreError("store_not_der")
    return _Element(tag, end, limit)


def _close(open_elements: list[_Element]) -> None:
    done = open_elements.pop()
    open_elements[-1].add(done.tag, b"".join(done.made))


def _header(data: bytes, position: int, limit: int) -> tuple[int, int, int | None]:
    """Tag, start and end of the contents of the element at `position`; no end when its length is indefinite."""
    try:
        return header(data, position, limit)
    except CmsInvalid as error:
        raise StoreError("store_unreadable") from error
