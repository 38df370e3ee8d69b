"""How much a key store may cost before it is opened: bytes, nesting, entries, rounds of key derivation.

A real store with thirty years of encryption keys stays far below each of them.
"""

from typing import Final

from agent.errors import StoreError

MAXIMUM_BYTES: Final = 1_048_576
MAXIMUM_DEPTH: Final = 20
MAXIMUM_ELEMENTS: Final = 20_000
MAXIMUM_ENTRIES: Final = 200
MAXIMUM_KEYS: Final = 40
MAXIMUM_SALT: Final = 1_024
MAXIMUM_KEY_BITS: Final = 8_192
MAXIMUM_ROUNDS: Final = 1_000_000
"""For one derivation; keytool and OpenSSL write 2,048 to 10,000, we 100,000."""
MAXIMUM_WORK: Final = 8_000_000
"""For one file, in rounds: about five seconds on a slow workstation."""

_SEQUENCE_OR_SET = (0x10, 0x11)


class Work:
    """The rounds of derivation that a file may still cost."""

    def __init__(self) -> None:
        self._left = MAXIMUM_WORK

    def spend(self, rounds: int, blocks: int = 1) -> None:
        """Account for a derivation, before it is done. Raises StoreError `store_too_costly`."""
        if rounds < 1:
            raise StoreError("store_unreadable")
        self._left -= rounds * blocks
        if rounds > MAXIMUM_ROUNDS or self._left < 0:
            raise StoreError("store_too_costly")


def check_der(data: bytes) -> None:
    """Walk over an encoding (X.690) without recursion, before any parser touches it.

    Raises StoreError: `store_too_large`, `store_too_complex` (nesting, number of elements), `store_not_der`
    (indefinite lengths and strings in pieces), `store_unreadable` (truncated, trailing bytes).
    """
    if len(data) > MAXIMUM_BYTES:
        raise StoreError("store_too_large")
    position, elements = 0, 0
    ends = [len(data)]
    while True:
        while ends and position == ends[-1]:
            ends.pop()
        if not ends:
            break
        if len(ends) == 1 and elements:
            raise StoreError("store_unreadable")  # something follows the one outer element
        elements += 1
        if elements > MAXIMUM_ELEMENTS or len(ends) > MAXIMUM_DEPTH:
            raise StoreError("store_too_complex")
        tag, start, end = _header(data, position, ends[-1])
        if tag & 0x20:
            if tag & 0xC0 == 0 and tag & 0x1F not in _SEQUENCE_OR_SET:
                raise StoreError("store_not_der")
            ends.append(end)
            position = start
        else:
            position = end
    if not elements:
        raise StoreError("store_unreadable")


def _header(data: bytes, position: int, limit: int) -> tuple[int, int, int]:
    """Tag, start and end of the contents of the element at `position`."""
    if position + 2 > limit:
        raise StoreError("store_unreadable")
    tag, length = data[position], data[position + 1]
    start = position + 2
    if tag & 0x1F == 0x1F:
        raise StoreError("store_unreadable")  # no element of RFC 7292 has a tag number above 30
    if length == 0x80:
        raise StoreError("store_not_der")
    if length > 0x80:
        size = length - 0x80
        if size > 4 or start + size > limit:
            raise StoreError("store_unreadable")
        length = int.from_bytes(data[start : start + size], "big")
        start += size
    if start + length > limit:
        raise StoreError("store_unreadable")
    return tag, start, start + length
