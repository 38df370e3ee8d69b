"""Somebody left: what that ends is shown before it is done."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certificates.selectors.people import certificates_keyed_by
from certificates.services.people.leave import Left, held_by, person_leaves
from organisations import selectors
from organisations.domain.mandates import belgian_day
from organisations.domain.roles import Permission, Role
from organisations.errors import DomainError
from organisations.models import Mandate, Membership, Person
from organisations.services.audit import Actor
from organisations.web.forms import LeavingForm
from organisations.web.pages import page, show_refusal
from organisations.web.record.meanwhile import hold
from organisations.web.tenancy import TenantRequest
from organisations.web.words import ROLES


@page(Permission.MANAGE_ORGANISATION, methods=("GET", "POST"))
def person_leave(request: TenantRequest, person_id: UUID) -> HttpResponse:
    """Mark somebody as having left; mandates, roles and unsigned requests end with it."""
    here, now = request.tenancy.organisation, timezone.now()
    everybody = Person.objects.filter(organisation=here)
    person = get_object_or_404(
        everybody if request.method == "POST" else selectors.people_of(here), pk=person_id
    )
    form = LeavingForm(request.POST or None, initial={"left_on": belgian_day(now)})
    if request.method == "POST" and form.is_valid():
        try:
            person = hold(request, everybody, person_id, still=lambda one: one.left_on is None)
            left = person_leaves(
                person, left_on=form.cleaned_data["left_on"], actor=Actor.of(request.tenancy), now=now
            )
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("%(name)s is marked as having left.") % {"name": person})
            _warn(request, left)
            own = person.user_id == request.tenancy.user.pk
            return redirect("dashboard" if own else "organisation")
    roles = Membership.objects.filter(organisation=here, user=person.user_id) if person.user_id else ()
    context = {
        "person": person,
        "form": form,
        "mandates": Mandate.objects.still_counting_after(belgian_day(now))
        .filter(person=person)
        .select_related("identifier"),
        "roles": [ROLES[Role(one.role)] for one in roles],
        "held": held_by(person),
        "keys": list(certificates_keyed_by(person, now)),
    }
    return render(request, "certificates/people/leave.html", context, status=422 if form.errors else 200)


def _warn(request: TenantRequest, left: Left) -> None:
    """Say what has to be asked anew."""
    if left.requests:
        sentence = ngettext(
            "%(number)d request was withdrawn: make it anew for another holder.",
            "%(number)d requests were withdrawn: make them anew for another holder.",
            left.requests,
        )
        messages.warning(request, sentence % {"number": left.requests})
    if left.revocations:
        sentence = ngettext(
            "%(number)d revocation was withdrawn: have another holder revoke that certificate.",
            "%(number)d revocations were withdrawn: have another holder revoke those certificates.",
            left.revocations,
        )
        messages.warning(request, sentence % {"number": left.revocations})
