"""When a certificate may be renewed: a table of what can stand in the way, and of what comes first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from certificates.domain.renewal import (
    HolderStanding,
    RenewalFacts,
    RenewalOutcome,
    Succession,
    renewal_outcome,
)
from certificates.domain.validity import REPLACEMENT_WINDOW, RevocationStatus

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
END = START + timedelta(days=1096)
OPENS = END - REPLACEMENT_WINDOW
IN_WINDOW = END - timedelta(days=30)
TICK = timedelta(microseconds=1)
FACTS = RenewalFacts(START, END)
R = RenewalOutcome


@pytest.mark.parametrize(
    ("replaceable_from", "now", "outcome"),
    [
        (None, START - TICK, R.TOO_EARLY),
        (None, START, R.TOO_EARLY),
        (None, OPENS - TICK, R.TOO_EARLY),
        (None, OPENS, R.RENEWABLE),
        (None, END - TICK, R.RENEWABLE),
        (None, END, R.EXPIRED),
        # The government's own date is stronger, earlier or later.
        (OPENS - timedelta(days=30), OPENS - timedelta(days=30) - TICK, R.TOO_EARLY),
        (OPENS - timedelta(days=30), OPENS - timedelta(days=30), R.RENEWABLE),
        (OPENS + timedelta(days=30), OPENS, R.TOO_EARLY),
        (OPENS + timedelta(days=30), OPENS + timedelta(days=30), R.RENEWABLE),
        (END + timedelta(days=1), END - TICK, R.TOO_EARLY),
        (END + timedelta(days=1), END, R.EXPIRED),
        (START - timedelta(days=1), START - TICK, R.TOO_EARLY),
        (START - timedelta(days=1), START, R.RENEWABLE),
    ],
)
def test_the_window(replaceable_from: datetime | None, now: datetime, outcome: RenewalOutcome) -> None:
    facts = replace(FACTS, replaceable_from=replaceable_from)
    assert renewal_outcome(facts, now) is outcome
    assert facts.opens_at == (replaceable_from or OPENS)


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, R.RENEWABLE),
        ({"key_store_lost": True}, R.KEY_STORE_LOST),
        ({"key_store_lost": True, "succession": Succession.RENEWED}, R.ALREADY_RENEWED),
        ({"revocation": RevocationStatus.UNKNOWN}, R.RENEWABLE),
        ({"revocation": RevocationStatus.REVOKED}, R.REVOKED),
        ({"succession": Succession.IN_PROGRESS}, R.IN_PROGRESS),
        ({"succession": Succession.RENEWED}, R.ALREADY_RENEWED),
        ({"ours": False}, R.NOT_OURS),
        ({"number_waits": True}, R.NUMBER_WAITS),
        ({"holder": HolderStanding.WITHOUT_MANDATE}, R.MANDATE_ENDED),
        ({"holder": HolderStanding.WITHOUT_MANDATE, "anyone_mandated": False}, R.MANDATE_ENDED),
        ({"holder": HolderStanding.LEFT}, R.HOLDER_LEFT),
        ({"holder": HolderStanding.LEFT, "anyone_mandated": False}, R.NOBODY_MANDATED),
        ({"holder": HolderStanding.UNKNOWN}, R.RENEWABLE),
        ({"holder": HolderStanding.UNKNOWN, "anyone_mandated": False}, R.NOBODY_MANDATED),
        ({"holder": HolderStanding.UNKNOWN, "enrolled": False}, R.RENEWABLE),
        ({"enrolled": False}, R.NO_WORKSTATION),
    ],
)
def test_inside_the_window(changes: dict[str, object], outcome: RenewalOutcome) -> None:
    assert renewal_outcome(replace(FACTS, **changes), IN_WINDOW) is outcome  # type: ignore[arg-type]  # fields of the facts


ORDER = (
    (R.REVOKED, {"revocation": RevocationStatus.REVOKED}),
    (R.ALREADY_RENEWED, {"succession": Succession.RENEWED}),
    (R.EXPIRED, {"not_after": IN_WINDOW}),
    (R.IN_PROGRESS, {"succession": Succession.IN_PROGRESS}),
    (R.NOT_OURS, {"ours": False}),
    (R.NUMBER_WAITS, {"number_waits": True}),
    (R.TOO_EARLY, {"replaceable_from": END}),
    (R.MANDATE_ENDED, {"holder": HolderStanding.WITHOUT_MANDATE}),
    (R.NO_WORKSTATION, {"enrolled": False}),
)


@pytest.mark.parametrize("first", range(len(ORDER)))
def test_what_cannot_be_helped_is_said_first(first: int) -> None:
    """Whoever is told to look for a holder, and then that it is too early, has looked for nothing."""
    changes: dict[str, object] = {}
    for _outcome, facts in reversed(ORDER[first:]):
        changes |= facts
    assert renewal_outcome(replace(FACTS, **changes), IN_WINDOW) is ORDER[first][0]  # type: ignore[arg-type]  # as above
