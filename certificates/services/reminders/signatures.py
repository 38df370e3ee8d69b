"""What waits for somebody's identity card: told at once, and again; revocations more urgently than requests."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from certificates.domain.lifecycle import RequestState
from certificates.domain.revocation import RevocationReason, RevocationState
from certificates.domain.watch.reminders import (
    AT_ONCE,
    COMPROMISE_STEPS,
    DAY,
    HOLDER_STEP,
    REVOCATION_STEPS,
    SIGNATURE_STEPS,
    code_of,
    settled,
    step_after,
    step_ahead,
)
from certificates.models import CertificateRequest, RecordsInquiry, Revocation
from certificates.models.records import InquiryState
from certificates.services.notices.readers import Readers
from certificates.services.notices.words import name_of
from organisations.models import Organisation, Reader, User
from organisations.services.letters.mail import Note
from organisations.services.notices.notice import Notice, Urgency

Asked = CertificateRequest | Revocation | RecordsInquiry


def signatures(organisation: Organisation, readers: Readers, now: datetime) -> Iterator[Notice]:
    """Find the requests that wait for their holder: what was asked together is told together.

    After the first letter, a renewal near the old one's end is told with that end. The own certificate of a person,
    who asked for it, is told once it was forgotten.
    """
    requests = CertificateRequest.objects.filter(
        organisation=organisation, state__in=(RequestState.AWAITING_SIGNATURE, RequestState.AWAITING_DEVICE)
    )
    rows = list(
        requests.select_related("holder", "identifier", "requested_by", "replaces").defer(
            "sealed_contract", "sealed_signed_request", "replaces__sealed_der"
        )
    )
    held = _held([(one.holder_id, one.state_since) for one in rows], now)
    for request in rows:
        ends_soon = request.replaces is not None and request.replaces.not_after <= now + HOLDER_STEP * DAY
        steps: Sequence[timedelta] = SIGNATURE_STEPS[1:] if request.personal else SIGNATURE_STEPS
        if ends_soon:
            steps = [
                one for one in steps if one == AT_ONCE and now - request.state_since < SIGNATURE_STEPS[1]
            ]
        kind, write = "signature", _request(request)
        if request.state == RequestState.AWAITING_DEVICE:
            kind, write = "device", _device(request)
        to = readers.account_of(request.holder)
        yield from _steps(kind, request, request.state_since, steps, now, to, write, held[request.holder_id])


def unsigned_revocations(organisation: Organisation, readers: Readers, now: datetime) -> Iterator[Notice]:
    """Find the revocations that wait for a signature: until then the certificate goes on working.

    Whoever asked for it is told too once the holder let it lie; of a key in the wrong hands everybody hears at once.
    """
    rows = Revocation.objects.filter(
        organisation=organisation,
        state__in=(RevocationState.AWAITING_SIGNATURE, RevocationState.AWAITING_DEVICE),
    )
    for revocation in rows.select_related("holder", "certificate").defer(
        "sealed_contract", "sealed_signed_request", "certificate__sealed_der"
    ):
        compromised = revocation.reason == RevocationReason.KEY_COMPROMISE
        steps = COMPROMISE_STEPS if compromised else REVOCATION_STEPS
        holders = readers.account_of(revocation.holder)
        everybody = readers.of(revocation, *holders)
        write = _revocation(revocation)
        urgency = Urgency.EMERGENCY if compromised else Urgency.AT_ONCE
        for notice in _steps(
            "revocation", revocation, revocation.state_since, steps, now, everybody, write, urgency=urgency
        ):
            first = notice.step == code_of(AT_ONCE) and not compromised
            yield notice.to(holders) if first else notice


def unsigned_questions(organisation: Organisation, readers: Readers, now: datetime) -> Iterator[Notice]:
    """Questions about the government's records, which the card of one person asks."""
    rows = RecordsInquiry.objects.filter(
        organisation=organisation, state=InquiryState.AWAITING_SIGNATURE, job__expires_at__gt=now
    )
    for inquiry in rows.select_related("holder", "requested_by"):
        to = readers.account_of(inquiry.holder)
        yield from _steps(
            "records", inquiry, inquiry.requested_at, SIGNATURE_STEPS, now, to, _question(inquiry)
        )


def _held(asked: Sequence[tuple[UUID, datetime]], now: datetime) -> dict[UUID, datetime]:
    """Return, by holder, until when the first letter waits for more that is being asked."""
    moments: dict[UUID, list[datetime]] = {}
    for holder, since in asked:
        moments.setdefault(holder, []).append(since)
    return {
        holder: settled([one for one in all_of_them if one > now - SIGNATURE_STEPS[1]] or [all_of_them[0]])
        for holder, all_of_them in moments.items()
    }


def _steps(
    kind: str,
    subject: Asked,
    since: datetime,
    steps: Sequence[timedelta],
    now: datetime,
    to: tuple[User, ...],
    write: Callable[[Reader], Note],
    held_until: datetime | None = None,
    *,
    urgency: Urgency | None = None,
) -> Iterator[Notice]:
    """Yield the step that has passed, and the one ahead: then somebody looks again at that very moment.

    Without `urgency`, the first letter is one that must be there at once, and the later ones are not.
    """
    passed, ahead = step_after(steps, now - since), step_ahead(steps, now - since)
    if passed is not None:
        first = passed == AT_ONCE
        how = urgency or (Urgency.AT_ONCE if first else Urgency.ROUTINE)
        yield Notice(kind, code_of(passed), subject, to, write, held_until if first else None, how)
    if ahead is not None:
        yield Notice(kind, code_of(ahead), subject, to, write, since + ahead)


def _title_of(request: CertificateRequest) -> str:
    return _("A certificate waits for your signature: %(certificate)s") % {
        "certificate": name_of(request, request.environment)
    }


def _request(request: CertificateRequest) -> Callable[[Reader], Note]:
    return lambda _reader: Note(
        _title_of(request),
        _("It was requested by %(name)s. Read the contract and sign with your identity card, or decline:")
        % {"name": request.requested_by},
        reverse("sign", args=[request.pk]),
    )


def _device(request: CertificateRequest) -> Callable[[Reader], Note]:
    return lambda _reader: Note(
        _title_of(request),
        _(
            "It was requested by %(name)s. You sign on your own workstation with your identity card; none is enrolled "
            "yet. How that is done stands on this page:"
        )
        % {"name": request.requested_by},
        reverse("workstation"),
    )


def _question(inquiry: RecordsInquiry) -> Callable[[Reader], Note]:
    return lambda _reader: Note(
        _("The government's records wait for your identity card"),
        _(
            "%(name)s asks you to look with your card which mandates and certificates the government knows. Nothing "
            "changes by it:"
        )
        % {"name": inquiry.requested_by},
        reverse("sign-list"),
    )


def _revocation(revocation: Revocation) -> Callable[[Reader], Note]:
    certificate = revocation.certificate

    def write(reader: Reader) -> Note:
        title = _("The revocation of %(certificate)s waits for its signature") % {
            "certificate": name_of(certificate, certificate.environment)
        }
        urgent = (
            _("The key may be in the wrong hands: whoever has it acts in your organisation's name.")
            if revocation.reason == RevocationReason.KEY_COMPROMISE
            else ""
        )
        if revocation.holder.user_id != reader.pk:
            text = _("Until %(holder)s signs it, the certificate goes on working:") % {
                "holder": revocation.holder
            }
            return Note(title, f"{urgent} {text}".strip(), reverse("revocation", args=[revocation.pk]))
        if revocation.state == RevocationState.AWAITING_DEVICE:
            text = _(
                "Until it is signed, the certificate goes on working. You sign on your own workstation with your "
                "identity card; none is enrolled yet. How that is done stands on this page:"
            )
            return Note(title, f"{urgent} {text}".strip(), reverse("workstation"))
        text = _("Until it is signed, the certificate goes on working. Sign with your identity card:")
        return Note(title, f"{urgent} {text}".strip(), reverse("revocation-sign", args=[revocation.pk]))

    return write
