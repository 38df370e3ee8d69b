"""Drawing up a paper: which kind, then what stands in it."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from certificates.domain.lifecycle import Environment
from certificates.domain.papers import (
    ACCEPTANCE_KINDS,
    GROUPS,
    WITH_PERSON,
    Field,
    PaperKind,
    typed_fields,
)
from certificates.services.papers.draft import PaperWish, draft_paper
from certificates.web.papers.words import page_words
from certificates.web.parts.words import ENVIRONMENTS
from organisations.domain.mandates import belgian_day
from organisations.domain.roles import Permission
from organisations.errors import DomainError
from organisations.models import Organisation, Person
from organisations.selectors import identifiers_of, people_of
from organisations.services.audit import Actor
from organisations.web.forms import DayInput, IdentifierChoice
from organisations.web.pages import page, show_refusal
from organisations.web.tenancy import TenantRequest

GOVERNMENT_LANGUAGES = frozenset({"nl", "fr", "de"})
"""Languages of a reader in which a paper is drawn up unless another is chosen."""

HINTS = {
    "profiles": _("One profile a line: what the user is, and how many of them."),
    "purpose": _("In a few sentences: what is tested, and why that needs a certificate."),
}


@page(Permission.REQUEST_CERTIFICATE)
def paper_kinds(request: TenantRequest) -> HttpResponse:
    """Which paper: each with what it is for."""
    words = page_words()
    kinds = [
        (kind.value, words.papers[kind.value], kind in ACCEPTANCE_KINDS)
        for kind in PaperKind
        if kind is not PaperKind.FOREIGN_DECLARATION
    ]
    return render(request, "certificates/papers/kinds.html", {"kinds": kinds})


class PaperForm(forms.Form):
    """The fields of one kind of paper; their labels are the paper's own words in the page's language."""

    language = forms.ChoiceField(label=_("Language of the paper"), choices=settings.LANGUAGES)
    identifier_id = IdentifierChoice(label=_("Organisation's number"), queryset=None)
    starts_on = forms.DateField(label=_("First day"), widget=DayInput)
    ends_on = forms.DateField(label=_("Last day"), widget=DayInput, required=False)

    def __init__(self, kind: PaperKind, organisation: Organisation, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.typed = tuple(field.name for field in typed_fields(kind))
        self._choose("identifier_id", identifiers_of(organisation))
        self.fields["ends_on"].required = kind in ACCEPTANCE_KINDS
        if kind in WITH_PERSON:
            self.fields["person_id"] = forms.ModelChoiceField(label=_("Person"), queryset=None)
            self._choose("person_id", people_of(organisation))
        for field in typed_fields(kind):
            self.fields[field.name] = form_field(field)

    def _choose(self, name: str, rows: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  # narrows the declared field for the type checker
        field.queryset = rows
        field.empty_label = str(_("Choose"))

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return headings and fields in the paper's order."""
        words = page_words()
        shown = []
        for group in GROUPS[self.kind]:
            fields = [self[field.name] for field in group.typed]
            if group.name in {"employee", "care_provider"}:
                fields.insert(0, self["person_id"])
            if group.name == "organisation":
                fields.insert(0, self["identifier_id"])
            if fields:
                shown.append((words.groups[group.name], fields))
        return shown

    def wish(self) -> PaperWish:
        """Return what was filled in."""
        given = self.cleaned_data
        person: Person | None = given.get("person_id")
        return PaperWish(
            kind=self.kind,
            language=given["language"],
            identifier_id=given["identifier_id"].pk,
            values={name: given[name] for name in self.typed},
            starts_on=given["starts_on"],
            ends_on=given["ends_on"],
            person_id=person.pk if person else None,
            environment=Environment.ACCEPTANCE if self.kind in ACCEPTANCE_KINDS else Environment.PRODUCTION,
        )


def form_field(field: Field) -> forms.Field:
    """Return the form's field for one field of a paper, labelled in the page's language."""
    label, hint = page_words().fields[field.name], HINTS.get(field.name, "")
    if field.kind == "email":
        return forms.EmailField(label=label, required=field.required, max_length=field.most, help_text=hint)
    widget = forms.Textarea(attrs={"rows": 4}) if field.kind == "lines" else forms.TextInput()
    return forms.CharField(
        label=label, required=field.required, max_length=field.most, widget=widget, help_text=hint
    )


def _prefilled(request: TenantRequest, kind: PaperKind, today: date) -> dict[str, object]:
    """Return what the platform knows: number, language, period, and who is asking."""
    here, user = request.tenancy.organisation, request.tenancy.user
    first = identifiers_of(here).first()
    reader = get_language()
    known: dict[str, object] = {
        "language": reader if reader in GOVERNMENT_LANGUAGES else here.language,
        "identifier_id": first.pk if first else None,
        "starts_on": today,
        "contact_name": user.full_name,
        "contact_email": user.email,
        "lead_name": user.full_name,
        "lead_email": user.email,
    }
    if kind is PaperKind.SOFTWARE_HOUSE:
        known = {name: value for name, value in known.items() if not name.startswith("contact")}
    if kind in WITH_PERSON:
        known["person_id"] = request.GET.get("person", "")[:36]
    if kind in ACCEPTANCE_KINDS:
        known["ends_on"] = today + timedelta(days=364)
    return known


@page(Permission.REQUEST_CERTIFICATE, methods=("GET", "POST"))
def paper_new(request: TenantRequest, kind: str) -> HttpResponse:
    """The form of one kind; once it holds, the paper is there to be printed."""
    if kind not in set(PaperKind) or kind == PaperKind.FOREIGN_DECLARATION:
        raise Http404  # the declaration is drawn up with its request
    here, chosen = request.tenancy.organisation, PaperKind(kind)
    today = belgian_day(timezone.now())
    form = PaperForm(chosen, here, request.POST or None, initial=_prefilled(request, chosen, today))
    if form.is_bound and form.is_valid():
        try:
            made = draft_paper(
                here,
                form.wish(),
                drafted_by=request.tenancy.user,
                actor=Actor.of(request.tenancy),
                now=timezone.now(),
            )
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            return redirect("paper", made.pk)
    context = {
        "form": form,
        "words": page_words().papers[kind],
        "row": {
            "is_acceptance": chosen in ACCEPTANCE_KINDS,
            "environment": ENVIRONMENTS[Environment.ACCEPTANCE],
        },
    }
    return render(request, "certificates/papers/new.html", context, status=422 if form.errors else 200)
