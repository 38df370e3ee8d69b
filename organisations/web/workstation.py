"""How a holder makes a workstation ready, which ones are, and for whom they work."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render

from organisations import selectors
from organisations.models import Device
from organisations.web.pages import page
from organisations.web.tenancy import TenantRequest


@dataclass(frozen=True)
class WorkstationLine:
    """One of the holder's own workstations, with the organisations for which it works."""

    device: Device
    organisations: list[str]


@page()
def workstation(request: TenantRequest) -> HttpResponse:
    """The commands to install and enrol the agent, and the holder's enrolled workstations.

    Where the holder is somebody of this organisation for whom no workstation works yet, the organisation waits for
    the holder's word, which is given at the workstation only.
    """
    tenancy = request.tenancy
    names = {one.pk: one.name for one in (tenancy.organisation, *tenancy.others)}
    links = selectors.own_links(tenancy.user)
    lines: dict[Device, list[str]] = {}
    for link in links:
        lines.setdefault(link.device, []).extend(
            [names[link.organisation_id]] if link.organisation_id in names else []
        )
    works_here = any(link.organisation_id == tenancy.organisation.pk for link in links)
    return render(
        request,
        "organisations/workstation.html",
        {
            "devices": [WorkstationLine(device, sorted(works)) for device, works in lines.items()],
            "waits": not works_here and selectors.person_of(tenancy.user, tenancy.organisation) is not None,
            "origin": settings.ORIGIN,
        },
    )
