"""Withdrawing a workstation that is lost or stolen: whole by its holder, for one organisation by an administrator."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from certificates.selectors.people import certificates_keyed_on
from organisations import selectors
from organisations.domain.roles import Permission
from organisations.models import Device, DeviceLink
from organisations.services.audit import Actor
from organisations.services.devices.links import end_link, withdraw_device
from organisations.web.pages import page, sentence_of
from organisations.web.record.meanwhile import changed
from organisations.web.tenancy import TenantRequest

WITHDRAWN = ("device_withdrawn", "device_unlinked")


def _find(request: TenantRequest, device_id: UUID) -> tuple[Device, DeviceLink | None]:
    """Return the workstation, with its link where it is another's. Raises NotPermitted; 404 where there is none."""
    tenancy = request.tenancy
    own = next((one for one in selectors.devices_of_user(tenancy.user) if one.pk == device_id), None)
    if own is not None:
        return own, None
    link = selectors.link_of(device_id, tenancy.organisation)
    if link is None:
        raise Http404
    tenancy.require(Permission.MANAGE_ORGANISATION)
    return link.device, link


def _was_here(request: TenantRequest, device_id: UUID) -> bool:
    """Tell whether somebody else was faster: it was withdrawn, or its link ended, which this member could have done."""
    links = DeviceLink.objects.filter(device=device_id, organisation=request.tenancy.organisation)
    if not request.tenancy.may(Permission.MANAGE_ORGANISATION):
        links = links.filter(account=request.tenancy.user)
    return links.exclude(ended_at=None).exists()


@page(methods=("GET", "POST"))
def device_withdraw(request: TenantRequest, device_id: UUID) -> HttpResponse:
    """Show what is on the workstation, and withdraw it when that was confirmed.

    The holder ends the workstation itself; an administrator ends what it does for the own organisation.
    """
    try:
        device, link = _find(request, device_id)
    except Http404:
        if not _was_here(request, device_id):
            raise
        messages.error(request, sentence_of(changed(device_id, *WITHDRAWN)))
        return redirect("workstation")
    here, now, actor = request.tenancy.organisation, timezone.now(), Actor.of(request.tenancy)
    back = "workstation" if link is None else "organisation"
    if request.method == "POST":
        if link is None:
            withdraw_device(device, by=request.tenancy.user, actor=actor, now=now)
            done = _("%(workstation)s was withdrawn. Nothing it sends is accepted any more.")
        else:
            end_link(link, by=request.tenancy.user, actor=actor, now=now)
            done = _("%(workstation)s no longer works for your organisation.")
        messages.success(request, done % {"workstation": device.label})
        return redirect(back)
    context = {
        "device": device,
        "own": link is None,
        "back": back,
        "keys": list(certificates_keyed_on(here, device.pk, now)),
    }
    return render(request, "certificates/people/device_withdraw.html", context)
