"""One action for several certificates: first what will and what will not happen, then doing it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from certificates.domain.revocation import RevocationReason
from certificates.errors.care import NothingChosen
from certificates.models import Carer, Caring, Certificate, Tag
from certificates.selectors.inventory import LISTED
from certificates.services.care.carers import give_to
from certificates.services.care.tags import add_tag, remove_tag, tag_text
from certificates.services.renewals.several import plan_together, renew_together
from certificates.services.revocations.several import Obstacle, end_together, plan_endings
from certificates.services.revocations.start import LONGEST_COMMENT
from certificates.web.inventory.care import member_named
from certificates.web.inventory.export import export_of
from certificates.web.parts.rows import certificate_row
from certificates.web.parts.tables import TableForm
from certificates.web.parts.words import RENEWALS
from certificates.web.requests.new import RequestForm
from certificates.web.revocations.words import REASONS
from organisations.domain.roles import Permission
from organisations.errors import DomainError
from organisations.services.audit import Actor
from organisations.web.pages import page, sentence_of
from organisations.web.tenancy import TenantRequest

MOST = 200
OBSTACLES = {
    Obstacle.OVER: gettext_lazy("has ended or was revoked already"),
    Obstacle.UNDER_WAY: gettext_lazy("its revocation is on its way"),
    Obstacle.OWN: gettext_lazy("is a person's own: it is revoked on its own page"),
    Obstacle.NOBODY: gettext_lazy("nobody is mandated for its number today"),
}
EXPORTS = {"export": TableForm.CSV, "export-xlsx": TableForm.XLSX}
"""Certificates at once: what somebody can look over."""


class ContactForm(forms.Form):
    """The contact data that some of the certificates lack, asked once for all of these."""

    email_private = RequestForm.base_fields["email_private"]
    phone_private = RequestForm.base_fields["phone_private"]

    def __init__(self, missing: Collection[str], data: Mapping[str, Any] | None) -> None:
        super().__init__(data)
        for name in set(self.fields) - set(missing):
            del self.fields[name]


class EndingForm(forms.Form):
    """The one reason for the end of several certificates."""

    reason = forms.ChoiceField(
        label=gettext_lazy("Why they must end"),
        choices=[("", gettext_lazy("Choose")), *((one.value, words.name) for one, words in REASONS.items())],
        error_messages={
            "required": gettext_lazy("Choose the reason: whoever checks the certificates gets to see it.")
        },
    )
    comment = forms.CharField(
        label=gettext_lazy("Comment"),
        max_length=LONGEST_COMMENT,
        required=False,
        help_text=gettext_lazy(
            "The holder reads this before signing. It stays here and does not go to the government."
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@page(Permission.SEE_INVENTORY, methods=("POST",))
def several(request: TenantRequest) -> HttpResponse:
    """Show what an action does to the ticked certificates, or do it once that was confirmed."""
    chosen = _chosen(request)
    back = f"{reverse('inventory')}?{request.POST.get('query', '')[:1000]}"
    action = request.POST.get("do", "")
    if action not in EXPORTS:
        request.tenancy.require(Permission.REQUEST_CERTIFICATE)
    try:
        if not chosen:
            raise NothingChosen
        if action in EXPORTS:
            rows = Certificate.objects.filter(pk__in=[one.pk for one in chosen])
            return export_of([rows.order_by("not_after", "pk")], EXPORTS[action])
        if action == "revoke":
            request.tenancy.require(Permission.REVOKE_CERTIFICATE)
            return _revoke(request, chosen, back)
        if action == "renew":
            return _renew(request, chosen, back)
        if action in {"tag", "untag"}:
            return _tag(request, chosen, back, taking_away=action == "untag")
        if action == "give":
            return _give(request, chosen, back)
    except DomainError as refusal:
        messages.error(request, sentence_of(refusal))
    return redirect(back)


def _chosen(request: TenantRequest) -> list[Certificate]:
    """Return the ticked certificates in the order of their end; what is no id, or another's, is none of them."""
    keys = []
    for given in request.POST.getlist("certificate")[:MOST]:
        try:
            keys.append(UUID(given))
        except ValueError:
            continue
    rows = Certificate.objects.filter(organisation=request.tenancy.organisation, pk__in=keys).defer(*LISTED)
    return list(rows.order_by("not_after", "pk"))


def _renew(request: TenantRequest, chosen: Sequence[Certificate], back: str) -> HttpResponse:
    now = timezone.now()
    together = plan_together(request.tenancy.organisation, chosen, now=now)
    confirmed = request.POST.get("confirmed") == "yes"
    form = ContactForm(together.missing, request.POST if confirmed else None)
    if confirmed and form.is_valid():
        made, refused = renew_together(
            together,
            form.cleaned_data,
            requested_by=request.tenancy.user,
            actor=Actor.of(request.tenancy),
            now=now,
        )
        text = ngettext(
            "%(count)d renewal was asked for. Its holder is told.",
            "%(count)d renewals were asked for. Their holders are told, each once.",
            len(made),
        )
        return _asked_for(request, len(made), text, refused, "requests", back)
    ready = [*together.ready, *together.incomplete]
    return _preview(
        request,
        back,
        will=[(plan.certificate, str(plan.holder)) for plan in ready],
        will_not=[(plan.certificate, str(RENEWALS[plan.outcome][0])) for plan in together.others],
        title=_("Renew several certificates"),
        form=form,
    )


def _revoke(request: TenantRequest, chosen: Sequence[Certificate], back: str) -> HttpResponse:
    now = timezone.now()
    endings = plan_endings(request.tenancy.organisation, chosen, now=now)
    confirmed = request.POST.get("confirmed") == "yes"
    form = EndingForm(request.POST if confirmed else None)
    if confirmed and form.is_valid():
        made, refused = end_together(
            endings,
            RevocationReason(form.cleaned_data["reason"]),
            form.cleaned_data["comment"],
            requested_by=request.tenancy.user,
            actor=Actor.of(request.tenancy),
            now=now,
        )
        text = ngettext(
            "%(count)d revocation was asked for. Until it is signed, the certificate goes on working.",
            "%(count)d revocations were asked for. Until they are signed, the certificates go on working.",
            len(made),
        )
        return _asked_for(request, len(made), text, refused, "revocations", back)
    return _preview(
        request,
        back,
        will=[(certificate, str(holder)) for certificate, holder in endings.ready],
        will_not=[(certificate, str(OBSTACLES[why])) for certificate, why in endings.others],
        title=_("Ask for the end of several certificates"),
        form=form,
        asks=_("Why they must end: for all of them the same."),
    )


def _tag(
    request: TenantRequest, chosen: Sequence[Certificate], back: str, *, taking_away: bool
) -> HttpResponse:
    text = tag_text(request.POST.get("tag", ""))
    if request.POST.get("confirmed") == "yes":
        do = remove_tag if taking_away else add_tag
        changed = do(chosen, text, actor=Actor.of(request.tenancy), now=timezone.now())
        return _done(request, changed, back)
    rows = Tag.objects.filter(certificate__in=chosen, text=text)
    having = set(rows.values_list("certificate_id", flat=True))
    changing = [one for one in chosen if (one.pk in having) == taking_away]
    unchanged = _("does not have it") if taking_away else _("has it already")
    return _preview(
        request,
        back,
        will=[(one, "") for one in changing],
        will_not=[(one, unchanged) for one in chosen if one not in changing],
        title=(_("Take the tag “%(tag)s” away") if taking_away else _("Give the tag “%(tag)s”"))
        % {"tag": text},
    )


def _give(request: TenantRequest, chosen: Sequence[Certificate], back: str) -> HttpResponse:
    member = member_named(request, request.POST.get("owner", ""))
    if request.POST.get("confirmed") == "yes":
        changed = give_to(chosen, member, actor=Actor.of(request.tenancy), now=timezone.now())
        return _done(request, changed, back)
    rows = Carer.objects.filter(certificate__in=chosen, caring=Caring.OWNER).select_related("user")
    owners = {one.certificate_id: one.user for one in rows}
    changing = [one for one in chosen if owners.get(one.pk) != member]
    title = _("Give to %(name)s") % {"name": member.full_name} if member else _("Give to nobody")
    return _preview(
        request,
        back,
        will=[(one, owners[one.pk].full_name if one.pk in owners else "") for one in changing],
        will_not=[(one, _("is so already")) for one in chosen if one not in changing],
        title=title,
    )


def _asked_for(
    request: TenantRequest,
    made: int,
    text: str,
    refused: Sequence[tuple[Certificate, DomainError]],
    there: str,
    back: str,
) -> HttpResponse:
    """Say what was asked for and what was refused; go on where what was asked stands, or back where nothing was."""
    for certificate, refusal in refused:
        messages.error(request, f"{certificate.common_name}: {sentence_of(refusal)}")
    if made:
        messages.success(request, text % {"count": made})
    return redirect(there if made else back)


def _preview(
    request: TenantRequest,
    back: str,
    *,
    will: list[tuple[Certificate, str]],
    will_not: list[tuple[Certificate, str]],
    title: str,
    **more: Any,
) -> HttpResponse:
    now = timezone.now()

    def rows(pairs: list[tuple[Certificate, str]]) -> list[tuple[Any, str]]:
        return [
            (certificate_row(one, now, renewed=one.renewed, ending=one.ending), said) for one, said in pairs
        ]

    carried = [(name, request.POST.get(name, "")) for name in ("do", "tag", "owner", "query")]
    context = {
        "title": title,
        "will": rows(will),
        "will_not": rows(will_not),
        "back": back,
        "carried": [(name, value) for name, value in carried if value],
    } | more
    refused = bool(more) and bool(more["form"].errors)
    return render(request, "certificates/inventory/several.html", context, status=422 if refused else 200)


def _done(request: TenantRequest, changed: int, back: str) -> HttpResponse:
    text = ngettext("%(count)d certificate was changed.", "%(count)d certificates were changed.", changed)
    messages.success(request, text % {"count": changed})
    return redirect(back)
