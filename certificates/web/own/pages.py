"""My own certificate: a care provider requests and renews it, and decides who sees it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates.domain.lifecycle import Environment
from certificates.domain.validity import ALIVE
from certificates.models import Certificate, CertificateRequest
from certificates.models.request import CONTACT_FIELDS
from certificates.selectors.own import (
    own_certificates,
    own_person,
    own_requests,
    own_requests_under_way,
    requestable,
)
from certificates.services.own.certificate import (
    OwnWish,
    request_own_certificate,
    share_certificate,
    withdraw_sharing,
)
from certificates.services.records.differences import known_contact
from certificates.web.parts.rows import CertificateRow, RequestRow, certificate_row, request_row
from certificates.web.parts.words import BASE_SERVICES, ENVIRONMENTS
from organisations.errors import DomainError
from organisations.selectors import works_for
from organisations.web.pages import page, sentence_of, show_refusal
from organisations.web.tenancy import TenantRequest


class OwnForm(forms.Form):
    """How the government reaches the person, and what the certificate is for."""

    environment = forms.ChoiceField(
        label=gettext_lazy("Environment"),
        choices=[(one.value, ENVIRONMENTS[one]) for one in Environment],
        initial=Environment.PRODUCTION.value,
    )
    email_private = forms.EmailField(
        label=gettext_lazy("Your e-mail address"),
        help_text=gettext_lazy("The eHealth platform writes here about this certificate."),
    )
    phone_private = forms.CharField(label=gettext_lazy("Your telephone number"), max_length=40)
    email_general = forms.EmailField(label=gettext_lazy("General e-mail address"), required=False)
    phone_general = forms.CharField(
        label=gettext_lazy("General telephone number"), max_length=40, required=False
    )
    base_service_usages = forms.MultipleChoiceField(
        label=gettext_lazy("Basic services"),
        required=False,
        choices=[(code, names[0]) for code, names in BASE_SERVICES.items()],
        widget=forms.CheckboxSelectMultiple,
    )

    def offer(self, environments: list[Environment]) -> None:
        """Leave only `environments` to choose from."""
        field = self.fields["environment"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # narrows the declared field for the type checker
        field.choices = [(one.value, ENVIRONMENTS[one]) for one in environments]

    def wish(self, replaces: Certificate | None) -> OwnWish:
        """Return what was filled in."""
        given = self.cleaned_data
        return OwnWish(
            environment=Environment(given["environment"]),
            base_service_usages=tuple(given["base_service_usages"]),
            replaces_id=replaces.pk if replaces else None,
            **{name: given[name] for name in CONTACT_FIELDS},
        )


@dataclass(frozen=True)
class OwnLine:
    """One own certificate: whether it can be renewed now, else from when, or the request that is on its way."""

    row: CertificateRow
    certificate: Certificate
    renewable: bool
    renewable_from: datetime | None
    on_its_way: RequestRow | None


def _line(certificate: Certificate, on_its_way: CertificateRequest | None, now: datetime) -> OwnLine:
    alive = certificate.status(now) in ALIVE and not certificate.ending
    renewed, opens = certificate.renewed, certificate.renewable_from
    waits = alive and not renewed
    return OwnLine(
        certificate_row(certificate, now, renewed=renewed, ending=certificate.ending),
        certificate,
        waits and opens <= now and on_its_way is None,
        opens if waits and opens > now else None,
        request_row(on_its_way) if waits and on_its_way is not None else None,
    )


@page()
def own(request: TenantRequest) -> HttpResponse:
    """The signed-in person's own certificates and requests; a new one is offered where none stands in its way."""
    now, person = timezone.now(), own_person(request.tenancy)
    context: dict[str, Any] = {"person": person}
    if person is not None:
        certificates, under_way = own_certificates(person), own_requests_under_way(person)
        context |= {
            "lines": [_line(one, under_way.get(one.environment), now) for one in certificates],
            "requests": [request_row(one) for one in own_requests(person)],
            "requestable": requestable(certificates, under_way, now),
            "without_device": not works_for(request.tenancy.user, request.tenancy.organisation),
        }
    return render(request, "certificates/own/page.html", context)


def _renewed(request: TenantRequest, text: str) -> Certificate | None:
    """Return the own certificate that is to be renewed; 404 for anybody else's."""
    if not text:
        return None
    try:
        return _own_certificate(request, UUID(text))
    except ValueError:
        raise Http404 from None


def _own_certificate(request: TenantRequest, certificate_id: UUID) -> Certificate:
    rows = Certificate.objects.filter(
        organisation=request.tenancy.organisation, owner__user=request.tenancy.user
    )
    return get_object_or_404(rows.select_related("owner", "request"), pk=certificate_id)


@page(methods=("GET", "POST"))
def own_new(request: TenantRequest) -> HttpResponse:
    """The form to request or renew it; the person signs with the own card, as any holder."""
    person = own_person(request.tenancy)
    if person is None:
        raise Http404
    replaces = _renewed(request, request.GET.get("renews", ""))
    free = requestable(own_certificates(person), own_requests_under_way(person), timezone.now())
    initial: dict[str, Any] = {"email_private": person.email, "phone_private": person.phone}
    if replaces is not None:
        initial |= {"environment": replaces.environment} | (known_contact(replaces) or {})
        free = [Environment(replaces.environment)]
    form = OwnForm(request.POST or None, initial=initial)
    if not form.is_bound:  # what is sent is judged by the service, which says why
        form.offer(free)
    if form.is_bound and form.is_valid():
        try:
            made = request_own_certificate(
                request.tenancy.organisation,
                person,
                form.wish(replaces),
                user=request.tenancy.user,
                now=timezone.now(),
            )
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            return redirect("sign", made.pk)
    chosen = form["base_service_usages"].value() or ()
    context = {
        "form": form,
        "replaces": replaces,
        "possible": form.is_bound or bool(free),
        "person": person,
        "services": [(code, name, use, code in chosen) for code, (name, use) in BASE_SERVICES.items()],
    }
    return render(request, "certificates/own/new.html", context, status=422 if form.errors else 200)


@page(methods=("POST",))
def own_share(request: TenantRequest, certificate_id: UUID) -> HttpResponse:
    """Agree that the organisation sees it, or take that back."""
    certificate = _own_certificate(request, certificate_id)
    agrees = request.POST.get("agree") == "yes"
    try:
        if agrees:
            share_certificate(certificate, user=request.tenancy.user, now=timezone.now())
        else:
            withdraw_sharing(certificate, user=request.tenancy.user, now=timezone.now())
    except DomainError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        messages.success(
            request,
            _("Your organisation sees this certificate from now on.")
            if agrees
            else _("Only you see this certificate from now on."),
        )
    return redirect("own")
