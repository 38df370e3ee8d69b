"""Having a certificate revoked: the form, with everything that dies with it."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certificates.domain.revocation import RevocationReason
from certificates.errors.revocations import RevocationInProgress
from certificates.models import Certificate, EncryptionToken
from certificates.selectors.revocations import has_another, installed_copies, latest_revocation, revokers_of
from certificates.services.revocations.start import LONGEST_COMMENT, OVER, RevocationOrder, start_revocation
from certificates.web.parts.lookup import find_certificate
from certificates.web.parts.rows import certificate_row
from certificates.web.revocations.pages import revocation_row
from certificates.web.revocations.words import REASONS
from organisations.domain.roles import Permission
from organisations.errors import DomainError
from organisations.models import Person
from organisations.services.audit import Actor
from organisations.web.pages import page, sentence_of, show_refusal
from organisations.web.record.meanwhile import told
from organisations.web.tenancy import TenantRequest


class RevocationForm(forms.Form):
    """What an administrator fills in; the field names are those that refusals name."""

    reason = forms.ChoiceField(
        label=_("Why it must end"),
        choices=[(one.value, words.name) for one, words in REASONS.items()],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the reason: whoever checks the certificate gets to see it.")},
    )
    comment = forms.CharField(
        label=_("Comment"),
        max_length=LONGEST_COMMENT,
        required=False,
        help_text=_("The holder reads this before signing. It stays here and does not go to the government."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    holder_id: "forms.ModelChoiceField[Person]" = forms.ModelChoiceField(
        label=_("Who signs"),
        queryset=None,
        help_text=_("With the own identity card. Only people with a mandate today can."),
    )

    def __init__(self, certificate: Certificate, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = revokers_of(certificate, timezone.now())
        field = self.fields["holder_id"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  # narrows the declared field for the type checker
        field.queryset = people
        field.empty_label = str(_("Choose"))
        self.people = list(people[:2])
        if len(self.people) == 1:
            field.initial = self.people[0].pk

    def order(self) -> RevocationOrder:
        """Return what was filled in."""
        given = self.cleaned_data
        return RevocationOrder(
            reason=RevocationReason(given["reason"]),
            comment=given["comment"],
            holder_id=given["holder_id"].pk,
        )


def _prefilled(request: TenantRequest) -> dict[str, str]:
    """Return what an address that leads here says already: `?reason=` and `?comment=`."""
    reason = request.GET.get("reason", "")
    return {
        "reason": reason if reason in set(RevocationReason) else "",
        "comment": request.GET.get("comment", "")[:LONGEST_COMMENT],
    }


@page(Permission.REVOKE_CERTIFICATE, methods=("GET", "POST"))
def certificate_revoke(request: TenantRequest, certificate_id: UUID) -> HttpResponse:
    """The form; once it holds, the revocation exists and the holder is asked to sign."""
    now = timezone.now()
    certificate = find_certificate(request, certificate_id)
    form = RevocationForm(
        certificate, request.POST if request.method == "POST" else None, initial=_prefilled(request)
    )
    if form.is_bound and form.is_valid():
        try:
            made = start_revocation(
                certificate,
                form.order(),
                requested_by=request.tenancy.user,
                actor=Actor.of(request.tenancy),
                now=now,
            )
        except RevocationInProgress as refusal:
            latest = latest_revocation(certificate)
            happened = told(latest.pk, "revocation_asked") if latest is not None else ""
            form.add_error(None, f"{sentence_of(refusal)} {happened}".strip())
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            return redirect("revocation", made.pk)
    latest = latest_revocation(certificate)
    under_way = latest if latest is not None and not latest.is_final else None
    chosen = form["reason"].value()
    context = {
        "form": form,
        "certificate": certificate,
        "row": certificate_row(certificate, now, renewed=certificate.renewed, ending=under_way is not None),
        "reasons": [(one.value, words, one.value == chosen) for one, words in REASONS.items()],
        "over": certificate.status(now) in OVER,
        "under_way": revocation_row(under_way) if under_way else None,
        "token": EncryptionToken.objects.filter(certificate=certificate).exists(),
        "installations": installed_copies(certificate),
        "has_another": has_another(certificate, now),
    }
    return render(request, "certificates/revocations/new.html", context, status=422 if form.errors else 200)
