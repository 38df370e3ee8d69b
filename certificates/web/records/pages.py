"""The government's own records: ask, wait for the card, and decide about each proposal."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from certificates.domain.lifecycle import Environment
from certificates.models import RecordProposal, RecordsInquiry
from certificates.models.records import ProposalState
from certificates.selectors.records import inquiries_page, inquiry_counts, proposals_page
from certificates.services.records.ask import ask_records, cancel_records, with_card
from certificates.services.records.decide import Decided, accept, dismiss
from certificates.web.parts.letters import letter_lines
from certificates.web.parts.rows import problem_view
from certificates.web.parts.words import ENVIRONMENTS
from certificates.web.records.rows import groups_of, inquiry_row
from organisations.access import Tenancy
from organisations.domain.roles import Permission
from organisations.errors import DomainError, NotPermitted
from organisations.models import Person
from organisations.selectors import people_of, works_for
from organisations.services.audit import Actor
from organisations.web.pages import page, sentence_of, show_refusal
from organisations.web.record.meanwhile import told
from organisations.web.tenancy import TenantRequest

MOST_DECIDED_ONE_BY_ONE, MOST_NAMED = 200, 3


def _people(tenancy: Tenancy) -> Any:
    """Return whose card may be asked for: anybody's by who requests certificates, else one's own."""
    people = people_of(tenancy.organisation)
    if tenancy.may(Permission.REQUEST_CERTIFICATE):
        return people
    return people.filter(user=tenancy.user)


def _require(tenancy: Tenancy) -> None:
    if not (tenancy.may(Permission.REQUEST_CERTIFICATE) or tenancy.may(Permission.SIGN_REQUEST)):
        raise NotPermitted(Permission.REQUEST_CERTIFICATE)


class RecordsForm(forms.Form):
    """Whose card, and which environment."""

    holder_id: "forms.ModelChoiceField[Person]" = forms.ModelChoiceField(
        label=gettext_lazy("Person"),
        queryset=None,
        help_text=gettext_lazy("The government answers for the mandates of this person, whose card signs."),
    )
    environment = forms.ChoiceField(
        label=gettext_lazy("Environment"),
        choices=[(one.value, ENVIRONMENTS[one]) for one in Environment],
        initial=Environment.PRODUCTION.value,
    )

    def __init__(self, tenancy: Tenancy, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = with_card(_people(tenancy))
        field = self.fields["holder_id"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  # narrows the declared field for the type checker
        field.queryset = _people(tenancy).filter(pk__in=[one.pk for one in people])
        field.empty_label = str(_("Choose"))
        field.initial = next((one.pk for one in people if one.user_id == tenancy.user.pk), None)


@page(Permission.SEE_INVENTORY, methods=("GET", "POST"))
def records(request: TenantRequest) -> HttpResponse:
    """What was asked, newest first, and the form that asks."""
    _require(request.tenancy)
    form = RecordsForm(request.tenancy, request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            made = ask_records(
                request.tenancy.organisation,
                holder=form.cleaned_data["holder_id"],
                environment=Environment(form.cleaned_data["environment"]),
                requested_by=request.tenancy.user,
                actor=Actor.of(request.tenancy),
                now=timezone.now(),
            )
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            return redirect("records-inquiry", made.pk)
    after = request.GET.get("after")
    found = inquiries_page(request.tenancy, after=after)
    context = {
        "form": form,
        "rows": [inquiry_row(one, timezone.now()) for one in found.rows],
        "next_cursor": found.next_cursor,
        "continued": bool(after),
    }
    return render(request, "certificates/records/list.html", context, status=422 if form.errors else 200)


def _find(request: TenantRequest, inquiry_id: UUID) -> RecordsInquiry:
    """Return an inquiry that this member may see: all of them, or those with the own card."""
    _require(request.tenancy)
    rows = RecordsInquiry.objects.filter(organisation=request.tenancy.organisation)
    if not request.tenancy.may(Permission.REQUEST_CERTIFICATE):
        rows = rows.filter(holder__user=request.tenancy.user)
    return get_object_or_404(
        rows.select_related("holder", "requested_by", "organisation", "job"), pk=inquiry_id
    )


@page(Permission.SEE_INVENTORY)
def inquiry(request: TenantRequest, inquiry_id: UUID) -> HttpResponse:
    """One inquiry: the card that is needed, or the proposals that came of it."""
    found, now = _find(request, inquiry_id), timezone.now()
    after = request.GET.get("after")
    proposals = proposals_page(found, after=after)
    counts = inquiry_counts(found, request.tenancy)
    waiting = found.waits_at(now)
    is_holder = found.holder.user_id == request.tenancy.user.pk
    context = {
        "row": inquiry_row(found, now),
        "found": found,
        "waiting": waiting,
        "lapsed": found.lapsed_at(now),
        "is_holder": is_holder,
        "without_device": waiting
        and is_holder
        and not works_for(request.tenancy.user, request.tenancy.organisation),
        "may_cancel": waiting and (is_holder or request.tenancy.may(Permission.REQUEST_CERTIFICATE)),
        "groups": groups_of(proposals.rows, request.tenancy),
        "next_cursor": proposals.next_cursor,
        "continued": bool(after),
        "problem": problem_view(found.problem),
        "counts": counts,
        "letters": letter_lines(found.pk, found.holder) if waiting and not is_holder else None,
        "sees_answers": request.tenancy.may(Permission.REQUEST_CERTIFICATE),
    }
    return render(request, "certificates/records/inquiry.html", context)


@page(Permission.SEE_INVENTORY)
def inquiry_status(request: TenantRequest, inquiry_id: UUID) -> HttpResponse:
    """204 while the card is waited for; afterwards the page is loaded anew."""
    if _find(request, inquiry_id).waits_at(timezone.now()):
        return HttpResponse(status=204)
    return HttpResponse(status=286, headers={"HX-Refresh": "true"})


@page(Permission.SEE_INVENTORY, methods=("POST",))
def inquiry_cancel(request: TenantRequest, inquiry_id: UUID) -> HttpResponse:
    """Withdraw the question before it was signed."""
    found = _find(request, inquiry_id)
    try:
        cancel_records(found, actor=Actor.of(request.tenancy), now=timezone.now())
    except DomainError as refusal:
        messages.error(request, f"{sentence_of(refusal)} {told(found.pk)}".strip())
    else:
        messages.success(request, _("Nothing will be asked."))
    return redirect("records")


def _chosen(request: TenantRequest) -> list[UUID]:
    chosen = []
    for text in request.POST.getlist("proposal")[:MOST_DECIDED_ONE_BY_ONE]:
        try:
            chosen.append(UUID(text))
        except ValueError:
            continue
    return chosen


def _decided_before(inquiry: RecordsInquiry, chosen: list[UUID]) -> list[str]:
    """Return who decided what of the `chosen` before, once for each thing that it is about."""
    rows = RecordProposal.objects.filter(inquiry=inquiry, pk__in=chosen).exclude(state=ProposalState.OPEN)
    about = dict.fromkeys(one.certificate_id or inquiry.pk for one in rows.only("certificate_id", "state"))
    return [told(key, "proposal_accepted", "proposal_dismissed") for key in list(about)[:MOST_NAMED]]


def _refusals(decided: Decided) -> list[str]:
    """Return each reason once, with the first of those that it is about."""
    about: dict[str, list[str]] = {}
    for name, refusal in decided.refused:
        about.setdefault(sentence_of(refusal), []).append(name)
    lines = []
    for sentence, names in about.items():
        named, more = ", ".join(names[:MOST_NAMED]), len(names) - MOST_NAMED
        if more > 0:
            named = _("%(names)s and %(count)d more") % {"names": named, "count": more}
        lines.append(f"{named}: {sentence}")
    return lines


@page(Permission.SEE_INVENTORY, methods=("POST",))
def inquiry_decide(request: TenantRequest, inquiry_id: UUID) -> HttpResponse:
    """Take over or leave what is ticked, or everything that can be taken over."""
    found = _find(request, inquiry_id)
    deed = request.POST.get("deed", "")
    acts: dict[str, Callable[[], Decided]] = {
        "accept": lambda: accept(found, _chosen(request), tenancy=request.tenancy, now=timezone.now()),
        "accept-all": lambda: accept(found, None, tenancy=request.tenancy, now=timezone.now()),
        "dismiss": lambda: dismiss(found, _chosen(request), tenancy=request.tenancy, now=timezone.now()),
    }
    if deed not in acts:
        return HttpResponse(status=400)
    before = _decided_before(found, _chosen(request))
    decided = acts[deed]()
    for sentence in before:
        messages.error(request, sentence)
    if decided.settled:
        sentence = (
            ngettext("%(count)d was left as it is.", "%(count)d were left as they are.", decided.settled)
            if deed == "dismiss"
            else ngettext("%(count)d was taken over.", "%(count)d were taken over.", decided.settled)
        )
        messages.success(request, sentence % {"count": decided.settled})
    for line in _refusals(decided):
        messages.error(request, line)
    if not decided.settled and not decided.refused and not before:
        messages.warning(request, _("Nothing was ticked that can be decided."))
    return redirect("records-inquiry", found.pk)
