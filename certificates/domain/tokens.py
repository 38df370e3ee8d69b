"""Encryption tokens (ETK): the states of one, and when its holder is reminded to activate it."""

from datetime import timedelta
from enum import StrEnum


class TokenState(StrEnum):
    """Where a certificate's encryption token stands."""

    STARTED = "started"
    """A key was offered to the government; no token came back yet."""
    WAITING = "waiting"
    """Registered; the depot still hands out the token of the certificate before. Activation switches."""
    ACTIVE = "active"
    """The depot hands this one out."""
    REPLACED = "replaced"
    """A newer token was activated; its key still opens old messages."""


TOKEN_MOVES: dict[TokenState, frozenset[TokenState]] = {
    TokenState.STARTED: frozenset({TokenState.WAITING, TokenState.ACTIVE}),
    TokenState.WAITING: frozenset({TokenState.ACTIVE, TokenState.REPLACED}),
    TokenState.ACTIVE: frozenset({TokenState.REPLACED}),
    TokenState.REPLACED: frozenset(),
}

ACTIVATION_REMINDER = timedelta(days=14)
"""How long a token may wait for its activation before people are reminded."""
