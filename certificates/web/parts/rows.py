"""Certificates and requests as pages show them: every state with its word, every link ready."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import pgettext

from agent.wire.days import days_left
from certificates.domain.lifecycle import Environment, RequestState
from certificates.domain.validity import RevocationStatus, standing_of
from certificates.models import Certificate, CertificateRequest
from certificates.models.work import UNSIGNED as UNSIGNED_KIND
from certificates.selectors.steps import Step
from certificates.web.catalogue import Reading, read_code
from certificates.web.parts.words import (
    ASKED_IN_VAIN,
    ENVIRONMENTS,
    EXPLANATIONS,
    PROBLEMS,
    REQUEST_STATES,
    REQUEST_UNSIGNED,
    REVOCATION,
    STANDINGS,
    STEP_STATES,
    STEPS,
    UNSIGNED,
)
from organisations.web.words import Label, identifier_type


@dataclass(frozen=True)
class CertificateRow:
    """One certificate of the inventory."""

    certificate: Certificate
    status: Label
    environment: str
    revocation: Label
    kind: str
    days_left: int
    is_over: bool

    @property
    def is_acceptance(self) -> bool:
        """True for the environment that is only for testing."""
        return self.certificate.environment == Environment.ACCEPTANCE


def _revocation_label(certificate: Certificate) -> Label:
    status = RevocationStatus(certificate.revocation_status)
    if status is RevocationStatus.UNKNOWN and certificate.revocation_checked_at is not None:
        return ASKED_IN_VAIN
    return REVOCATION[status]


def certificate_row(
    certificate: Certificate, now: datetime, *, renewed: bool = False, ending: bool = False
) -> CertificateRow:
    """Return `certificate` with its words at `now`.

    What was `renewed` is no longer to renew; of what is `ending`, a revocation is on its way.
    """
    return CertificateRow(
        certificate,
        STANDINGS[
            standing_of(certificate.status(now), certificate.not_after, now, renewed=renewed, ending=ending)
        ],
        str(ENVIRONMENTS[Environment(certificate.environment)]),
        _revocation_label(certificate),
        identifier_type(certificate.identifier_type) if certificate.identifier_type else "",
        days_left(certificate.not_after, now),
        certificate.not_after <= now,
    )


@dataclass(frozen=True)
class RequestRow:
    """One request with the word for where it stands and what that means."""

    request: CertificateRequest
    state: Label
    explanation: str
    environment: str
    kind: str

    @property
    def is_acceptance(self) -> bool:
        """True for the environment that is only for testing."""
        return self.request.environment == Environment.ACCEPTANCE


def request_row(request: CertificateRequest) -> RequestRow:
    """Return `request` with its words."""
    state = RequestState(request.state)
    return RequestRow(
        request,
        UNSIGNED if request.ended_unsigned else REQUEST_STATES[state],
        str(REQUEST_UNSIGNED if request.ended_unsigned else EXPLANATIONS[state]),
        str(ENVIRONMENTS[Environment(request.environment)]),
        identifier_type(request.subject_type),
    )


@dataclass(frozen=True)
class StepLine:
    """One step of the way, for the eye and for the ear."""

    name: str
    state: str
    state_name: str
    at: datetime | None


def step_lines(steps: list[Step]) -> list[StepLine]:
    """Return the steps with their words."""
    return [
        StepLine(str(STEPS[step.key]), step.state, str(STEP_STATES[step.state]), step.at) for step in steps
    ]


def clock_time(moment: datetime) -> str:
    """Return a moment as people say it: the time alone where it is today's."""
    local = timezone.localtime(moment)
    if local.date() == timezone.localtime().date():
        return date_format(local, "H:i")
    return date_format(local, pgettext("a moment, Django date format", "j M Y, H:i"))


@dataclass(frozen=True)
class ProblemView:
    """The last answer that was no success: what it is, what to do, what its codes mean, and the answer as it was.

    `advice` is empty where the codes say better what to do.
    """

    title: str
    advice: str
    readings: tuple[Reading, ...]
    at: datetime | None
    answers: tuple[dict[str, Any], ...]
    summary: str


def problem_view(problem: dict[str, Any] | None) -> ProblemView | None:
    """Return what a page says about `CertificateRequest.problem`; None when there is none.

    That nobody signed is said by the state itself.
    """
    if problem is None or problem.get("kind") == UNSIGNED_KIND:
        return None
    kind = problem.get("kind", "")
    title, advice = PROBLEMS.get(kind, PROBLEMS["transient"])
    answers = tuple(problem.get("answers") or ())
    codes = dict.fromkeys(code for answer in answers if (code := str(answer.get("code") or "")))
    readings = tuple(read_code(code) for code in codes)
    understood = any(reading.entry for reading in readings)
    at, since = problem.get("at"), problem.get("since")
    if isinstance(since, str):
        title = str(title) % {"time": clock_time(datetime.fromisoformat(since))}
    return ProblemView(
        str(title),
        "" if understood and kind == "rejected" else str(advice),
        readings,
        datetime.fromisoformat(at) if isinstance(at, str) else None,
        answers,
        str(problem.get("summary") or ""),
    )
