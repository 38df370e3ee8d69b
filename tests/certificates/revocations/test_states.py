"""The life of a revocation: every move, no dead end but the ends."""

from itertools import product

import pytest

from agent.wire.jobs import REVOCATION_REASONS
from certificates.domain.lifecycle import RequestState
from certificates.domain.revocation import (
    REVOCATION_FINAL_STATES,
    REVOCATION_MACHINE_STATES,
    REVOCATION_MOVES,
    RevocationReason,
    RevocationState,
)
from certificates.domain.signing import SigningState
from certificates.models import CertificateRequest, Revocation
from certificates.services.revocations.job import OUTCOMES

S = RevocationState
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
    (S.SUBMITTING, S.AWAITING_EVIDENCE),
    (S.SUBMITTING, S.REJECTED),
    (S.SUBMITTING, S.OUTCOME_UNKNOWN),
    (S.SUBMITTING, S.SIGNED),
    (S.OUTCOME_UNKNOWN, S.AWAITING_EVIDENCE),
    (S.OUTCOME_UNKNOWN, S.COMPLETED),
    (S.OUTCOME_UNKNOWN, S.REJECTED),
    (S.OUTCOME_UNKNOWN, S.SIGNED),
    (S.OUTCOME_UNKNOWN, S.GAVE_UP),
    (S.AWAITING_EVIDENCE, S.COMPLETED),
    (S.AWAITING_EVIDENCE, S.GAVE_UP),
    (S.GAVE_UP, S.AWAITING_EVIDENCE),
    (S.GAVE_UP, S.AWAITING_CONTRACT),
    (S.GAVE_UP, S.OUTCOME_UNKNOWN),
}
AFTER_SIGNING = {S.SIGNED, S.SUBMITTING, S.OUTCOME_UNKNOWN, S.AWAITING_EVIDENCE, S.COMPLETED}


@pytest.mark.parametrize(("old", "new"), list(product(S, S)))
def test_every_move(old: RevocationState, new: RevocationState) -> None:
    assert (new in REVOCATION_MOVES[old]) is ((old, new) in ALLOWED)


def reachable(
    start: RevocationState, avoid: frozenset[RevocationState] = frozenset()
) -> set[RevocationState]:
    found, todo = {start}, [start]
    while todo:
        fresh = REVOCATION_MOVES[todo.pop()] - found - avoid
        found |= fresh
        todo += fresh
    return found


@pytest.mark.parametrize("state", S)
def test_there_are_no_dead_ends(state: RevocationState) -> None:
    assert state in reachable(S.AWAITING_DEVICE), "every state is reached"
    if REVOCATION_MOVES[state]:
        assert S.COMPLETED in reachable(state), "evidence can still come"
    else:
        assert state in REVOCATION_FINAL_STATES


@pytest.mark.parametrize("state", sorted(REVOCATION_FINAL_STATES))
def test_ends_end_except_that_giving_up_may_be_taken_back(state: RevocationState) -> None:
    assert bool(REVOCATION_MOVES[state]) is (state is S.GAVE_UP)


def test_nothing_is_sent_without_a_signature_and_nothing_completes_unsent() -> None:
    assert S.SUBMITTING not in reachable(S.AWAITING_DEVICE, frozenset({S.SIGNED, S.GAVE_UP}))
    assert S.SIGNED not in reachable(S.AWAITING_DEVICE, frozenset({S.AWAITING_SIGNATURE, S.GAVE_UP}))
    assert S.COMPLETED not in reachable(S.AWAITING_DEVICE, frozenset({S.SUBMITTING, S.GAVE_UP}))


def test_our_own_word_completes_nothing() -> None:
    """The government's answer to the sending leads to the search for evidence, never to the end."""
    assert S.COMPLETED not in REVOCATION_MOVES[S.SUBMITTING]
    assert S.COMPLETED not in REVOCATION_MOVES[S.SIGNED]


def test_what_was_signed_cannot_be_cancelled_or_declined() -> None:
    for state in AFTER_SIGNING:
        assert not REVOCATION_MOVES[state] & {S.CANCELLED, S.DECLINED}


def test_everything_that_is_open_waits_for_a_machine_or_a_person() -> None:
    assert set(S) == REVOCATION_MACHINE_STATES | REVOCATION_FINAL_STATES | {S.AWAITING_DEVICE}
    assert not REVOCATION_MACHINE_STATES & REVOCATION_FINAL_STATES


def test_the_agent_hears_of_every_state_that_has_a_job() -> None:
    assert set(OUTCOMES) == set(S) - {S.AWAITING_DEVICE, S.AWAITING_CONTRACT}


def test_the_shared_states_are_spelled_alike() -> None:
    for shared in SigningState:
        assert CertificateRequest.state_named(shared) is RequestState(shared.value)
        assert Revocation.state_named(shared) is RevocationState(shared.value)


def test_server_and_agent_know_the_same_reasons() -> None:
    assert {reason.value for reason in RevocationReason} == set(REVOCATION_REASONS)
