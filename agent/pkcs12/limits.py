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
