"""Papers: the list, one paper, and what is noted about it."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certificates.domain.lifecycle import Environment
from certificates.domain.papers import GROUPS, MOVES, PERSONAL, PaperKind, PaperState, PaperTime
from certificates.models import Paper
from certificates.services.papers.keep_signed_copy import check_copy_size, keep_signed_copy
from certificates.services.papers.move import move_paper
from certificates.services.papers.read import read_copy, read_document
from certificates.web.papers.words import (
    PAPER_EXPLANATIONS,
    PAPER_MOVES,
    PAPER_STATES,
    PAPER_TIMES,
    page_words,
)
from certificates.web.parts.words import ENVIRONMENTS
from organisations.domain.identifiers import mask_ssins
from organisations.domain.mandates import belgian_day
from organisations.domain.roles import Permission
from organisations.errors import DomainError
from organisations.keyset import page_of
from organisations.selectors import events_about
from organisations.services.audit import Actor
from organisations.web.forms import DayInput
from organisations.web.pages import page, sentence_of
from organisations.web.record.lines import lines_of
from organisations.web.record.meanwhile import hold
from organisations.web.tenancy import TenantRequest
from organisations.web.words import Label

SIZE = 50
MOVED = ("paper_sent", "paper_accepted", "paper_ended")
COPIED = ("paper_copy_kept", "paper_ended")
MASKED = "••.••.••-•••.••"


@dataclass(frozen=True)
class PaperRow:
    """One paper with its words."""

    paper: Paper
    title: str
    state: Label
    environment: str
    time: Label | None
    days_left: int | None

    @property
    def is_acceptance(self) -> bool:
        """True for the environment that is only for testing."""
        return self.paper.environment == Environment.ACCEPTANCE


def paper_row(paper: Paper, today: date) -> PaperRow:
    """Return `paper` with its words on `today`."""
    in_use = paper.state != PaperState.ENDED
    time = paper.time(today)
    return PaperRow(
        paper,
        page_words().papers[paper.kind].title,
        PAPER_STATES[PaperState(paper.state)],
        str(ENVIRONMENTS[Environment(paper.environment)]),
        PAPER_TIMES.get(time) if in_use else None,
        (paper.ends_on - today).days if in_use and time is PaperTime.ENDS_SOON and paper.ends_on else None,
    )


@page(Permission.SEE_INVENTORY)
def papers(request: TenantRequest) -> HttpResponse:
    """All papers, newest first; those that end soon are named above."""
    here, today = request.tenancy.organisation, belgian_day(timezone.now())
    kind, state = request.GET.get("kind", "")[:30], request.GET.get("state", "")[:10]
    after = request.GET.get("after")
    rows = Paper.objects.filter(organisation=here).without_documents()
    found = page_of(
        rows.of_kind(kind).in_state(state), by="drafted_at", after=after, size=SIZE, descending=True
    )
    words = page_words()
    context = {
        "rows": [paper_row(one, today) for one in found.rows],
        "ending": [paper_row(one, today) for one in rows.ending_soon(today).order_by("ends_on", "pk")[:10]],
        "kind": kind,
        "state": state,
        "kinds": [(one.value, words.papers[one.value].title) for one in PaperKind],
        "states": [(one.value, PAPER_STATES[one]) for one in PaperState],
        "next_cursor": found.next_cursor,
        "continued": bool(after),
    }
    return render(request, "certificates/papers/list.html", context)


def find_paper(request: TenantRequest, paper_id: UUID) -> Paper:
    """Return a paper of the current organisation without its documents, or answer 404."""
    return get_object_or_404(_papers(request), pk=paper_id)


def _papers(request: TenantRequest) -> "QuerySet[Paper]":
    rows = Paper.objects.filter(organisation=request.tenancy.organisation)
    rows = rows.select_related("drafted_by", "copy_uploaded_by", "foreign_request")
    return rows.defer(
        "sealed_document", "sealed_copy", "foreign_request__sealed_dn", "foreign_request__sealed_csr"
    )


class DayForm(forms.Form):
    """On which day something happened to a paper."""

    to = forms.ChoiceField(choices=[(one.value, one.value) for one in PAPER_MOVES])
    on = forms.DateField(label=_("On"), widget=DayInput)


class CopyForm(forms.Form):
    """The signed copy."""

    copy = forms.FileField(
        label=_("Signed copy"),
        help_text=_("One PDF of at most 5 MB. It is kept encrypted."),
        widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf"}),
    )


def _facts(paper: Paper) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return headings and facts as they stand on the paper; numbers of the national register are masked."""
    words, values = page_words(), paper.values
    shown = []
    for group in GROUPS[PaperKind(paper.kind)]:
        names = [*group.known, *(field.name for field in group.typed)]
        facts = [
            (words.fields[name], MASKED if name in PERSONAL else mask_ssins(values.get(name, "")))
            for name in names
            if name != "environment"
        ]
        shown.append((words.groups[group.name], facts))
    return shown


@page(Permission.SEE_INVENTORY)
def paper(request: TenantRequest, paper_id: UUID) -> HttpResponse:
    """One paper: what stands in it, where it stands, what happened to it."""
    found = find_paper(request, paper_id)
    today = belgian_day(timezone.now())
    may_change = request.tenancy.may(Permission.REQUEST_CERTIFICATE)
    readable = found.is_readable
    context = {
        "row": paper_row(found, today),
        "paper": found,
        "explanation": PAPER_EXPLANATIONS[PaperState(found.state)],
        "groups": _facts(found) if readable else [],
        "readable": readable,
        "may_read": not found.is_personal or request.tenancy.may(Permission.SEE_SSIN),
        "may_read_copy": request.tenancy.may(Permission.SEE_SSIN),
        "moves": [
            (to.value, PAPER_MOVES[to], to is PaperState.ENDED)
            for to in PAPER_MOVES
            if may_change and to in MOVES[PaperState(found.state)]
        ],
        "today": today,
        "copy_form": CopyForm() if may_change and found.state != PaperState.ENDED else None,
        "foreign_request": getattr(found, "foreign_request", None),
        "lines": lines_of(events_about(found.pk)),
    }
    return render(request, "certificates/papers/page.html", context)


@page(Permission.REQUEST_CERTIFICATE, methods=("POST",))
def paper_move(request: TenantRequest, paper_id: UUID) -> HttpResponse:
    """Note that it was sent, accepted or has ended."""
    find_paper(request, paper_id)
    form = DayForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Give the day on which that happened."))
        return redirect("paper", paper_id)
    try:
        found = hold(request, _papers(request), paper_id, stands=lambda one: one.state, done=MOVED)
        move_paper(
            found,
            PaperState(form.cleaned_data["to"]),
            on=form.cleaned_data["on"],
            actor=Actor.of(request.tenancy),
            now=timezone.now(),
        )
    except DomainError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        messages.success(request, _("Noted."))
    return redirect("paper", paper_id)


@page(Permission.REQUEST_CERTIFICATE, methods=("POST",))
def paper_upload(request: TenantRequest, paper_id: UUID) -> HttpResponse:
    """Keep the signed copy."""
    find_paper(request, paper_id)
    sent = request.FILES.get("copy")
    try:
        found = hold(request, _papers(request), paper_id, stands=lambda one: one.copy_digest, done=COPIED)
        check_copy_size(sent.size or 0 if sent is not None else 0)  # before any of it is read into memory
        content = sent.read() if sent is not None else b""
        keep_signed_copy(
            found,
            content,
            user=request.tenancy.user,
            actor=Actor.of(request.tenancy),
            now=timezone.now(),
        )
    except DomainError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        messages.success(request, _("The signed copy is kept."))
    return redirect("paper", paper_id)


@page(Permission.SEE_INVENTORY)
def paper_document(request: TenantRequest, paper_id: UUID) -> HttpResponse:
    """The PDF to print; one with a personal number is refused to who may not see numbers."""
    found = _whole(request, paper_id)
    if found.is_personal:
        request.tenancy.require(Permission.SEE_SSIN)
    content = read_document(found, actor=Actor.of(request.tenancy), now=timezone.now())
    return as_pdf(content, f"{found.kind}-{found.reference}")


@page(Permission.SEE_SSIN)
def paper_copy(request: TenantRequest, paper_id: UUID) -> HttpResponse:
    """The signed copy as it was uploaded; nobody knows what stands on a scan, so it takes the right to see numbers."""
    found = _whole(request, paper_id)
    content = read_copy(found, actor=Actor.of(request.tenancy), now=timezone.now())
    if content is None:
        raise Http404
    return as_pdf(content, f"{found.kind}-{found.reference}-signed")


def _whole(request: TenantRequest, paper_id: UUID) -> Paper:
    return get_object_or_404(Paper, organisation=request.tenancy.organisation, pk=paper_id)


def as_pdf(content: bytes, name: str) -> HttpResponse:
    """Return a PDF that browsers save and never show: what is in an upload is not ours."""
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return response
