"""The record of the organisation, newest first."""

from django.http import HttpResponse
from django.shortcuts import render

from organisations import selectors
from organisations.domain.roles import Permission
from organisations.web.pages import page
from organisations.web.record.lines import lines_of
from organisations.web.tenancy import TenantRequest


@page(Permission.SEE_HISTORY)
def history(request: TenantRequest) -> HttpResponse:
    """What happened, by whom, fifty at a time."""
    after = request.GET.get("after")
    found = selectors.events_page(request.tenancy.organisation, after=after)
    return render(
        request,
        "organisations/history.html",
        {"lines": lines_of(found.rows), "next_cursor": found.next_cursor, "continued": bool(after)},
    )
