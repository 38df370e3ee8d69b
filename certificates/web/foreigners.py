"""Requests for foreign care providers: the list, one request as it moves, and what may be done with it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agent.wire.preparation import MAX_CSR_FILE_BYTES
from certificates.domain.foreign_lifecycle import (
    FINAL_STATES,
    ForeignState,
    days_left,
    is_late,
    reminder_due,
)
from certificates.domain.lifecycle import Environment
from certificates.models import ForeignRequest
from certificates.services.foreigners.preparation import (
    chain_file,
    hand_out_preparation,
    receive_csr,
)
from certificates.services.foreigners.progress import (
    ask_again_for_foreigner,
    cancel_foreign_request,
    note_confirmed,
    note_store_opens,
)
from certificates.services.hand_out_certificate import hand_out_certificate
from certificates.steps import Step
from certificates.web.foreign_words import (
    ADDRESS_PROBLEM,
    FOREIGN_EXPLANATIONS,
    FOREIGN_STATES,
    FOREIGN_STEPS,
)
from certificates.web.papers import paper_row
from certificates.web.rows import ProblemView, StepLine, problem_view
from certificates.web.words import ENVIRONMENTS, STEP_STATES
from organisations.domain.mandates import belgian_day
from organisations.domain.roles import Permission
from organisations.errors import DomainError
from organisations.keyset import page_of
from organisations.models import AuditEvent
from organisations.selectors import events_about
from organisations.services.audit import Actor
from organisations.web.pages import page, sentence_of
from organisations.web.record import lines_of
from organisations.web.tenancy import TenantRequest
from organisations.web.words import Label

STOP_POLLING = 286
SIZE = 50
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
    return ForeignRow(
        request,
        FOREIGN_STATES[state],
        str(FOREIGN_EXPLANATIONS[state]),
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


@page(Permission.SEE_INVENTORY)
def foreign_requests(request: TenantRequest) -> HttpResponse:
    """All of them, newest first."""
    now, after = timezone.now(), request.GET.get("after")
    rows = ForeignRequest.objects.filter(organisation=request.tenancy.organisation)
    rows = rows.without_documents().select_related("person", "requested_by")
    found = page_of(rows, by="requested_at", after=after, size=SIZE, descending=True)
    context = {
        "rows": [foreign_row(one, now) for one in found.rows],
        "next_cursor": found.next_cursor,
        "continued": bool(after),
    }
    return render(request, "certificates/foreign_requests.html", context)


def find_foreign(request: TenantRequest, request_id: UUID) -> ForeignRequest:
    """Return a request of the current organisation, or answer 404."""
    rows = ForeignRequest.objects.filter(organisation=request.tenancy.organisation)
    rows = rows.select_related("person", "organisation", "requested_by", "declaration", "certificate")
    return get_object_or_404(
        rows.defer(
            *("declaration__sealed_values", "declaration__sealed_document", "declaration__sealed_copy"),
            *("certificate__sealed_der", "certificate__chain", "certificate__search_text"),
        ),
        pk=request_id,
    )


def _problem(found: ForeignRequest) -> ProblemView | None:
    if found.state == ForeignState.AWAITING_CONFIRMATION and not found.validation_url:
        title, advice = ADDRESS_PROBLEM
        return ProblemView(str(title), str(advice), (), None, (), "")
    return problem_view(found.problem)


def progress_of(request: TenantRequest, found: ForeignRequest) -> dict[str, Any]:
    """Return what the updating part of the page shows."""
    now = timezone.now()
    events = events_about(found.pk)
    may_change = request.tenancy.may(Permission.REQUEST_CERTIFICATE)
    may_see = request.tenancy.may(Permission.SEE_SSIN)
    row = foreign_row(found, now)
    return {
        "row": row,
        "found": found,
        "declaration": paper_row(found.declaration, belgian_day(now)),
        "steps": [
            StepLine(str(FOREIGN_STEPS[step.key]), step.state, str(STEP_STATES[step.state]), step.at)
            for step in foreign_steps(found, events)
        ],
        "problem": _problem(found),
        "lines": lines_of(events),
        "may_change": may_change,
        "may_see": may_see,
        "cancellable": may_change and found.is_cancellable,
        "may_ask_again": may_change and found.state == ForeignState.GAVE_UP,
        "version": f"{found.state}-{found.state_since.timestamp():.0f}-{int(found.problem is not None)}"
        f"-{row.days_left}-{found.declaration.state}",
    }


@page(Permission.SEE_INVENTORY)
def foreign(request: TenantRequest, request_id: UUID) -> HttpResponse:
    """One request: what to do now, its steps, what happened."""
    found = find_foreign(request, request_id)
    return render(request, "certificates/foreign.html", progress_of(request, found))


@page(Permission.SEE_INVENTORY)
def foreign_status(request: TenantRequest, request_id: UUID) -> HttpResponse:
    """The updating part: 204 while nothing changed since `seen`, 286 once nothing moves any more."""
    found = find_foreign(request, request_id)
    progress = progress_of(request, found)
    final = ForeignState(found.state) in FINAL_STATES
    if request.GET.get("seen") == progress["version"] and not final:
        return HttpResponse(status=204)
    return render(
        request, "certificates/foreign_progress.html", progress, status=STOP_POLLING if final else 200
    )


@page(Permission.REQUEST_CERTIFICATE)
def foreign_preparation(request: TenantRequest, request_id: UUID) -> HttpResponse:
    """The preparation file; it holds the BIS number."""
    request.tenancy.require(Permission.SEE_SSIN)
    found = find_foreign(request, request_id)
    try:
        content = hand_out_preparation(found, actor=Actor.of(request.tenancy), now=timezone.now())
    except DomainError as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect("foreign", found.pk)
    return _download(content, "application/json", f"preparation-{found.pk.hex[:8]}.json")


@page(Permission.REQUEST_CERTIFICATE, methods=("POST",))
def foreign_csr(request: TenantRequest, request_id: UUID) -> HttpResponse:
    """Take the certification request that the workstation made."""
    found = find_foreign(request, request_id)
    sent = request.FILES.get("csr")
    if sent is None:
        messages.error(request, _("Choose the .csr file."))
        return redirect("foreign", found.pk)
    try:
        # One byte more than may be, so that what is too large is refused without being read.
        receive_csr(
            found,
            sent.read(MAX_CSR_FILE_BYTES + 1),
            actor=Actor.of(request.tenancy),
            now=timezone.now(),
        )
    except DomainError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        messages.success(request, _("The certification request is good. It is on its way to the government."))
    return redirect("foreign", found.pk)


@page(Permission.SEE_SSIN)
def foreign_certificate(request: TenantRequest, request_id: UUID) -> HttpResponse:
    """Certificate and issuers as one PEM file for the workstation; the name holds the BIS number."""
    rows = ForeignRequest.objects.filter(organisation=request.tenancy.organisation)
    found = get_object_or_404(rows.select_related("certificate"), pk=request_id)
    if found.certificate is None:
        raise Http404
    hand_out_certificate(found.certificate, actor=Actor.of(request.tenancy), now=timezone.now())
    return _download(
        chain_file(found.certificate), "application/x-pem-file", f"certificate-{found.pk.hex[:8]}.pem"
    )


def _download(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _act(request: TenantRequest, request_id: UUID, step: Callable[..., None], done: object) -> HttpResponse:
    found = find_foreign(request, request_id)
    try:
        step(found, actor=Actor.of(request.tenancy), now=timezone.now())
    except DomainError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        messages.success(request, str(done))
    return redirect("foreign", found.pk)


@page(Permission.REQUEST_CERTIFICATE, methods=("POST",))
def foreign_confirmed(request: TenantRequest, request_id: UUID) -> HttpResponse:
    """The person has confirmed on line."""
    return _act(request, request_id, note_confirmed, _("Noted. We ask for the certificate now."))


@page(Permission.REQUEST_CERTIFICATE, methods=("POST",))
def foreign_opens(request: TenantRequest, request_id: UUID) -> HttpResponse:
    """The key store opens."""
    return _act(request, request_id, note_store_opens, _("Noted. The request is complete."))


@page(Permission.REQUEST_CERTIFICATE, methods=("POST",))
def foreign_cancel(request: TenantRequest, request_id: UUID) -> HttpResponse:
    """Stop."""
    return _act(request, request_id, cancel_foreign_request, _("The request was cancelled."))


@page(Permission.REQUEST_CERTIFICATE, methods=("POST",))
def foreign_ask_again(request: TenantRequest, request_id: UUID) -> HttpResponse:
    """Take up a request on which the platform gave up."""
    return _act(request, request_id, ask_again_for_foreigner, _("We are asking again."))
