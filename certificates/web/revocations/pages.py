"""Revocations: the list, one revocation as it moves, and what may be done with it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from certificates.domain.lifecycle import Environment
from certificates.domain.revocation import RevocationReason, RevocationState
from certificates.models import Certificate, Revocation
from certificates.selectors import revocations as selectors
from certificates.selectors.inventory import LISTED
from certificates.selectors.steps import revocation_steps
from certificates.services.revocations.start import OVER
from certificates.services.revocations.work import ask_again
from certificates.services.signing.cancel import cancel_request
from certificates.web.parts.progress import REVOCATION, act_on, progress_view, status_answer
from certificates.web.parts.rows import ProblemView
from certificates.web.parts.words import ENVIRONMENTS, PROBLEMS, UNSIGNED
from certificates.web.revocations.words import (
    REASONS,
    REVOCATION_EXPLANATIONS,
    REVOCATION_PROBLEMS,
    REVOCATION_STATES,
    REVOCATION_UNSIGNED,
    SOURCES,
    ReasonWords,
)
from organisations.domain.roles import Permission
from organisations.selectors import events_about
from organisations.web.pages import page
from organisations.web.tenancy import TenantRequest
from organisations.web.words import Label


@dataclass(frozen=True)
class RevocationRow:
    """One revocation with the word for where it stands and what that means."""

    revocation: Revocation
    state: Label
    explanation: str
    environment: str
    reason: ReasonWords

    @property
    def is_acceptance(self) -> bool:
        """True for the environment that is only for testing."""
        return self.revocation.certificate.environment == Environment.ACCEPTANCE


@dataclass(frozen=True)
class EvidenceView:
    """Who outside confirmed it, since when the certificate is dead, and when that was heard."""

    source: str
    revoked_at: datetime | None
    checked_at: datetime | None


def revocation_row(revocation: Revocation) -> RevocationRow:
    """Return `revocation` with its words."""
    state = RevocationState(revocation.state)
    return RevocationRow(
        revocation,
        UNSIGNED if revocation.ended_unsigned else REVOCATION_STATES[state],
        str(REVOCATION_UNSIGNED if revocation.ended_unsigned else REVOCATION_EXPLANATIONS[state]),
        str(ENVIRONMENTS[Environment(revocation.certificate.environment)]),
        REASONS[RevocationReason(revocation.reason)],
    )


def evidence_view(evidence: dict[str, Any] | None) -> EvidenceView | None:
    """Return what a page says about `Revocation.evidence`; None while there is none."""
    if evidence is None:
        return None
    source = str(evidence.get("source", ""))
    return EvidenceView(
        str(SOURCES.get(source, source)),
        _moment(evidence.get("revoked_at")),
        _moment(evidence.get("checked_at")),
    )


def _problem(found: Revocation, general: ProblemView | None) -> ProblemView | None:
    """The general sentences speak of a request; those of a revocation say what becomes of the certificate."""
    kind = str((found.problem or {}).get("kind", ""))
    if general is None or kind not in REVOCATION_PROBLEMS:
        return general
    title, advice = REVOCATION_PROBLEMS[kind]
    unspecific = general.advice == str(PROBLEMS[kind][1])
    return replace(general, title=str(title), advice=str(advice) if unspecific else general.advice)


@dataclass(frozen=True)
class EndingView:
    """What the page of a certificate says about its end: whether it can be asked, and the last time that it was."""

    row: RevocationRow | None
    on_its_way: bool
    possible: bool


def ending_view(certificate: Certificate, now: datetime) -> EndingView:
    """Return what is known of the end of `certificate`."""
    latest = selectors.latest_revocation(certificate)
    on_its_way = latest is not None and not latest.is_final
    return EndingView(
        revocation_row(latest) if latest else None,
        on_its_way=on_its_way,
        possible=not on_its_way and certificate.status(now) not in OVER,
    )


def _moment(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None


@page(Permission.SEE_INVENTORY)
def revocations(request: TenantRequest) -> HttpResponse:
    """All revocations, newest first."""
    state, after = request.GET.get("state", ""), request.GET.get("after")
    found = selectors.revocations_page(request.tenancy.organisation, state=state, after=after)
    context = {
        "rows": [revocation_row(one) for one in found.rows],
        "state": state,
        "states": [(one.value, REVOCATION_STATES[one]) for one in RevocationState],
        "next_cursor": found.next_cursor,
        "continued": bool(after),
    }
    return render(request, "certificates/revocations/list.html", context)


def find_revocation(request: TenantRequest, revocation_id: UUID) -> Revocation:
    """Return a revocation of the current organisation with what its pages show, or answer 404."""
    rows = Revocation.objects.filter(organisation=request.tenancy.organisation)
    rows = rows.select_related("certificate", "holder", "requested_by", "organisation", "job")
    rows = rows.defer("sealed_signed_request", *(f"certificate__{column}" for column in LISTED))
    return get_object_or_404(rows, pk=revocation_id)


def progress_of(request: TenantRequest, found: Revocation) -> dict[str, Any]:
    """Return what the updating part of a revocation's pages shows."""
    events = events_about(found.pk)
    steps = revocation_steps(found, events)
    view = progress_view(request, REVOCATION, found, row=revocation_row(found), steps=steps, events=events)
    return view | {
        "evidence": evidence_view(found.evidence),
        "problem": _problem(found, view["problem"]),
        "ends": True,
    }


@page(Permission.SEE_INVENTORY)
def revocation_page(request: TenantRequest, revocation_id: UUID) -> HttpResponse:
    """One revocation: its steps, why, what went wrong, what happened."""
    found = find_revocation(request, revocation_id)
    return render(request, "certificates/revocations/page.html", progress_of(request, found))


@page(Permission.SEE_INVENTORY)
def revocation_status(request: TenantRequest, revocation_id: UUID) -> HttpResponse:
    """The updating part."""
    return status_answer(request, progress_of(request, find_revocation(request, revocation_id)))


@page(Permission.REVOKE_CERTIFICATE, methods=("POST",))
def revocation_cancel(request: TenantRequest, revocation_id: UUID) -> HttpResponse:
    """Withdraw a revocation that was not signed."""
    done = _("The revocation was withdrawn. Nothing was sent to the government; the certificate still works.")
    found = find_revocation(request, revocation_id)
    return act_on(request, found, cancel_request, done=done, page="revocation")


@page(Permission.REVOKE_CERTIFICATE, methods=("POST",))
def revocation_ask_again(request: TenantRequest, revocation_id: UUID) -> HttpResponse:
    """Take up a revocation on which the platform gave up."""
    done = _("We are asking again.")
    return act_on(request, find_revocation(request, revocation_id), ask_again, done=done, page="revocation")
