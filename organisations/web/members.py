"""Giving someone a role, and taking it away."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from organisations import selectors
from organisations.domain.roles import Role
from organisations.errors import DomainError
from organisations.services.audit import Actor
from organisations.services.members import invite_member, take_role
from organisations.web.entries import entry_page
from organisations.web.forms import MemberForm
from organisations.web.pages import MANAGE, page, sentence_of
from organisations.web.tenancy import TenantRequest
from organisations.web.words import ROLES


@page(MANAGE, methods=("GET", "POST"))
def member_new(request: TenantRequest) -> HttpResponse:
    """Give someone a role, with a new account where there is none."""
    here = request.tenancy.organisation

    def act(given: dict[str, Any]) -> str:
        given["role"] = Role(given["role"])
        user, created = invite_member(here, **given, actor=Actor.of(request.tenancy), now=timezone.now())
        if created:
            return _("%(name)s has an account now and chooses a password through the sign-in page.") % {
                "name": user
            }
        return _("%(name)s has this role now.") % {"name": user}

    return entry_page(
        request,
        MemberForm(request.POST or None, initial={"language": here.language}),
        _("Give someone a role"),
        _("Who has an account already keeps it; others get one and choose a password themselves."),
        act,
    )


@page(MANAGE, methods=("POST",))
def member_take(request: TenantRequest, membership_id: UUID) -> HttpResponse:
    """Take one role away; whoever takes the own role of administrator is back on the overview."""
    found = get_object_or_404(selectors.members_of(request.tenancy.organisation), pk=membership_id)
    try:
        take_role(found, actor=Actor.of(request.tenancy), now=timezone.now())
    except DomainError as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect("organisation")
    facts = {"name": found.user.full_name, "role": ROLES[Role(found.role)]}
    messages.success(request, _("%(name)s no longer has the role %(role)s.") % facts)
    own = found.user_id == request.tenancy.user.pk and found.role == Role.ADMINISTRATOR
    return redirect("dashboard" if own else "organisation")
