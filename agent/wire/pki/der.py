"""A first look at ASN.1 (X.690) that somebody else wrote, without recursion and before any parser touches it.

CMS may come in BER: indefinite lengths, strings in pieces. Java software writes it so. `definite` gives back the same
message with definite lengths and whole strings, and leaves every byte alone of what was definite already: what is
signed inside stays as it was signed.
"""

from dataclasses import dataclass, field

from agent.wire.errors import CmsInvalid
from agent.wire.limits import MAX_CMS_DEPTH, MAX_CMS_ELEMENTS

_SEQUENCE, _SET, _OCTETS, _OCTETS_IN_PIECES = 0x30, 0x31, 0x04, 0x24
_END_OF_CONTENTS = b"\0\0"


@dataclass
class _Open:
    """A constructed element that is being read; `end` is None while its length is indefinite."""

    tag: int
    at: int
    content: int
    end: int | None
    limit: int
    changed: bool
    pieces: list[memoryview] = field(default_factory=list)
    headers: list[int] = field(default_factory=list)


def definite(
    data: bytes, *, limit: int, depth: int = MAX_CMS_DEPTH, elements: int = MAX_CMS_ELEMENTS
) -> bytes:
    """The one element that `data` is, in definite form.

    Raises CmsInvalid: `cms_too_large` (more than `limit` bytes), `cms_too_complex` (nesting, number of elements),
    `cms_malformed` (truncated, something behind the end, tags that no CMS message holds).
    """
    if len(data) > limit:
        raise CmsInvalid(f"more than {limit} bytes", code="cms_too_large")
    view = memoryview(data)
    outer = _Open(0, 0, 0, len(data), len(data), changed=False)
    stack, position, count = [outer], 0, 0
    while True:
        top = stack[-1]
        if top.end is None and view[position : position + 2] == _END_OF_CONTENTS:
            if position + 2 > top.limit:
                raise CmsInvalid("an element ends outside another")
            position += 2
            _close(view, stack, position)
            continue
        if position == top.end:
            if len(stack) == 1:
                break
            _close(view, stack, position)
            continue
        if len(stack) == 1 and count:
            raise CmsInvalid("something follows the message")
        count += 1
        if count > elements or len(stack) > depth:
            raise CmsInvalid("too many elements, or nested too deeply", code="cms_too_complex")
        tag, content, end = header(data, position, top.limit)
        if tag & 0x20:
            if tag < 0x40 and tag not in (_SEQUENCE, _SET, _OCTETS_IN_PIECES):
                raise CmsInvalid("an element in pieces that never is")
            limit_inside = top.limit if end is None else end
            changed = end is None or tag == _OCTETS_IN_PIECES
            stack.append(_Open(tag, position, content, end, limit_inside, changed))
            position = content
        else:
            if end is None or tag == 0:
                raise CmsInvalid("an end without a beginning")
            top.pieces.append(view[position:end])
            top.headers.append(content - position)
            position = end
    if not count:
        raise CmsInvalid("nothing")
    return bytes(outer.pieces[0]) if outer.changed else data


def header(data: bytes, position: int, limit: int) -> tuple[int, int, int | None]:
    """Tag, start of the contents and their end, None for an indefinite length. Raises CmsInvalid.

    `limit` is where the element around the one at `position` ends. No message or key store has tag numbers above 30.
    """
    if position + 2 > limit:
        raise CmsInvalid("truncated")
    tag, length = data[position], data[position + 1]
    content = position + 2
    if tag & 0x1F == 0x1F:
        raise CmsInvalid("a tag number above 30")
    if length == 0x80:
        return tag, content, None
    if length > 0x80:
        size = length - 0x80
        if size > 4 or content + size > limit:
            raise CmsInvalid("a length beyond the end")
        length = int.from_bytes(data[content : content + size], "big")
        content += size
    if content + length > limit:
        raise CmsInvalid("a length beyond the end")
    return tag, content, content + length


def _close(view: memoryview, stack: list[_Open], position: int) -> None:
    """Hand a finished element to the one around it: as it stood, or written anew."""
    done = stack.pop()
    around = stack[-1]
    if not done.changed:
        around.pieces.append(view[done.at : position])
        around.headers.append(done.content - done.at)
        return
    tag, pieces = done.tag, done.pieces
    if tag == _OCTETS_IN_PIECES:
        if any(piece[0] != _OCTETS for piece in pieces):
            raise CmsInvalid("a string with a piece that is none")
        tag = _OCTETS
        pieces = [piece[before:] for piece, before in zip(pieces, done.headers, strict=True)]
    beginning = bytes([tag]) + length_octets(sum(len(piece) for piece in pieces))
    around.pieces.append(memoryview(b"".join([beginning, *pieces])))
    around.headers.append(len(beginning))
    around.changed = True


def children(element: bytes) -> list[bytes]:
    """The elements inside a constructed element in definite form. Raises CmsInvalid."""
    tag, position, end = header(element, 0, len(element))
    if end != len(element) or not tag & 0x20:
        raise CmsInvalid("not one constructed element")
    found = []
    while position < end:
        _, _, stop = header(element, position, end)
        if stop is None:
            raise CmsInvalid("an indefinite length")
        found.append(element[position:stop])
        position = stop
    return found


def octets(element: bytes) -> bytes:
    """The value of an implicitly tagged OCTET STRING in definite form, whole or in pieces. Raises CmsInvalid.

    `definite` cannot join these pieces: only who knows the type knows that they are some.
    """
    tag, content, end = header(element, 0, len(element))
    if end != len(element):
        raise CmsInvalid("not one element")
    if not tag & 0x20:
        return element[content:]
    pieces = children(element)
    if any(piece[0] != _OCTETS for piece in pieces):
        raise CmsInvalid("a string with a piece that is none")
    return b"".join(octets(piece) for piece in pieces)


def length_octets(size: int) -> bytes:
    """A length in its shortest form (X.690 8.1.3)."""
    if size < 0x80:
        return bytes([size])
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 + len(digits)]) + digits


def retagged(tag: int, contents: bytes) -> bytes:
    """An element with these contents."""
    return bytes([tag]) + length_octets(len(contents)) + contents
