"""The life of a request: every move, no dead end but the ends."""

from itertools import product

import pytest

from certificates.domain.lifecycle import (
    CANCELLABLE_STATES,
    FINAL_STATES,
    MACHINE_STATES,
    MOVES,
    RequestState,
    may_move,
)
from certificates.services.requests.job import OUTCOMES

S = RequestState
ALLOWED = {
    (S.AWAITING_DEVICE, S.AWAITING_CONTRACT),
    (S.AWAITING_DEVICE, S.CANCELLED),
    (S.AWAITING_DEVICE, S.GAVE_UP),
    (S.AWAITING_CONTRACT, S.AWAITING_SIGNATURE),
    (S.AWAITING_CONTRACT, S.REJECTED),
    (S.AWAITING_CONTRACT, S.CANCELLED),
    (S.AWAITING_CONTRACT, S.GAVE_UP),
    (S.AWAITING_SIGNATURE, S.SIGNED),
    (S.AWAITING_SIGNATURE, S.DECLINED),
    (S.AWAITING_SIGNATURE, S.CANCELLED),
    (S.AWAITING_SIGNATURE, S.GAVE_UP),
    (S.SIGNED, S.SUBMITTING),
    (S.SIGNED, S.GAVE_UP),
    (S.SUBMITTING, S.AWAITING_CERTIFICATE),
    (S.SUBMITTING, S.REJECTED),
    (S.SUBMITTING, S.OUTCOME_UNKNOWN),
    (S.SUBMITTING, S.SIGNED),
    (S.OUTCOME_UNKNOWN, S.AWAITING_CERTIFICATE),
    (S.OUTCOME_UNKNOWN, S.ISSUED),
    (S.OUTCOME_UNKNOWN, S.REJECTED),
    (S.OUTCOME_UNKNOWN, S.SIGNED),
    (S.OUTCOME_UNKNOWN, S.GAVE_UP),
    (S.AWAITING_CERTIFICATE, S.ISSUED),
    (S.AWAITING_CERTIFICATE, S.REJECTED),
    (S.AWAITING_CERTIFICATE, S.GAVE_UP),
    (S.ISSUED, S.COMPLETED),
    (S.GAVE_UP, S.AWAITING_CERTIFICATE),
    (S.GAVE_UP, S.AWAITING_CONTRACT),
    (S.GAVE_UP, S.OUTCOME_UNKNOWN),
}
AFTER_SIGNING = {S.SIGNED, S.SUBMITTING, S.OUTCOME_UNKNOWN, S.AWAITING_CERTIFICATE, S.ISSUED, S.COMPLETED}


@pytest.mark.parametrize(("old", "new"), list(product(S, S)))
def test_every_move(old: RequestState, new: RequestState) -> None:
    assert may_move(old, new) is ((old, new) in ALLOWED)


def reachable(start: RequestState, avoid: frozenset[RequestState] = frozenset()) -> set[RequestState]:
    found, todo = {start}, [start]
    while todo:
        fresh = MOVES[todo.pop()] - found - avoid
        found |= fresh
        todo += fresh
    return found


@pytest.mark.parametrize("state", S)
def test_there_are_no_dead_ends(state: RequestState) -> None:
    assert state in reachable(S.AWAITING_DEVICE), "every state is reached"
    if MOVES[state]:
        assert reachable(state) & {S.COMPLETED, S.REJECTED}, "the government has the last word"
    else:
        assert state in FINAL_STATES


@pytest.mark.parametrize("state", sorted(FINAL_STATES))
def test_ends_end_except_that_giving_up_may_be_taken_back(state: RequestState) -> None:
    assert bool(MOVES[state]) is (state is S.GAVE_UP)


def test_a_certificate_needs_a_submission_and_a_submission_a_signature() -> None:
    assert S.ISSUED not in reachable(S.AWAITING_DEVICE, frozenset({S.SUBMITTING, S.GAVE_UP}))
    assert S.SUBMITTING not in reachable(S.AWAITING_DEVICE, frozenset({S.SIGNED, S.GAVE_UP}))
    assert S.SIGNED not in reachable(S.AWAITING_DEVICE, frozenset({S.AWAITING_SIGNATURE, S.GAVE_UP}))


def test_what_was_signed_cannot_be_cancelled_or_declined() -> None:
    assert not CANCELLABLE_STATES & AFTER_SIGNING
    for state in AFTER_SIGNING:
        assert not MOVES[state] & {S.CANCELLED, S.DECLINED}


def test_everything_that_is_open_waits_for_a_machine_or_a_person() -> None:
    for_people = {S.AWAITING_DEVICE, S.ISSUED}
    assert set(S) == MACHINE_STATES | FINAL_STATES | for_people
    assert not MACHINE_STATES & FINAL_STATES


def test_the_agent_hears_of_every_state_that_has_a_job() -> None:
    without_job = {S.AWAITING_DEVICE, S.AWAITING_CONTRACT}
    assert set(OUTCOMES) >= set(S) - without_job
