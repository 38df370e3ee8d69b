"""What an agent hears while its card's authority is asked: make the call again, or, one of before, try again."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from agent.wire.jobs import KNOWS_HEADER, fields_known
from agent.wire.link.checking import CARD_CHECKS, CardBeingChecked
from certificates.api.holding import held
from certificates.services.cards.ask import CardBeingAsked
from organisations.errors import CardStatusUnknown

ANSWER = CardBeingChecked(poll_after_milliseconds=250)
OLD_AGENTS_WAIT = 1.0
"""Seconds that a call of an agent that cannot ask again is held for a worker's answer, outside any transaction."""


def still_checking(
    headers: Mapping[str, str], check: Callable[[], None]
) -> tuple[int, dict[str, Any]] | None:
    """Return None when `check` came to its end, or the answer to give while it has not. Call outside transactions.

    Raises what `check` raises; CardStatusUnknown (503) to an agent of before, which sends the same again by itself.
    """
    try:
        check()
    except CardBeingAsked:
        if CARD_CHECKS in fields_known(headers.get(KNOWS_HEADER, "")):
            return HTTPStatus.ACCEPTED, ANSWER.to_json()
        held(check, CardBeingAsked, seconds=OLD_AGENTS_WAIT, otherwise=CardStatusUnknown)
    return None
