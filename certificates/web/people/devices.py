"""Withdrawing a workstation that is lost or stolen: the holder's own, or one of the organisation's people."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from certificates.selectors.people import certificates_keyed_on
from organisations import selectors
from organisations.domain.roles import Permission
from organisations.models import Device
from organisations.services.audit import Actor
from organisations.services.devices import withdraw_device
from organisations.web.pages import page
from organisations.web.tenancy import TenantRequest


def _find(request: TenantRequest, device_id: UUID) -> tuple[Device, bool]:
    """Return the workstation and whether it is the member's own. Raises NotPermitted for another's; else 404."""
    own = next((one for one in selectors.devices_of_user(request.tenancy.user) if one.pk == device_id), None)
    if own is not None:
        return own, True
    device = get_object_or_404(selectors.devices_of(request.tenancy.organisation), pk=device_id)
    request.tenancy.require(Permission.MANAGE_ORGANISATION)
    return device, False


@page(methods=("GET", "POST"))
def device_withdraw(request: TenantRequest, device_id: UUID) -> HttpResponse:
    """Show what is on the workstation, and withdraw it when that was confirmed."""
    device, own = _find(request, device_id)
    here, now = request.tenancy.organisation, timezone.now()
    back = "workstation" if own else "organisation"
    if request.method == "POST":
        withdraw_device(device, organisation=here, actor=Actor.of(request.tenancy), now=now)
        messages.success(
            request, _("%(workstation)s was withdrawn. Nothing it sends is accepted any more.")
            % {"workstation": device.label}
        )  # fmt: skip
        return redirect(back)
    context = {
        "device": device,
        "own": own,
        "back": back,
        "keys": list(certificates_keyed_on(here, device.pk, now)),
    }
    return render(request, "certificates/people/device_withdraw.html", context)
