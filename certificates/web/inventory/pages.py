"""One certificate, and its file."""

import re
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from agent.wire.encoding import to_pem
from agent.wire.pki.reading.fields import NotACertificate, read_fields
from agent.wire.pki.reading.text import MARK
from certificates.models import Certificate
from certificates.selectors.installations import installations_of
from certificates.selectors.inventory import neighbours
from certificates.services.inventory.hand_out import hand_out_certificate
from certificates.services.renewals.plan import plan_renewal
from certificates.web.installations.pages import installation_row
from certificates.web.inventory.care import care_of
from certificates.web.inventory.validity_plot import plot_validity
from certificates.web.parts.errands import waiting
from certificates.web.parts.lookup import find_certificate, is_own
from certificates.web.parts.rows import certificate_row, clock_time
from certificates.web.parts.words import REVOCATION_REASONS, SOURCES
from certificates.web.renewals.switch import switch_view
from certificates.web.renewals.view import renewal_view
from certificates.web.revocations.pages import ending_view
from certificates.web.tokens.pages import heard_from_depot, panel_of
from organisations.domain.identifiers import mask_ssins
from organisations.domain.roles import Permission
from organisations.selectors import events_about
from organisations.services.audit import Actor
from organisations.web.pages import page
from organisations.web.record.lines import lines_of
from organisations.web.tenancy import TenantRequest
from outside.circuits import silent_since
from outside.http import host_of


@page(Permission.SEE_INVENTORY)
def certificate(request: TenantRequest, certificate_id: UUID) -> HttpResponse:
    """Everything that is known of one certificate, and what happened to it."""
    asking = heard_from_depot(request)  # before anything is read: it may have changed
    found = find_certificate(request, certificate_id)
    now = timezone.now()
    predecessor, successor = neighbours(found)
    plan, ending = plan_renewal(found, now=now), ending_view(found, now)
    switch = switch_view(found, predecessor, successor, now)
    left = {one.pk for one in switch.checklist.in_the_way} if switch else set()
    context = {
        "row": certificate_row(found, now, renewed=successor is not None, ending=ending.on_its_way),
        "certificate": found,
        "validity": plot_validity(
            found.not_before,
            found.not_after,
            now,
            opens_at=found.renewable_from,
            revoked=not found.is_genuine,
        ),
        "fingerprint": _spaced(found.fingerprint),
        "serial": _spaced(found.serial) if found.serial else "",
        "key": _spaced(found.public_key_identifier),
        "source": SOURCES[found.source],
        "revocation_reason": REVOCATION_REASONS.get(found.revocation_reason, ""),
        "chain": [_authority(der) for der in found.above],
        "request_made": getattr(found, "request", None),
        "is_own": is_own(request, found),
        "lines": lines_of(events_about(found.pk)),
        "panel": panel_of(request, found, now, ending=successor is not None or ending.on_its_way),
        # The own one is renewed on the page of one's own certificates: no mandate, no administrator. What never ends
        # is never renewed.
        "renewal": None if found.owner_id or found.has_no_end else renewal_view(plan, request.tenancy),
        "predecessor": predecessor,
        "successor": successor,
        "switch": switch,
        "installations": [
            installation_row(one, now, is_left=one.pk in left) for one in installations_of(found)
        ],
        "ending": ending,
        "care": care_of(request, found),
        "asking": waiting(reverse("token-asked", args=[found.pk]), asking) if asking else "",
        "silent_since": _silent_since(found),
    }
    return render(request, "certificates/inventory/certificate.html", context)


def _silent_since(certificate: Certificate) -> str:
    """Return since when nobody answers who could tell whether it was revoked; empty while somebody does."""
    moments = []
    for url in (*certificate.ocsp_urls, *certificate.crl_urls):
        try:
            since = silent_since(host_of(url))
        except ValueError:
            continue  # an address of another kind: nobody asks there
        if since is None:
            return ""
        moments.append(since)
    return clock_time(max(moments)) if moments else ""


def _spaced(digits: str) -> str:
    digits = digits if len(digits) % 2 == 0 else f"0{digits}"
    return " ".join(re.findall("..", digits.upper()))


def _authority(der: bytes) -> str:
    """Return the common name of an issuer of the chain."""
    try:
        return mask_ssins(read_fields(der).common_name)
    except NotACertificate:
        return MARK


@page(Permission.SEE_INVENTORY)
def certificate_download(request: TenantRequest, certificate_id: UUID) -> HttpResponse:
    """The certificate as a PEM file; keys are never here. With a national number in it, it is not for everybody."""
    found = find_certificate(request, certificate_id)
    if found.shows_number and not is_own(request, found):
        request.tenancy.require(Permission.SEE_SSIN)
        hand_out_certificate(found, actor=Actor.of(request.tenancy), now=timezone.now())
    pem = to_pem(found.der)
    name = re.sub(r"[^A-Za-z0-9=_-]+", "_", found.common_name).strip("_") or "certificate"
    response = HttpResponse(pem, content_type="application/x-pem-file")
    response["Content-Disposition"] = f'attachment; filename="{name}.pem"'
    return response
