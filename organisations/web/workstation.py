"""How a holder makes a workstation ready, and which ones are."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render

from organisations import selectors
from organisations.web.pages import page
from organisations.web.tenancy import TenantRequest


@page()
def workstation(request: TenantRequest) -> HttpResponse:
    """The commands to install and enrol the agent, and the holder's enrolled workstations."""
    return render(
        request,
        "organisations/workstation.html",
        {"devices": selectors.devices_of_user(request.tenancy.user), "origin": settings.ORIGIN},
    )
