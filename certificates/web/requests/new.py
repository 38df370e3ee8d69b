"""Asking for a certificate: the form, and the hint about ApplicationIds in use."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certificates.domain.lifecycle import Environment
from certificates.errors.requests import NameActive
from certificates.models import Certificate, CertificateRequest
from certificates.models.errand import ErrandKind
from certificates.models.request import CONTACT_FIELDS
from certificates.selectors.requests import possible_holders
from certificates.services.errands.ask import ErrandOnItsWay, ErrandUnknown, hear_of, place
from certificates.services.renewals.plan import RenewalPlan, plan_renewal
from certificates.services.requests.application_ids import (
    ApplicationIds,
    application_ids_from,
    application_ids_order,
)
from certificates.services.requests.start import Wish, request_certificate
from certificates.web.parts.errands import waited_for, waiting
from certificates.web.parts.words import BASE_SERVICES, ENVIRONMENTS
from organisations.domain.mandates import belgian_day
from organisations.domain.roles import Permission
from organisations.errors import DomainError
from organisations.models import Mandate, Organisation, Person
from organisations.selectors import identifiers_of
from organisations.services.audit import Actor
from organisations.web.forms import IdentifierChoice
from organisations.web.pages import page, show_refusal
from organisations.web.tenancy import TenantRequest
from organisations.web.words import Text

IDS_IN_USE = "certificates/requests/application_ids.html"
FIELDS = ("application_id", "email_private", "email_general", "phone_private", "phone_general", "reason")


class RequestForm(forms.Form):
    """What an administrator wishes; the field names are those that refusals name."""

    environment = forms.ChoiceField(
        label=_("Environment"),
        choices=[(one.value, ENVIRONMENTS[one]) for one in Environment],
        initial=Environment.PRODUCTION.value,
        widget=forms.RadioSelect,
    )
    identifier_id = IdentifierChoice(label=_("Organisation's number"), queryset=None)
    application_id = forms.CharField(
        label=_("ApplicationId"),
        max_length=30,
        required=False,
        help_text=_(
            "Tells this certificate apart from others of the same number, for instance the software that uses it. "
            "Capitals, digits, hyphen and underscore. Empty is possible once."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    holder_id: "forms.ModelChoiceField[Person]" = forms.ModelChoiceField(
        label=_("Holder"),
        queryset=None,
        help_text=_("Signs with the own identity card and answers for the use of the certificate."),
    )
    email_private = forms.EmailField(
        label=_("E-mail address of the person responsible"),
        help_text=_("The eHealth platform writes here about this certificate."),
    )
    phone_private = forms.CharField(label=_("Telephone of the person responsible"), max_length=40)
    email_general = forms.EmailField(label=_("General e-mail address"), required=False)
    phone_general = forms.CharField(label=_("General telephone number"), max_length=40, required=False)
    base_service_usages = forms.MultipleChoiceField(
        label=_("Basic services"),
        required=False,
        choices=[(code, names[0]) for code, names in BASE_SERVICES.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    reason = forms.CharField(
        label=_("Why"),
        max_length=500,
        required=False,
        help_text=_("The holder reads this before signing."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, organisation: Organisation, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (
            ("identifier_id", identifiers_of(organisation)),
            ("holder_id", possible_holders(organisation, timezone.now())),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  # narrows the declared field for the type checker
            field.queryset = rows
            field.empty_label = str(_("Choose"))

    def wish(self) -> Wish:
        """Return what was filled in."""
        given = self.cleaned_data
        return Wish(
            environment=Environment(given["environment"]),
            identifier_id=given["identifier_id"].pk,
            holder_id=given["holder_id"].pk,
            base_service_usages=tuple(given["base_service_usages"]),
            **{name: given[name] for name in FIELDS},
        )


def services_of(form: forms.Form) -> list[tuple[str, Text, Text, bool]]:
    """Return the basic services with their words, and whether each is ticked."""
    ticked = form["base_service_usages"].value() or ()
    return [(code, name, use, code in ticked) for code, (name, use) in BASE_SERVICES.items()]


def _like(request: TenantRequest) -> dict[str, Any]:
    """Return what the certificate or request named by `like` tells: its name, contact data, services and holder."""
    try:
        key = UUID(request.GET.get("like", ""))
    except ValueError:
        return {}
    rows = Certificate.objects.filter(organisation=request.tenancy.organisation, pk=key)
    old = rows.select_related("organisation").first()
    if old is None:
        return _like_request(request, key)
    plan = plan_renewal(old, now=timezone.now())
    return known_of(plan) | {
        "environment": old.environment,
        "application_id": old.application_id,
        "identifier_id": plan.identifier.pk if plan.identifier else None,
    }


def _like_request(request: TenantRequest, key: UUID) -> dict[str, Any]:
    rows = CertificateRequest.objects.filter(organisation=request.tenancy.organisation, personal=False)
    old = rows.defer("sealed_contract", "sealed_signed_request").filter(pk=key).first()
    if old is None:
        return {}
    names = ("environment", "identifier_id", "holder_id", "base_service_usages", *FIELDS)
    return {name: getattr(old, name) for name in names}


def known_of(plan: RenewalPlan) -> dict[str, Any]:
    """Return what a form starts from: the contact data and services of the certificate, and its holder."""
    values: dict[str, Any] = {name: getattr(plan.contact, name) for name in CONTACT_FIELDS}
    values["base_service_usages"] = list(plan.contact.base_service_usages)
    if plan.holder is not None:
        values["holder_id"] = plan.holder.pk
    return values


@page(Permission.REQUEST_CERTIFICATE, methods=("GET", "POST"))
def request_new(request: TenantRequest) -> HttpResponse:
    """The form; once it holds, the request exists and the holder is asked to sign."""
    here = request.tenancy.organisation
    active: dict[str, object] | None = None
    form = RequestForm(here, request.POST or None, initial=here.contact_defaults | _like(request))
    if form.is_bound and form.is_valid():
        try:
            made = request_certificate(
                here,
                form.wish(),
                requested_by=request.tenancy.user,
                actor=Actor.of(request.tenancy),
                now=timezone.now(),
            )
        except DomainError as refusal:
            show_refusal(form, refusal)
            active = refusal.extra if isinstance(refusal, NameActive) else None
        else:
            return redirect("request", made.pk)
    chosen = form["environment"].value()
    context = {
        "form": form,
        "environments": [
            (one.value, ENVIRONMENTS[one], one is Environment.ACCEPTANCE, one.value == chosen)
            for one in Environment
        ],
        "services": services_of(form),
        "active": active,
        "nobody_mandated": not Mandate.objects.filter(organisation=here)
        .active_on(belgian_day(timezone.now()))
        .exists(),
    }
    return render(request, "certificates/requests/new.html", context, status=422 if form.errors else 200)


@page(Permission.REQUEST_CERTIFICATE)
def request_application_ids(request: TenantRequest) -> HttpResponse:
    """Which ApplicationIds the government knows for a number: a worker asks, and this is asked again until it has."""
    here, errand = request.tenancy.organisation, waited_for(request)
    if errand is not None:
        try:
            found = application_ids_from(hear_of(errand, ErrandKind.APPLICATION_IDS, request.tenancy))
        except ErrandOnItsWay:
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
        except (ErrandUnknown, DomainError):
            found = ApplicationIds(False)
        return render(request, IDS_IN_USE, {"asked": True, "found": found})
    try:
        environment = Environment(request.GET.get("environment", ""))
        identifier_id = UUID(request.GET.get("identifier_id", request.GET.get("identifier", "")))
    except ValueError:
        return render(request, IDS_IN_USE, {"asked": False})
    identifier = identifiers_of(here).filter(pk=identifier_id).first()
    if identifier is None:
        raise Http404
    errand = place(application_ids_order(environment, identifier, user=request.tenancy.user))
    answer = waiting(reverse("request-application-ids"), errand)
    return render(request, IDS_IN_USE, {"asked": True, "answer": answer})
