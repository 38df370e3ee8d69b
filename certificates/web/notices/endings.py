"""What ends besides certificates: who was and will be told of it, and the rules for each kind of thing."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates.domain.watch.endings import DEFAULTS, FOR_OUTSIDE, PERSONAL, About
from certificates.domain.watch.notices import OPENS, Policy
from certificates.errors.care import RulesChanged
from certificates.models import EndingPolicy
from certificates.services.notices.endings import EndingWishes, forget_ending_rules, keep_ending_rules
from certificates.services.notices.rules import steps_in
from certificates.services.reminders.endings import AHEAD, endings_ahead
from certificates.web.notices.form import WishesForm
from certificates.web.notices.moments import moment_in
from organisations.errors import DomainError
from organisations.models import Organisation
from organisations.services.audit import Actor
from organisations.web.pages import MANAGE, page, sentence_of, show_refusal
from organisations.web.tenancy import TenantRequest
from organisations.web.words import Text

ABOUT: dict[About, Text] = {
    About.MANDATE: gettext_lazy("Mandates"),
    About.CARD: gettext_lazy("Identity cards"),
    About.PAPER: gettext_lazy("Papers"),
    About.TRUSTED: gettext_lazy("What software must trust"),
}


class EndingRulesForm(WishesForm):
    """When and to whom the ends of one kind of thing are told."""

    holders_from = forms.IntegerField(
        label=gettext_lazy("Whom it concerns is told from so many days before the end"),
        min_value=0,
        max_value=OPENS,
        required=False,
        help_text=gettext_lazy("Empty for never."),
    )
    escalate_after = forms.IntegerField(
        label=gettext_lazy("When nobody takes care within so many days, tell the administrators again"),
        min_value=1,
        max_value=OPENS,
        required=False,
        help_text=gettext_lazy("Empty for never."),
    )
    field_order = (
        *("steps", "administrators", "holders_from", "correspondents", "escalate_after", "by_mail", "seen"),
    )

    def __init__(self, organisation: Organisation, about: About, *args: Any, **kwargs: Any) -> None:
        super().__init__(organisation, *args, outside=about in FOR_OUTSIDE, **kwargs)
        if about not in PERSONAL:
            del self.fields["holders_from"]

    @property
    def wishes(self) -> Policy:
        """What was given, as rules. Raises BadSteps."""
        given = self.cleaned_data
        return Policy(
            steps=steps_in(given["steps"]),
            again_after=0,
            administrators=given["administrators"],
            holders_from=given.get("holders_from"),
            by_mail=given["by_mail"],
            escalate_after=given["escalate_after"],
            correspondents=frozenset(UUID(one) for one in given.get("correspondents", ())),
        )


@page(MANAGE)
def endings(request: TenantRequest) -> HttpResponse:
    """Show what else ends, and what was and will be told of it; and the rules by which it is."""
    organisation, now = request.tenancy.organisation, timezone.now()
    found, wishes = endings_ahead(organisation, now=now), EndingWishes(organisation)
    own = set(EndingPolicy.objects.filter(organisation=organisation).values_list("about", flat=True))
    subjects = [
        {
            "about": about.value,
            "name": name,
            "rules": _rules(about, wishes),
            "own": about.value in own,
            "lines": [
                {"note": one.ending.write(request.tenancy.user), "ahead": one}
                for one in sorted(found[about], key=lambda one: one.ending.ends_at)
            ],
        }
        for about, name in ABOUT.items()
    ]
    return render(
        request, "certificates/notices/endings.html", {"subjects": subjects, "days": AHEAD.days, "now": now}
    )


def _rules(about: About, wishes: EndingWishes) -> dict[str, object]:
    policy = wishes.policy_of(about)
    return {
        "policy": policy,
        "steps": ", ".join(str(one) for one in policy.steps),
        "outside": wishes.correspondents(about),
    }


@page(MANAGE, methods=("GET", "POST"))
def ending_rules(request: TenantRequest, about: str) -> HttpResponse:
    """Change the rules for one kind of thing; who changes them second is shown what stands there now."""
    if about not in set(About):
        raise Http404
    subject, organisation = About(about), request.tenancy.organisation
    row = EndingPolicy.objects.filter(organisation=organisation, about=about).first()
    form = EndingRulesForm(organisation, subject, request.POST or None, initial=_initial(subject, row))
    if request.method == "POST" and form.is_valid():
        seen = form.cleaned_data["seen"]
        try:
            keep_ending_rules(
                organisation,
                subject,
                form.wishes,
                seen=moment_in(seen) if seen else None,
                actor=Actor.of(request.tenancy),
                now=timezone.now(),
            )
        except RulesChanged as refusal:
            messages.error(request, sentence_of(refusal))
            return redirect("ending-rules", about)
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The rules are kept."))
            return redirect("endings")
    context = {"form": form, "title": ABOUT[subject], "submit": _("Keep the rules"), "back": "endings"}
    status = 422 if form.errors else 200
    return render(request, "organisations/notices/form.html", context, status=status)


@page(MANAGE, methods=("POST",))
def ending_rules_forget(request: TenantRequest, about: str) -> HttpResponse:
    """Let the rules that come with ehportal count again."""
    row = get_object_or_404(EndingPolicy, organisation=request.tenancy.organisation, about=about)
    forget_ending_rules(row, actor=Actor.of(request.tenancy), now=timezone.now())
    messages.success(request, _("The rules that come with ehportal count again."))
    return redirect("endings")


def _initial(about: About, row: EndingPolicy | None) -> dict[str, Any]:
    policy = row.wishes if row else DEFAULTS[about]
    return {
        "steps": ", ".join(str(one) for one in policy.steps),
        "administrators": policy.administrators,
        "holders_from": policy.holders_from,
        "correspondents": [str(one) for one in policy.correspondents],
        "escalate_after": policy.escalate_after,
        "by_mail": policy.by_mail,
        "seen": row.changed_at.isoformat() if row else "",
    }
