"""What the signed-in member was told in this organisation, newest first, and what still waits to be sent."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from organisations.keyset import page_of
from organisations.models import Reminder
from organisations.services.audit import Actor
from organisations.services.notices.answers import acknowledge
from organisations.web.pages import page
from organisations.web.tenancy import TenantRequest
from organisations.web.words import REMINDERS

PAGE = 50


@page()
def notices(request: TenantRequest) -> HttpResponse:
    """Show the notices of the reader, fifty at a time; each leads to the page where something can be done."""
    rows = Reminder.objects.filter(
        organisation=request.tenancy.organisation, recipient=request.tenancy.user
    ).exclude(title="")
    found = page_of(
        rows,
        by="created_at",
        after=request.GET.get("after"),
        before=request.GET.get("before"),
        size=PAGE,
        descending=True,
    )
    lines = [{"row": one, "about": REMINDERS.get(one.kind, "")} for one in found.rows]
    return render(request, "organisations/notices/told.html", {"lines": lines, "page": found})


@page(methods=("POST",))
def notice_answer(request: TenantRequest, reminder_id: UUID) -> HttpResponse:
    """Say that somebody takes care of what one notice told the reader."""
    tenancy = request.tenancy
    row = get_object_or_404(
        Reminder, pk=reminder_id, answerable=True, organisation=tenancy.organisation, recipient=tenancy.user
    )
    acknowledge([row], actor=Actor.of(tenancy), now=timezone.now())
    messages.success(request, _("It is known that somebody takes care of it."))
    return redirect("notices")
