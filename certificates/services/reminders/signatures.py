"""Reminders to holders of what waits for their signature: requests, and revocations more urgently."""

from collections.abc import Callable, Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from certificates.domain.lifecycle import RequestState
from certificates.domain.reminders import (
    DAY,
    HOLDER_STEP,
    REVOCATION_STEPS,
    SIGNATURE_STEPS,
    step_after,
)
from certificates.domain.revocation import RevocationState
from certificates.models import CertificateRequest, Revocation
from certificates.services.reminders.readers import Readers
from certificates.services.reminders.words import name_of
from organisations.models import Organisation, User
from organisations.services.mail import Note
from organisations.services.reminders import Notice


def signatures(organisation: Organisation, readers: Readers, now: datetime) -> Iterator[Notice]:
    """Find what holders have left unsigned for some days; a renewal near the old one's end is told with that end."""
    requests = CertificateRequest.objects.filter(
        organisation=organisation,
        state=RequestState.AWAITING_SIGNATURE,
        state_since__lte=now - SIGNATURE_STEPS[0] * DAY,
    ).exclude(replaces__not_after__lte=now + HOLDER_STEP * DAY)
    for request in requests.select_related("holder", "identifier", "requested_by").defer(
        "sealed_contract", "sealed_signed_request"
    ):
        step = step_after(SIGNATURE_STEPS, (now - request.state_since) // DAY)
        if step is not None:
            yield Notice("signature", step, request, readers.account_of(request.holder), _request(request))


def unsigned_revocations(organisation: Organisation, readers: Readers, now: datetime) -> Iterator[Notice]:
    """Find the revocations that wait for a signature: until then the certificate goes on working."""
    rows = Revocation.objects.filter(
        organisation=organisation,
        state=RevocationState.AWAITING_SIGNATURE,
        state_since__lte=now - REVOCATION_STEPS[0] * DAY,
    )
    for revocation in rows.select_related("holder", "certificate").defer(
        "sealed_contract", "sealed_signed_request", "certificate__sealed_der"
    ):
        step = step_after(REVOCATION_STEPS, (now - revocation.state_since) // DAY)
        if step is not None:
            to = readers.of(revocation, *readers.account_of(revocation.holder))
            yield Notice("revocation", step, revocation, to, _revocation(revocation))


def _request(request: CertificateRequest) -> Callable[[User], Note]:
    return lambda _reader: Note(
        _("A certificate waits for your signature: %(certificate)s")
        % {"certificate": name_of(request, request.environment)},
        _("It was requested by %(name)s. Read the contract and sign with your identity card, or decline:")
        % {"name": request.requested_by},
        reverse("sign", args=[request.pk]),
    )


def _revocation(revocation: Revocation) -> Callable[[User], Note]:
    certificate = name_of(revocation.certificate, revocation.certificate.environment)

    def write(reader: User) -> Note:
        title = _("The revocation of %(certificate)s waits for its signature") % {"certificate": certificate}
        if revocation.holder.user_id == reader.pk:
            text = _("Until it is signed, the certificate goes on working. Sign with your identity card:")
            return Note(title, text, reverse("revocation-sign", args=[revocation.pk]))
        text = _("Until %(holder)s signs it, the certificate goes on working:") % {
            "holder": revocation.holder
        }
        return Note(title, text, reverse("revocation", args=[revocation.pk]))

    return write
