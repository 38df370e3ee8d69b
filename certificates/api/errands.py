"""What an agent hears while a worker asks the government for it: make the call again, or, one of before, try again."""

from collections.abc import Callable, Mapping
from http import HTTPStatus

from agent.wire.jobs import KNOWS_HEADER, fields_known
from agent.wire.link.checking import ERRANDS, GovernmentBeingAsked
from certificates.api.agent import Body
from certificates.api.holding import held
from certificates.errors.signing import GovernmentUnavailable
from certificates.services.errands.ask import Answer, ErrandOnItsWay, ErrandUnknown, Order, hear, place

ANSWER = GovernmentBeingAsked(poll_after_milliseconds=100)
OLD_AGENTS_WAIT = 8.0
"""Seconds that a call of an agent that cannot ask again is held; it makes four tries."""


def by_worker(
    headers: Mapping[str, str],
    order: Order,
    body: Callable[[Answer], Body],
    *,
    first: Callable[[], Body | None] = lambda: None,
) -> Body:
    """Have a worker do what is ordered; return `body` of what came of it, or what to answer while it is on its way.

    `first` is what must hold before it is ordered; the answer that it returns is given instead. Whoever comes for the
    answer is not asked it again. Call outside transactions. Raises what `first` raises and the errand was refused
    with; GovernmentUnavailable (503) to an agent of before, which sends the same again by itself.
    """
    try:
        return body(hear(order))
    except ErrandOnItsWay:
        pass
    except ErrandUnknown:
        instead = first()
        if instead is not None:
            return instead
        place(order)
    if ERRANDS in fields_known(headers.get(KNOWS_HEADER, "")):
        return HTTPStatus.ACCEPTED, ANSWER.to_json()
    # Another call of the same agent may hear it first: then this one is to be made again.
    told = held(
        lambda: hear(order),
        (ErrandOnItsWay, ErrandUnknown),
        seconds=OLD_AGENTS_WAIT,
        otherwise=GovernmentUnavailable,
    )
    return body(told)
