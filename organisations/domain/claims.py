"""What the number of an organisation may do: whoever writes it down only claims it.

A number is public. It is proven once something outside the organisation vouches for it; another organisation that
writes down a proven number waits until the operator of the platform has looked at it.
"""

from enum import StrEnum


class NumberState(StrEnum):
    """Where a number stands."""

    CLAIMED = "claimed"
    WAITING = "waiting"
    PROVEN = "proven"
    DECLINED = "declined"
    """The operator looked at it and does not believe it."""


class Voucher(StrEnum):
    """Who vouched for a number."""

    GOVERNMENT = "government"
    """The eHealth platform named it among those for which a holder, whose workstation works here, may sign."""
    CERTIFICATE = "certificate"
    """A certificate of that number, under a trusted authority, was delivered for a key of a request made here."""
    OPERATOR = "operator"
    """The operator of this platform looked at it."""


class Use(StrEnum):
    """What can be done with a number."""

    MANDATE = "mandate"
    """Give a person a mandate for it."""
    REQUEST = "request"
    """Ask the government for certificates of it: the government judges the signer itself."""
    HOLDER = "holder"
    """Be shown to a holder at the workstation as the organisation's own."""
    INSTALLATIONS = "installations"
    """Learn where key stores that bear it are installed."""
    GUARD = "guard"
    """Make another organisation wait that writes it down."""


MAY: dict[NumberState, frozenset[Use]] = {
    NumberState.CLAIMED: frozenset({Use.MANDATE, Use.REQUEST}),
    NumberState.WAITING: frozenset(),
    NumberState.PROVEN: frozenset(Use),
    NumberState.DECLINED: frozenset(),
}
"""The one table of what a number may do. The organisation's page shows it.

What was asked before a number waits is not signed while it does.
"""

CAN_PROVE: dict[Voucher, frozenset[NumberState]] = {
    Voucher.GOVERNMENT: frozenset({NumberState.CLAIMED}),
    Voucher.CERTIFICATE: frozenset({NumberState.CLAIMED}),
    Voucher.OPERATOR: frozenset({NumberState.CLAIMED, NumberState.WAITING, NumberState.DECLINED}),
}
"""From where each may prove a number: where another has proven it, only the operator decides."""

CAN_DECLINE = frozenset({NumberState.CLAIMED, NumberState.WAITING})
"""Which numbers the operator may decline."""

CAN_REMOVE = frozenset({NumberState.CLAIMED, NumberState.WAITING, NumberState.DECLINED})
"""Which numbers an organisation may take off its list again, where nothing stands on them."""


def states_that_may(use: Use) -> frozenset[NumberState]:
    """Return the states in which a number may do `use`."""
    return frozenset(state for state, uses in MAY.items() if use in uses)
