"""Taking a role away, and taking back that somebody left."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from organisations import selectors
from organisations.domain.roles import Permission, Role
from organisations.errors import DomainError
from organisations.services.audit import Actor
from organisations.services.members import take_role
from organisations.services.people import mark_returned
from organisations.web.pages import page, sentence_of
from organisations.web.tenancy import TenantRequest
from organisations.web.words import ROLES


@page(Permission.MANAGE_ORGANISATION, methods=("POST",))
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


@page(Permission.MANAGE_ORGANISATION, methods=("POST",))
def person_return(request: TenantRequest, person_id: UUID) -> HttpResponse:
    """Take somebody who had left back into the list."""
    person = get_object_or_404(selectors.people_who_left(request.tenancy.organisation), pk=person_id)
    mark_returned(person, actor=Actor.of(request.tenancy), now=timezone.now())
    messages.success(
        request, _("%(name)s is back in the list. Mandates and roles are given anew.") % {"name": person}
    )
    return redirect("organisation")
