"""Reminders about certificates: to be renewed, a renewal that does not get on, a switch that nobody confirmed."""

from collections.abc import Callable, Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certificates.domain.lifecycle import RequestState
from certificates.domain.reminders import (
    HOLDER_STEP,
    RENEWAL_STEPS,
    SWITCH_STEPS,
    days_until,
    step_before,
)
from certificates.domain.renewal import RenewalOutcome
from certificates.models import Certificate, CertificateRequest
from certificates.selectors import to_renew, unconfirmed_switches
from certificates.services.plan_renewal import RenewalPlan, plan_renewals
from certificates.services.reminders.readers import Readers
from certificates.services.reminders.words import day_of, name_of
from organisations.models import Organisation, User
from organisations.services.mail import Note
from organisations.services.reminders import Matter

DONE = frozenset({RenewalOutcome.ALREADY_RENEWED, RenewalOutcome.REVOKED, RenewalOutcome.EXPIRED})


def renewals(organisation: Organisation, readers: Readers, now: datetime) -> Iterator[Matter]:
    """Certificates in their replacement period with nothing begun, or with a renewal that does not get on."""
    certificates = list(to_renew(organisation, now).select_related("owner"))
    for plan in plan_renewals(organisation, certificates, now=now).values():
        if plan.outcome in DONE:
            continue
        certificate = plan.certificate
        days = days_until(certificate.not_after, now)
        step = step_before(RENEWAL_STEPS, days) or RENEWAL_STEPS[0]
        if plan.renewal is None:
            to = readers.of(certificate, *(_signers(plan, readers) if step <= HOLDER_STEP else ()))
            yield Matter("renewal", step, certificate, to, _renewal(certificate, days))
        elif step <= HOLDER_STEP:
            to = readers.of(certificate, *readers.account_of(plan.renewal.holder))
            yield Matter("unfinished", step, certificate, to, _unfinished(certificate, plan.renewal, days))


def switches(organisation: Organisation, readers: Readers, now: datetime) -> Iterator[Matter]:
    """Renewed certificates about to end of which nobody said that they are out of use."""
    for certificate in unconfirmed_switches(organisation, now, most=None):
        days = days_until(certificate.not_after, now)
        step = step_before(SWITCH_STEPS, days) or SWITCH_STEPS[0]
        to = readers.of(certificate, *readers.holders_of(certificate))
        yield Matter("switch", step, certificate, to, _switch(certificate, days))


def page_of(certificate: Certificate, reader: User) -> str:
    """Return where `reader` can act: an owner's own page, else the certificate's."""
    if certificate.owner is not None and certificate.owner.user_id == reader.pk:
        return reverse("own")
    return reverse("certificate", args=[certificate.pk])


def _signers(plan: RenewalPlan, readers: Readers) -> tuple[User, ...]:
    if plan.holder is not None:
        return readers.account_of(plan.holder)
    return readers.holders_of(plan.certificate)


def _title(certificate: Certificate, days: int) -> str:
    return ngettext("%(certificate)s ends in %(days)d day", "%(certificate)s ends in %(days)d days", days) % {
        "certificate": name_of(certificate, certificate.environment),
        "days": days,
    }


def _renewal(certificate: Certificate, days: int) -> Callable[[User], Note]:
    return lambda reader: Note(
        _title(certificate, days),
        _(
            "It ends on %(day)s and no renewal has been asked for. After that day it can no longer be renewed: what "
            "uses it stops until a new one is there. The renewal starts here:"
        )
        % {"day": day_of(certificate.not_after)},
        page_of(certificate, reader),
    )


def _unfinished(certificate: Certificate, request: CertificateRequest, days: int) -> Callable[[User], Note]:
    def write(reader: User) -> Note:
        day = {"day": day_of(certificate.not_after), "holder": request.holder}
        if request.state != RequestState.AWAITING_SIGNATURE:
            text = _(
                "It ends on %(day)s. Its renewal has been asked for and is not finished; the page of the request "
                "shows what it waits for:"
            )
        elif request.holder.user_id == reader.pk:
            text = _("It ends on %(day)s. Its renewal waits for the signature with your identity card:")
            return Note(_title(certificate, days), text % day, reverse("sign", args=[request.pk]))
        else:
            text = _("It ends on %(day)s. Its renewal waits for the signature of %(holder)s:")
        return Note(_title(certificate, days), text % day, reverse("request", args=[request.pk]))

    return write


def _switch(certificate: Certificate, days: int) -> Callable[[User], Note]:
    return lambda reader: Note(
        _title(certificate, days),
        _(
            "It ends on %(day)s and was renewed, but nobody has confirmed that the new one is in use everywhere. What "
            "is still to be done (installations, token, self test) stands on its page:"
        )
        % {"day": day_of(certificate.not_after)},
        reverse("certificate", args=[certificate.pk]),
    )
