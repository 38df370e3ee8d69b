"""One import that was taken in: what the history tells of it, and its certificates."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from certificates.models import Certificate, Intake
from certificates.web.parts.rows import certificate_row
from organisations.domain.roles import Permission
from organisations.keyset import page_of
from organisations.selectors import events_about
from organisations.web.pages import page
from organisations.web.record.lines import lines_of
from organisations.web.tenancy import TenantRequest

SIZE = 50


@page(Permission.SEE_INVENTORY)
def import_taken(request: TenantRequest, intake_id: UUID) -> HttpResponse:
    """The certificates that came with one import, by their end, fifty at a time."""
    intake = get_object_or_404(Intake, organisation=request.tenancy.organisation, pk=intake_id)
    rows = Certificate.objects.filter(
        organisation=request.tenancy.organisation, taken_in_with=intake.pk
    ).defer("sealed_der", "chain")
    after = request.GET.get("after")
    found, now = page_of(rows, by="not_after", after=after, size=SIZE), timezone.now()
    context = {
        "intake": intake,
        "rows": [certificate_row(one, now, renewed=one.renewed, ending=one.ending) for one in found.rows],
        "more": found.next_cursor,
        "continued": bool(after),
        "lines": lines_of(events_about(intake.pk)),
    }
    return render(request, "certificates/inventory/import_taken.html", context)
