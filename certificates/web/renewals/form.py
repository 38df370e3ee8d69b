"""Asking for a renewal: one click where everything is known, else a form with everything that is."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from certificates.domain.renewal import FINAL_OBSTACLES
from certificates.models import CertificateRequest
from certificates.models.request import CONTACT_FIELDS
from certificates.selectors.requests import possible_holders
from certificates.services.renewals.plan import RenewalPlan, plan_renewal
from certificates.services.renewals.start import RenewalWish, reason_of, renew_certificate
from certificates.web.parts.lookup import find_certificate
from certificates.web.parts.rows import certificate_row
from certificates.web.renewals.view import renewal_view
from certificates.web.requests.new import RequestForm, known_of, services_of
from organisations.domain.roles import Permission
from organisations.errors import DomainError
from organisations.services.audit import Actor
from organisations.web.pages import page, sentence_of, show_refusal
from organisations.web.record.meanwhile import told
from organisations.web.tenancy import TenantRequest


class RenewalForm(RequestForm):
    """What may change in a renewal: who signs, whom the government reaches, and the services."""

    def __init__(self, plan: RenewalPlan, *args: Any, **kwargs: Any) -> None:
        super().__init__(plan.certificate.organisation, *args, **kwargs)
        for fixed in ("environment", "identifier_id", "application_id"):
            del self.fields[fixed]
        holders = self.fields["holder_id"]
        assert isinstance(holders, forms.ModelChoiceField)  # noqa: S101  # narrows the declared field for the type checker
        holders.queryset = possible_holders(
            plan.certificate.organisation, timezone.now(), identifier=plan.identifier
        )

    def renewal_wish(self) -> RenewalWish:
        """Return what was filled in."""
        given = self.cleaned_data
        return RenewalWish(
            holder_id=given["holder_id"].pk,
            base_service_usages=tuple(given["base_service_usages"]),
            reason=given["reason"],
            **{name: given[name] for name in CONTACT_FIELDS},
        )


@page(Permission.REQUEST_CERTIFICATE, methods=("GET", "POST"))
def certificate_renew(request: TenantRequest, certificate_id: UUID) -> HttpResponse:
    """The form of a renewal; `known` in a POST means: with what is known, at once."""
    found = find_certificate(request, certificate_id)
    plan = plan_renewal(found, now=timezone.now())
    at_once = request.method == "POST" and "known" in request.POST
    form = RenewalForm(
        plan,
        request.POST if request.method == "POST" and not at_once else None,
        initial=known_of(plan) | {"reason": reason_of(found)},
    )
    if at_once or (form.is_bound and form.is_valid()):
        try:
            made = renew_certificate(
                found,
                None if at_once else form.renewal_wish(),
                requested_by=request.tenancy.user,
                actor=Actor.of(request.tenancy),
                now=timezone.now(),
            )
        except DomainError as refusal:
            other = refusal.extra.get("request")
            if other or at_once or not form.is_bound:
                asked = told(UUID(str(other)), "request_made") if other else ""
                messages.error(request, f"{sentence_of(refusal)} {asked}".strip())
                return redirect("certificate-renew", found.pk)
            show_refusal(form, refusal)
        else:
            messages.success(request, asked_sentence(made))
            return redirect("request", made.pk)
    context = {
        "row": certificate_row(found, timezone.now(), renewed=found.renewed),
        "certificate": found,
        "plan": plan,
        "renewal": renewal_view(plan, request.tenancy),
        "blocked": plan.outcome in FINAL_OBSTACLES,
        "form": form,
        "services": services_of(form),
    }
    return render(request, "certificates/renewals/form.html", context, status=422 if form.errors else 200)


def asked_sentence(made: CertificateRequest) -> str:
    """Return what happens next, in one sentence."""
    return _("The renewal was requested. %(name)s reads and signs it.") % {"name": made.holder}
