"""Requests for foreign care providers as pages show them: their words, their deadline, their steps."""

from dataclasses import dataclass
from datetime import datetime

from agent.wire.days import days_left
from certificates.domain.foreign_lifecycle import ForeignState, is_late, reminder_due
from certificates.domain.lifecycle import Environment
from certificates.models import ForeignRequest
from certificates.selectors.steps import Step
from certificates.web.foreigners.words import FOREIGN_EXPLANATIONS, FOREIGN_STATES, REFUSED_LATE
from certificates.web.parts.words import ENVIRONMENTS
from organisations.models import AuditEvent
from organisations.web.words import Label

SENT = {
    ForeignState.READY,
    ForeignState.SUBMITTING,
    ForeignState.OUTCOME_UNKNOWN,
}
PATH: tuple[tuple[str, frozenset[ForeignState], ForeignState], ...] = (
    ("key", frozenset({ForeignState.AWAITING_CSR}), ForeignState.READY),
    ("submission", frozenset(SENT), ForeignState.AWAITING_CONFIRMATION),
    ("confirmation", frozenset({ForeignState.AWAITING_CONFIRMATION}), ForeignState.AWAITING_CERTIFICATE),
    ("issuance", frozenset({ForeignState.AWAITING_CERTIFICATE}), ForeignState.ISSUED),
    ("key_store", frozenset({ForeignState.ISSUED}), ForeignState.COMPLETED),
)
"""The steps in order: each with the states in which it is going on, and the state whose event says it was done."""


@dataclass(frozen=True)
class ForeignRow:
    """One request with its words."""

    request: ForeignRequest
    state: Label
    explanation: str
    environment: str
    days_left: int | None
    late: bool
    soon: bool

    @property
    def is_acceptance(self) -> bool:
        """True for the environment that is only for testing."""
        return self.request.environment == Environment.ACCEPTANCE


def foreign_row(request: ForeignRequest, now: datetime) -> ForeignRow:
    """Return `request` with its words at `now`."""
    state = ForeignState(request.state)
    waiting = state is ForeignState.AWAITING_CONFIRMATION and request.expires_at is not None
    refused_late = state is ForeignState.REJECTED and is_late(request.expires_at, request.state_since)
    return ForeignRow(
        request,
        FOREIGN_STATES[state],
        str(REFUSED_LATE if refused_late else FOREIGN_EXPLANATIONS[state]),
        str(ENVIRONMENTS[Environment(request.environment)]),
        days_left(request.expires_at, now) if waiting and request.expires_at else None,
        waiting and is_late(request.expires_at, now),
        waiting and reminder_due(request.expires_at, now),
    )


def foreign_steps(request: ForeignRequest, events: list[AuditEvent]) -> list[Step]:
    """Return the steps of a request with their times, read from its events."""
    reached = {event.action.removeprefix("foreign_"): event.happened_at for event in events}
    state = ForeignState(request.state)
    # A certificate may come before anybody has told that it was confirmed: what comes after a step ends it too.
    ends = [reached.get(done.value) for _key, _going_on, done in PATH]
    here = next((index for index, one in enumerate(PATH) if state in one[1]), None)
    steps, blocked = [Step("requested", "done", request.requested_at)], False
    for index, (key, _going_on, _done) in enumerate(PATH):
        ended_at = next((moment for moment in ends[index:] if moment), None)
        if blocked:
            steps.append(Step(key, "todo"))
        elif index == here:
            steps.append(Step(key, "current", request.state_since))
            blocked = True
        elif ended_at is not None or state is ForeignState.COMPLETED or (here is not None and index < here):
            steps.append(Step(key, "done", ended_at))
        else:
            steps.append(Step(key, "failed", request.state_since))
            blocked = True
    return steps
