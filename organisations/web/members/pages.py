"""Inviting someone to a role, sending that again, and taking invitations and roles back."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from organisations import selectors
from organisations.domain.roles import Role
from organisations.errors import ChangedMeanwhile, DomainError
from organisations.models import Invitation
from organisations.services.audit import Actor
from organisations.services.invitations import invite, send_again, withdraw_invitation
from organisations.services.members import take_role
from organisations.web.entries import entry_page
from organisations.web.forms import MemberForm
from organisations.web.pages import MANAGE, page, sentence_of
from organisations.web.record.meanwhile import hold
from organisations.web.tenancy import TenantRequest
from organisations.web.words import ROLE_EXPLANATIONS, ROLES


@page(MANAGE, methods=("GET", "POST"))
def member_new(request: TenantRequest) -> HttpResponse:
    """Invite someone to a role; what is said does not depend on whether the address has an account."""
    here = request.tenancy.organisation

    def act(given: dict[str, Any]) -> str:
        given["role"] = Role(given["role"])
        invitation = invite(
            here,
            **given,
            invited_by=request.tenancy.user,
            actor=Actor.of(request.tenancy),
            now=timezone.now(),
        )
        return _(
            "%(name)s is invited: the letter to %(address)s is on its way. The role is there once it is accepted."
        ) % {"name": invitation.full_name, "address": invitation.email}

    return entry_page(
        request,
        MemberForm(request.POST or None, initial={"language": here.language}),
        _("Invite someone to a role"),
        _(
            "A letter goes to the address. Whoever reads it there accepts the role, with an account or a new one."
        ),
        act,
    )


@page(MANAGE, methods=("POST",))
def invitation_send(request: TenantRequest, invitation_id: UUID) -> HttpResponse:
    """Send an invitation once more."""
    return _on_invitation(
        request, invitation_id, send_again, _("The invitation of %(name)s is sent again, to %(address)s.")
    )


@page(MANAGE, methods=("POST",))
def invitation_withdraw(request: TenantRequest, invitation_id: UUID) -> HttpResponse:
    """Take an invitation back."""
    return _on_invitation(
        request,
        invitation_id,
        withdraw_invitation,
        _("The invitation of %(name)s, %(address)s, is withdrawn."),
    )


def _on_invitation(
    request: TenantRequest, invitation_id: UUID, act: Callable[..., None], done: str
) -> HttpResponse:
    invitations = Invitation.objects.filter(organisation=request.tenancy.organisation)
    try:
        invitation = hold(request, invitations, invitation_id, still=lambda one: one.ended_at is None)
        act(invitation, actor=Actor.of(request.tenancy), now=timezone.now())
    except DomainError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        messages.success(request, done % {"name": invitation.full_name, "address": invitation.email})
    return redirect("organisation")


@page(MANAGE, methods=("GET", "POST"))
def member_take(request: TenantRequest, membership_id: UUID) -> HttpResponse:
    """Ask, and then take one role away; whoever takes the own role of administrator is back on the overview."""
    members = selectors.members_of(request.tenancy.organisation)
    try:
        found = hold(request, members, membership_id)
    except ChangedMeanwhile as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect("organisation")
    role = Role(found.role)
    own = found.user_id == request.tenancy.user.pk
    if request.method != "POST":
        facts = {"member": found.user, "role": ROLES[role], "may": ROLE_EXPLANATIONS[role], "own": own}
        return render(request, "organisations/member_take.html", facts)
    try:
        take_role(found, actor=Actor.of(request.tenancy), now=timezone.now())
    except DomainError as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect("organisation")
    said = {"name": found.user.full_name, "role": ROLES[role]}
    messages.success(request, _("%(name)s no longer has the role %(role)s.") % said)
    return redirect("dashboard" if own and role == Role.ADMINISTRATOR else "organisation")
