"""The steps of a request or a revocation on its page, read from its state and its record."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from certificates.domain.lifecycle import RequestState
from certificates.domain.revocation import RevocationState
from certificates.domain.signing import SigningState
from certificates.models import CertificateRequest, Revocation, SignedWork
from organisations.models import AuditEvent


@dataclass(frozen=True)
class Step:
    """One step on the page of a request or a revocation: `state` is done, current, todo or failed."""

    key: str
    state: str
    at: datetime | None = None


WAITED, WAITS = SigningState.AWAITING_DEVICE, SigningState.AWAITING_CONTRACT
"""The state in which nobody can sign yet, and the one whose event says that this has ended."""

Path = tuple[tuple[str, frozenset[StrEnum], StrEnum | None], ...]
"""The steps in order, each with the states in which it is going on and the state whose event says that it was done."""

REQUEST_PATH: Path = (
    ("requested", frozenset(), None),
    ("workstation", frozenset({RequestState.AWAITING_DEVICE}), RequestState.AWAITING_CONTRACT),
    ("contract", frozenset({RequestState.AWAITING_CONTRACT}), RequestState.AWAITING_SIGNATURE),
    ("signature", frozenset({RequestState.AWAITING_SIGNATURE}), RequestState.SIGNED),
    (
        "submission",
        frozenset({RequestState.SIGNED, RequestState.SUBMITTING, RequestState.OUTCOME_UNKNOWN}),
        RequestState.AWAITING_CERTIFICATE,
    ),
    ("issuance", frozenset({RequestState.AWAITING_CERTIFICATE}), RequestState.ISSUED),
    ("key_store", frozenset({RequestState.ISSUED}), RequestState.COMPLETED),
)


R = RevocationState

REVOCATION_PATH: Path = (
    ("requested", frozenset(), None),
    ("workstation", frozenset({R.AWAITING_DEVICE}), R.AWAITING_CONTRACT),
    ("contract", frozenset({R.AWAITING_CONTRACT}), R.AWAITING_SIGNATURE),
    ("signature", frozenset({R.AWAITING_SIGNATURE}), R.SIGNED),
    ("submission", frozenset({R.SIGNED, R.SUBMITTING, R.OUTCOME_UNKNOWN}), R.AWAITING_EVIDENCE),
    ("evidence", frozenset({R.AWAITING_EVIDENCE}), R.COMPLETED),
)


def request_steps(request: CertificateRequest, events: list[AuditEvent]) -> list[Step]:
    """Return the steps of a request with their times, read from its events (`organisations.selectors.events_about`)."""
    return steps_along(REQUEST_PATH, request, events)


def revocation_steps(revocation: Revocation, events: list[AuditEvent]) -> list[Step]:
    """Return the steps of a revocation with their times, read from its events."""
    return steps_along(REVOCATION_PATH, revocation, events)


def steps_along(path: Path, work: SignedWork, events: list[AuditEvent]) -> list[Step]:
    """Return the steps of `path` as far as `work` has come, with the times that its events tell.

    A step whose own end was skipped (an answer that was lost) is done when a later one is. Waiting for a workstation is
    a step only of work that had to: most holders have one when they are asked.
    """
    reached = {event.action.removeprefix(f"{work.EVENT}_"): event.happened_at for event in events}
    waited = WAITS in reached or work.state == WAITED
    path = tuple(one for one in path if one[0] != "workstation" or waited)
    steps = [Step(path[0][0], "done", work.requested_at)]
    ends = [str(end) for _key, _going_on, end in path]
    blocked = False
    for place, (key, going_on, _end) in enumerate(path[1:], start=1):
        done_at = next((reached[end] for end in ends[place:] if end in reached), None)
        if blocked:
            steps.append(Step(key, "todo"))
        elif work.state in going_on:
            steps.append(Step(key, "current", work.state_since))
            blocked = True
        elif done_at is not None:
            steps.append(Step(key, "done", done_at))
        else:
            steps.append(Step(key, "failed", work.state_since) if work.is_final else Step(key, "todo"))
            blocked = True
    return steps
