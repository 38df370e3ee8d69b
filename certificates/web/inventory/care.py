"""What people write beside one certificate: tags, notes, who answers for it, who wants to hear of it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from certificates.models import Caring, Certificate, Note
from certificates.services.care.carers import give_to, watch
from certificates.services.care.notes import remove_note, write_note
from certificates.services.care.tags import add_tag, remove_tag
from certificates.web.parts.lookup import find_certificate
from organisations.domain.roles import Permission
from organisations.errors import DomainError
from organisations.models import User
from organisations.selectors import members_of
from organisations.services.audit import Actor
from organisations.web.pages import page, sentence_of
from organisations.web.tenancy import TenantRequest


def care_of(request: TenantRequest, certificate: Certificate) -> dict[str, Any]:
    """Return what the panel of a certificate shows."""
    carers = list(certificate.carers.select_related("user"))
    owner = next((one.user for one in carers if one.caring == Caring.OWNER), None)
    watchers = [one.user for one in carers if one.caring == Caring.WATCHER]
    return {
        "tags": sorted(certificate.tags.values_list("text", flat=True)),
        "notes": list(certificate.notes.select_related("written_by")),
        "owner": owner,
        "watchers": watchers,
        "watched": request.tenancy.user in watchers,
        "members": _members(request) if request.tenancy.may(Permission.REQUEST_CERTIFICATE) else [],
    }


def _members(request: TenantRequest) -> list[User]:
    found = {one.user for one in members_of(request.tenancy.organisation)}
    return sorted(found, key=lambda one: one.full_name)


def member_named(request: TenantRequest, given: str) -> User | None:
    """Return the member whose id a form gives; None for nobody. Raises Http404."""
    if not given:
        return None
    try:
        key = UUID(given)
    except ValueError:
        key = UUID(int=0)
    return get_object_or_404(User, memberships__organisation=request.tenancy.organisation, pk=key)


@page(Permission.SEE_INVENTORY, methods=("POST",))
def certificate_watch(request: TenantRequest, certificate_id: UUID) -> HttpResponse:
    """Hear of this certificate, or no longer."""
    found = find_certificate(request, certificate_id)
    watching = request.POST.get("watching") == "yes"
    watch(found, request.tenancy.user, watching=watching)
    messages.success(
        request,
        _("This certificate is on your list.")
        if watching
        else _("This certificate is no longer on your list."),
    )
    return redirect("certificate", found.pk)


@page(Permission.REQUEST_CERTIFICATE, methods=("POST",))
def certificate_care(request: TenantRequest, certificate_id: UUID) -> HttpResponse:
    """Give the certificate a tag, an owner or a note, or take a tag or a note away."""
    found = find_certificate(request, certificate_id)
    given, actor, now = request.POST, Actor.of(request.tenancy), timezone.now()
    try:
        match given.get("do"):
            case "tag":
                add_tag([found], given.get("tag", ""), actor=actor, now=now)
            case "untag":
                remove_tag([found], given.get("tag", ""), actor=actor, now=now)
            case "give":
                give_to([found], member_named(request, given.get("owner", "")), actor=actor, now=now)
            case "note":
                write_note(found, given.get("note", ""), user=request.tenancy.user, actor=actor, now=now)
            case "forget":
                note = get_object_or_404(Note, certificate=found, pk=_key(given.get("note", "")))
                remove_note(note, actor=actor, now=now)
    except DomainError as refusal:
        messages.error(request, sentence_of(refusal))
    return redirect("certificate", found.pk)


def _key(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        return UUID(int=0)
