"""Reminders about certificates: to be renewed, a renewal that does not get on, a switch that nobody confirmed."""

from collections.abc import Callable, Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from agent.wire.days import days_left
from certificates.domain.lifecycle import RequestState
from certificates.domain.reminders import (
    HOLDER_STEP,
    RENEWAL_STEPS,
    SIGNATURE_STEPS,
    SWITCH_STEPS,
    step_before,
)
from certificates.domain.renewal import RenewalOutcome
from certificates.models import Certificate, CertificateRequest
from certificates.selectors.renewals import to_renew, unconfirmed_switches
from certificates.services.reminders.readers import Readers
from certificates.services.reminders.words import day_of, name_of
from certificates.services.renewals.plan import RenewalPlan, plan_renewals
from organisations.models import Organisation, User
from organisations.services.letters.mail import Note
from organisations.services.notices.notice import Notice

DONE = frozenset({RenewalOutcome.ALREADY_RENEWED, RenewalOutcome.REVOKED, RenewalOutcome.EXPIRED})


def renewals(organisation: Organisation, readers: Readers, now: datetime) -> Iterator[Notice]:
    """Find the certificates in their replacement period whose renewal was not begun, or does not get on."""
    certificates = list(to_renew(organisation, now).select_related("owner"))
    for plan in plan_renewals(organisation, certificates, now=now).values():
        if plan.outcome in DONE:
            continue
        certificate, request = plan.certificate, plan.renewal
        step = step_before(RENEWAL_STEPS, days_left(certificate.not_after, now)) or RENEWAL_STEPS[0]
        if plan.outcome is RenewalOutcome.KEY_STORE_LOST:
            to = readers.of(certificate, *readers.account_of(plan.former_holder))
            yield Notice("lost", step, certificate, to, _lost(certificate))
        elif request is None:
            to = readers.of(certificate, *(_signers(plan, readers) if step <= HOLDER_STEP else ()))
            yield Notice("renewal", step, certificate, to, _renewal(certificate, readers))
        elif step <= HOLDER_STEP:
            # A shared certificate's renewal is private until its owner shares the new one too.
            to = readers.of(
                request, *(() if _was_just_asked(request, now) else readers.account_of(request.holder))
            )
            yield Notice("unfinished", step, request, to, _unfinished(certificate, request))


def _was_just_asked(request: CertificateRequest, now: datetime) -> bool:
    """True while the holder's first letter is about this very signature."""
    waits = request.state in {RequestState.AWAITING_SIGNATURE, RequestState.AWAITING_DEVICE}
    return waits and now - request.state_since < SIGNATURE_STEPS[1]


def switches(organisation: Organisation, readers: Readers, now: datetime) -> Iterator[Notice]:
    """Find the renewed certificates about to end of which nobody said that they are out of use."""
    for certificate in unconfirmed_switches(organisation, now, most=None):
        step = step_before(SWITCH_STEPS, days_left(certificate.not_after, now)) or SWITCH_STEPS[0]
        to = readers.of(certificate, *readers.holders_of(certificate))
        yield Notice("switch", step, certificate, to, _switch(certificate))


def page_of(certificate: Certificate, reader: User) -> str:
    """Return the address where `reader` can act: an owner's own page, else the certificate's."""
    if certificate.owner is not None and certificate.owner.user_id == reader.pk:
        return reverse("own")
    return reverse("certificate", args=[certificate.pk])


def _signers(plan: RenewalPlan, readers: Readers) -> tuple[User, ...]:
    if plan.holder is not None:
        return readers.account_of(plan.holder)
    return readers.holders_of(plan.certificate)


def _title(certificate: Certificate) -> str:
    return _("%(certificate)s ends on %(day)s") % {
        "certificate": name_of(certificate, certificate.environment),
        "day": day_of(certificate.not_after),
    }


def _renewal(certificate: Certificate, readers: Readers) -> Callable[[User], Note]:
    def write(reader: User) -> Note:
        text = _(
            "No renewal has been asked for. After that day it can no longer be renewed: what uses it stops until a "
            "new one is there."
        )
        if reader in _who_asks(certificate, readers):
            way = _("The renewal starts on this page:")
        elif certificate.owner is not None:
            way = _("Its owner, %(name)s, renews it:") % {"name": certificate.owner}
        else:
            way = _(
                "An administrator of your organisation asks for it, and you sign with your identity card:"
            )
        return Note(_title(certificate), f"{text} {way}", page_of(certificate, reader))

    return write


def _lost(certificate: Certificate) -> Callable[[User], Note]:
    return lambda reader: Note(
        _title(certificate),
        _(
            "Its key store or password was said to be lost, so it cannot be renewed. Revoke it and request a new one, "
            "in that order; both start on this page:"
        ),
        page_of(certificate, reader),
    )


def _who_asks(certificate: Certificate, readers: Readers) -> tuple[User, ...]:
    """Return who can start the renewal: the owner of an own certificate alone, else the administrators."""
    return readers.account_of(certificate.owner) if certificate.owner_id else readers.administrators


def _unfinished(certificate: Certificate, request: CertificateRequest) -> Callable[[User], Note]:
    def write(reader: User) -> Note:
        if request.state != RequestState.AWAITING_SIGNATURE:
            text = _("Its renewal has been asked for and is not finished; this page shows what it waits for:")
        elif request.holder.user_id == reader.pk:
            text = _("Its renewal waits for the signature with your identity card:")
            return Note(_title(certificate), text, reverse("sign", args=[request.pk]))
        else:
            text = _("Its renewal waits for the signature of %(holder)s:") % {"holder": request.holder}
        return Note(_title(certificate), text, _request_page(request))

    return write


def _request_page(request: CertificateRequest) -> str:
    return reverse("own") if request.personal else reverse("request", args=[request.pk])


def _switch(certificate: Certificate) -> Callable[[User], Note]:
    return lambda _reader: Note(
        _title(certificate),
        _(
            "It was renewed, but nobody has confirmed that the new one is in use everywhere. What is still to be done "
            "(installations, token, self test) stands on this page:"
        ),
        reverse("certificate", args=[certificate.pk]),
    )
