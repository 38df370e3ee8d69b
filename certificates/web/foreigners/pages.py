"""Requests for foreign care providers: the list, one request as it moves, and what may be done with it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agent.wire.link.preparation import MAX_CSR_FILE_BYTES
from certificates.domain.foreign_lifecycle import (
    FINAL_STATES,
    ForeignState,
)
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
    note_unconfirmed,
)
from certificates.services.inventory.hand_out import hand_out_certificate
from certificates.web.foreigners.rows import foreign_row, foreign_steps
from certificates.web.foreigners.words import ADDRESS_PROBLEM, FOREIGN_STEPS
from certificates.web.papers.pages import paper_row
from certificates.web.parts.away import away_in
from certificates.web.parts.rows import ProblemView, StepLine, problem_view
from certificates.web.parts.words import STEP_STATES
from organisations.domain.mandates import belgian_day
from organisations.domain.roles import Permission
from organisations.errors import DomainError
from organisations.keyset import page_of
from organisations.selectors import events_about
from organisations.services.audit import Actor
from organisations.web.pages import page, sentence_of
from organisations.web.record.lines import lines_of
from organisations.web.record.meanwhile import told
from organisations.web.tenancy import TenantRequest

STOP_POLLING = 286
SIZE = 50


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
    return render(request, "certificates/foreigners/list.html", context)


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
    away = [] if found.is_final else away_in(found.environment)
    return {
        "away": away,
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
        f"-{row.days_left}-{found.declaration.state}-{len(away)}",
    }


@page(Permission.SEE_INVENTORY)
def foreign(request: TenantRequest, request_id: UUID) -> HttpResponse:
    """One request: what to do now, its steps, what happened."""
    found = find_foreign(request, request_id)
    return render(request, "certificates/foreigners/page.html", progress_of(request, found))


@page(Permission.SEE_INVENTORY)
def foreign_status(request: TenantRequest, request_id: UUID) -> HttpResponse:
    """The updating part: 204 while nothing changed since `seen`, 286 once nothing moves any more."""
    found = find_foreign(request, request_id)
    progress = progress_of(request, found)
    final = ForeignState(found.state) in FINAL_STATES
    if request.GET.get("seen") == progress["version"] and not final:
        return HttpResponse(status=204)
    return render(
        request, "certificates/foreigners/progress.html", progress, status=STOP_POLLING if final else 200
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
        messages.error(request, f"{sentence_of(refusal)} {told(found.pk)}".strip())
    else:
        messages.success(request, str(done))
    return redirect("foreign", found.pk)


@page(Permission.REQUEST_CERTIFICATE, methods=("POST",))
def foreign_confirmed(request: TenantRequest, request_id: UUID) -> HttpResponse:
    """The person has confirmed on line."""
    return _act(request, request_id, note_confirmed, _("Noted. We ask for the certificate now."))


@page(Permission.REQUEST_CERTIFICATE, methods=("POST",))
def foreign_unconfirmed(request: TenantRequest, request_id: UUID) -> HttpResponse:
    """It was told too early."""
    return _act(request, request_id, note_unconfirmed, _("Noted. The identity is still to be confirmed."))


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
