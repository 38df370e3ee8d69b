"""How large a sealed message may be, in bytes: it is held in memory as a whole."""

from typing import Final

MAXIMUM_MESSAGE: Final = 1024 * 1024
MAXIMUM_SEALED: Final = 2 * 1024 * 1024
MAXIMUM_RECIPIENTS: Final = 100
