"""The rules by which an organisation hears of ends: shown in words, changed one at a time."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates.domain.lifecycle import Environment
from certificates.domain.watch.notices import LAST_SAFE, OPENS, Policy
from certificates.errors.care import RulesChanged
from certificates.models import NoticePolicy, Tag
from certificates.services.notices.rules import For, keep_rules, remove_rules, steps_in
from certificates.web.notices.form import WishesForm
from certificates.web.notices.moments import moment_in
from certificates.web.parts.words import ENVIRONMENTS
from organisations.domain.roles import Permission
from organisations.domain.webhooks import Topic
from organisations.errors import DomainError
from organisations.models import Correspondent, Organisation
from organisations.services.audit import Actor
from organisations.services.notices.quiet import keep_quiet_hours
from organisations.services.webhooks.keep import listening_to
from organisations.web.pages import MANAGE, page, sentence_of, show_refusal
from organisations.web.tenancy import TenantRequest

HOURS = [(hour, f"{hour}:00") for hour in range(24)]


class QuietForm(forms.Form):
    """From which hour until which nothing leaves that can wait."""

    begin = forms.TypedChoiceField(
        label=gettext_lazy("From"), coerce=int, empty_value=None, required=False, choices=[("", "–"), *HOURS]
    )
    end = forms.TypedChoiceField(
        label=gettext_lazy("Until"), coerce=int, empty_value=None, required=False, choices=[("", "–"), *HOURS]
    )


class RulesForm(WishesForm):
    """When and to whom the ends of some certificates are told."""

    environment = forms.ChoiceField(label=gettext_lazy("Environment"), required=False)
    tag = forms.ChoiceField(label=gettext_lazy("Tag"), required=False)
    again_after = forms.IntegerField(
        label=gettext_lazy("After the end, again every so many days"),
        min_value=0,
        max_value=30,
        help_text=gettext_lazy("For a month, until it is renewed. 0 for one letter alone."),
    )
    holders_from = forms.IntegerField(
        label=gettext_lazy("Whoever signs is told from so many days before the end"),
        min_value=0,
        max_value=OPENS,
        required=False,
        help_text=gettext_lazy(
            "Empty for never. Whoever is asked to sign is told of that at once, whatever stands here."
        ),
    )
    carers = forms.BooleanField(
        label=gettext_lazy("The owner is told, and whoever has it on the own list"), required=False
    )
    escalate_after = forms.IntegerField(
        label=gettext_lazy(
            "When nobody takes care within so many days, tell the administrators and the addresses outside"
        ),
        min_value=1,
        max_value=OPENS,
        required=False,
        help_text=gettext_lazy("Empty for never."),
    )
    by_webhook = forms.BooleanField(
        label=gettext_lazy("To your own systems"),
        required=False,
        help_text=gettext_lazy(
            "Webhooks that are to hear of ends; they are made on the organisation's page."
        ),
    )
    field_order = (
        *("environment", "tag", "steps", "again_after", "administrators", "holders_from", "carers"),
        *("correspondents", "escalate_after", "by_mail", "by_webhook", "seen"),
    )

    def __init__(self, organisation: Organisation, *args: Any, known: bool, **kwargs: Any) -> None:
        super().__init__(organisation, *args, **kwargs)
        self.fields["steps"].help_text = _(
            "From %(first)d, the day from which it can be renewed, to 0, the last day itself. The last safe day, "
            "%(safe)d days before the end, is always told."
        ) % {"first": OPENS, "safe": LAST_SAFE}
        if known:
            del self.fields["environment"], self.fields["tag"]
            return
        self.choose(
            "environment", [("", _("All")), *((one, str(name)) for one, name in ENVIRONMENTS.items())]
        )
        tags = Tag.objects.filter(organisation=organisation).order_by("text").values_list("text", flat=True)
        self.choose("tag", [("", _("All")), *((one, one) for one in tags.distinct())])

    @property
    def wishes(self) -> Policy:
        """What was given, as rules. Raises BadSteps."""
        given = self.cleaned_data
        return Policy(
            steps=steps_in(given["steps"]),
            again_after=given["again_after"],
            administrators=given["administrators"],
            holders_from=given["holders_from"],
            carers=given["carers"],
            by_mail=given["by_mail"],
            by_webhook=given["by_webhook"],
            escalate_after=given["escalate_after"],
            correspondents=frozenset(UUID(one) for one in given.get("correspondents", ())),
        )


@page(Permission.SEE_INVENTORY)
def notice_rules(request: TenantRequest) -> HttpResponse:
    """Show all rules, the addresses outside, and the quiet hours."""
    organisation = request.tenancy.organisation
    rows = list(NoticePolicy.objects.filter(organisation=organisation))
    correspondents = list(Correspondent.objects.filter(organisation=organisation, ended_at=None))
    names = {one.pk: one.name for one in correspondents}
    rows.sort(key=lambda one: (not one.tag, not one.environment))  # the closest first
    lines = [_line(one, one.wishes, names) for one in rows]
    if not any(not one.environment and not one.tag for one in rows):
        lines.append(_line(None, Policy(), names))
    quiet = {"begin": organisation.quiet_from, "end": organisation.quiet_until}
    return render(
        request,
        "certificates/notices/rules.html",
        {
            "lines": lines,
            "correspondents": correspondents,
            "systems": [str(one) for one in listening_to(organisation, Topic.ENDS)],
            "quiet": quiet,
            "quiet_form": QuietForm(initial=quiet, auto_id="quiet-%s"),
        },
    )


def _line(row: NoticePolicy | None, policy: Policy, names: dict[UUID, str]) -> dict[str, Any]:
    return {
        "row": row,
        "environment": str(ENVIRONMENTS[Environment(row.environment)]) if row and row.environment else "",
        "tag": row.tag if row else "",
        "policy": policy,
        "steps": ", ".join(str(one) for one in policy.steps),
        "outside": sorted(names[key] for key in policy.correspondents if key in names),
    }


@page(MANAGE, methods=("GET", "POST"))
def rules_new(request: TenantRequest) -> HttpResponse:
    """Write rules for certificates that have none of their own yet."""
    organisation = request.tenancy.organisation
    initial = _initial(Policy(), None)
    form = RulesForm(organisation, request.POST or None, known=False, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        answer = _kept(request, form, For(given["environment"], given["tag"]), None)
        if answer is not None:
            return answer
    return _form_page(request, form, _("New rules"))


@page(MANAGE, methods=("GET", "POST"))
def rules_change(request: TenantRequest, policy_id: UUID) -> HttpResponse:
    """Change rules; who changes them second is shown what stands there now."""
    organisation = request.tenancy.organisation
    row = get_object_or_404(NoticePolicy, organisation=organisation, pk=policy_id)
    initial = _initial(row.wishes, row.changed_at)
    form = RulesForm(organisation, request.POST or None, known=True, initial=initial)
    if request.method == "POST" and form.is_valid():
        seen = moment_in(form.cleaned_data["seen"])
        try:
            answer = _kept(request, form, For(row.environment, row.tag), seen)
        except RulesChanged as refusal:
            messages.error(request, sentence_of(refusal))
            return redirect("rules-change", row.pk)
        if answer is not None:
            return answer
    return _form_page(request, form, _("Change the rules"))


def _kept(request: TenantRequest, form: RulesForm, which: For, seen: datetime | None) -> HttpResponse | None:
    """Keep what the form says and go back to the list; None where it is refused beside the field."""
    try:
        keep_rules(
            request.tenancy.organisation,
            which,
            form.wishes,
            seen=seen,
            actor=Actor.of(request.tenancy),
            now=timezone.now(),
        )
    except RulesChanged:
        raise
    except DomainError as refusal:
        show_refusal(form, refusal)
        return None
    messages.success(
        request, _("The rules are kept. Each certificate's page of notices shows what follows from them.")
    )
    return redirect("notice-rules")


def _initial(policy: Policy, seen: datetime | None) -> dict[str, Any]:
    return {
        "steps": ", ".join(str(one) for one in policy.steps),
        "again_after": policy.again_after,
        "administrators": policy.administrators,
        "holders_from": policy.holders_from,
        "carers": policy.carers,
        "correspondents": [str(one) for one in policy.correspondents],
        "escalate_after": policy.escalate_after,
        "by_mail": policy.by_mail,
        "by_webhook": policy.by_webhook,
        "seen": seen.isoformat() if seen else "",
    }


def _form_page(request: TenantRequest, form: RulesForm, title: str) -> HttpResponse:
    context = {
        "form": form,
        "title": title,
        "intro": _(
            "The closest rules count: for a tag in an environment, a tag, an environment, and everything else."
        ),
        "submit": _("Keep the rules"),
        "back": "notice-rules",
    }
    status = 422 if form.errors else 200
    return render(request, "organisations/notices/form.html", context, status=status)


@page(MANAGE, methods=("POST",))
def rules_remove(request: TenantRequest, policy_id: UUID) -> HttpResponse:
    """Take rules away."""
    row = get_object_or_404(NoticePolicy, organisation=request.tenancy.organisation, pk=policy_id)
    remove_rules(row, actor=Actor.of(request.tenancy), now=timezone.now())
    messages.success(request, _("The rules are gone; the next closest ones count now."))
    return redirect("notice-rules")


@page(MANAGE, methods=("POST",))
def quiet_hours(request: TenantRequest) -> HttpResponse:
    """Keep the hours in which nothing leaves that can wait."""
    form = QuietForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        actor, now = Actor.of(request.tenancy), timezone.now()
        keep_quiet_hours(request.tenancy.organisation, given["begin"], given["end"], actor=actor, now=now)
        messages.success(request, _("The quiet hours are kept."))
    return redirect("notice-rules")
