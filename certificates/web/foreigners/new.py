"""Asking for a certificate for a care provider without a Belgian identity card: the form."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certificates.domain.lifecycle import Environment
from certificates.services.foreigners.start import ForeignAsk, bis_people, start_foreign_request
from certificates.web.parts.words import ENVIRONMENTS
from organisations.domain.roles import Permission
from organisations.errors import DomainError
from organisations.models import Organisation, Person
from organisations.selectors import identifiers_of, people_of
from organisations.services.audit import Actor
from organisations.web.forms import IdentifierChoice
from organisations.web.pages import page, show_refusal
from organisations.web.tenancy import TenantRequest

TYPED = (
    "language",
    "profession",
    "address",
    "email_private",
    "phone_private",
    "email_general",
    "phone_general",
)


class ForeignForm(forms.Form):
    """What an administrator fills in; the field names are those that refusals name."""

    environment = forms.ChoiceField(
        label=_("Environment"),
        choices=[(one.value, ENVIRONMENTS[one]) for one in Environment],
        initial=Environment.PRODUCTION.value,
        widget=forms.RadioSelect,
    )
    person_id: "forms.ModelChoiceField[Person]" = forms.ModelChoiceField(
        label=_("Care provider"),
        queryset=None,
        help_text=_("Only people with a BIS number; who has a Belgian identity card signs with it."),
    )
    profession = forms.CharField(
        label=_("Profession"), max_length=200, help_text=_("As it is recognised in Belgium.")
    )
    address = forms.CharField(label=_("Address"), max_length=400, widget=forms.Textarea(attrs={"rows": 3}))
    identifier_id = IdentifierChoice(
        label=_("Organisation's number"),
        queryset=None,
        help_text=_("Where the person works; it stands on the declaration."),
    )
    email_private = forms.EmailField(
        label=_("E-mail address of the care provider"),
        max_length=200,
        help_text=_("The eHealth platform writes here about this certificate."),
    )
    phone_private = forms.CharField(label=_("Telephone of the care provider"), max_length=40)
    email_general = forms.EmailField(label=_("General e-mail address"), required=False)
    phone_general = forms.CharField(label=_("General telephone number"), max_length=40, required=False)
    language = forms.ChoiceField(label=_("Language of the declaration"), choices=settings.LANGUAGES)

    def __init__(self, organisation: Organisation, people: list[Person], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keys = [person.pk for person in people]
        for name, rows in (
            ("person_id", Person.objects.filter(organisation=organisation, pk__in=keys)),
            ("identifier_id", identifiers_of(organisation)),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  # narrows the declared field for the type checker
            field.queryset = rows
            field.empty_label = str(_("Choose"))

    def ask(self) -> ForeignAsk:
        """Return what was filled in."""
        given = self.cleaned_data
        return ForeignAsk(
            person_id=given["person_id"].pk,
            identifier_id=given["identifier_id"].pk,
            environment=Environment(given["environment"]),
            **{name: given[name] for name in TYPED},
        )


def _prefilled(organisation: Organisation, chosen: Person | None) -> dict[str, object]:
    first = identifiers_of(organisation).first()
    known: dict[str, object] = {
        "language": organisation.language,
        "identifier_id": first.pk if first else None,
    }
    if chosen is not None:
        known |= {
            "person_id": chosen.pk,
            "email_private": chosen.email,
            "phone_private": chosen.phone,
            "language": chosen.language,
        }
    return known


@page(Permission.REQUEST_CERTIFICATE, methods=("GET", "POST"))
def foreign_new(request: TenantRequest) -> HttpResponse:
    """The form; once it holds, the declaration is drawn up and the key is awaited."""
    here = request.tenancy.organisation
    people = bis_people(list(people_of(here)))
    wanted = request.GET.get("person", "")
    chosen = next((person for person in people if str(person.pk) == wanted), None)
    form = ForeignForm(here, people, request.POST or None, initial=_prefilled(here, chosen))
    if form.is_bound and form.is_valid():
        try:
            made = start_foreign_request(
                here,
                form.ask(),
                requested_by=request.tenancy.user,
                actor=Actor.of(request.tenancy),
                now=timezone.now(),
            )
        except DomainError as refusal:
            if refusal.extra.get("field") in {"email", "phone"}:  # as the declaration calls them
                refusal.extra["field"] = f"{refusal.extra['field']}_private"
            show_refusal(form, refusal)
        else:
            return redirect("foreign", made.pk)
    picked = form["environment"].value()
    context = {
        "form": form,
        "nobody": not people,
        "environments": [
            (one.value, ENVIRONMENTS[one], one is Environment.ACCEPTANCE, one.value == picked)
            for one in Environment
        ],
    }
    return render(request, "certificates/foreigners/new.html", context, status=422 if form.errors else 200)
