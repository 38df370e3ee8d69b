"""Reminders about certificates: to be renewed, a renewal that does not get on, a switch that nobody confirmed."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agent.wire.days import days_left
from certificates.domain.lifecycle import RequestState
from certificates.domain.renewal import RenewalOutcome
from certificates.domain.watch.notices import Happening
from certificates.domain.watch.reminders import HOLDER_STEP, SIGNATURE_STEPS, SWITCH_STEPS, step_before
from certificates.models import Certificate, CertificateRequest
from certificates.selectors.renewals import to_renew, unconfirmed_switches
from certificates.services.notices.readers import Readers, signers_of
from certificates.services.notices.wishes import Wishes, is_personal
from certificates.services.notices.words import day_of, name_of
from certificates.services.renewals.plan import plan_renewals
from organisations.domain.webhooks import ENDED, ENDING
from organisations.models import Correspondent, Organisation, Reader, User
from organisations.services.letters.mail import Note
from organisations.services.notices.notice import Announced, Notice

_FIRST: dict[Happening, Any] = {
    Happening.OPENS: gettext_lazy("It can be renewed from now on."),
    Happening.STEP: "",
    Happening.LAST_SAFE: gettext_lazy(
        "A request that the government checks by hand can take ten days, so do not wait any longer."
    ),
    Happening.LAST_DAY: gettext_lazy("Today is its last day."),
    Happening.ENDED: "",
}
"""What a letter says first, by what happens."""

UNSAID = (
    *("subject", "issuer", "serial", "fingerprint", "public_key_identifier", "key_algorithm", "key_usages"),
    *("extended_key_usages", "crl_urls", "ocsp_urls", "issuers", "taken_in_with", "judged_by", "search_text"),
    *("government_status", "government_token_status", "government_asked_at", "next_attempt_at"),
    *("revocation_checked_at", "revoked_at", "on_hold_since", "shared_at"),
)
"""Columns of which no notice speaks and that no plan needs: thousands of rows are read at each look."""

DONE = frozenset({RenewalOutcome.ALREADY_RENEWED, RenewalOutcome.REVOKED, RenewalOutcome.EXPIRED})


def renewals(organisation: Organisation, readers: Readers, now: datetime) -> Iterator[Notice]:
    """Find the certificates in their replacement period whose renewal was not begun, or does not get on."""
    rows = to_renew(organisation, now)
    wishes = Wishes(organisation, rows, now)
    certificates = [one for one in rows.select_related("owner").defer(*UNSAID) if not wishes.muted(one)]
    for plan in plan_renewals(organisation, certificates, now=now).values():
        event = wishes.passed(plan.certificate)
        if plan.outcome in DONE or event is None:
            continue
        certificate, request, step = plan.certificate, plan.renewal, event.step
        if plan.outcome is RenewalOutcome.KEY_STORE_LOST:
            to = wishes.readers(certificate, readers, readers.account_of(plan.former_holder))
            yield told_of_end(wishes, certificate, "lost", step, to, _lost(certificate))
        elif request is None:
            to = wishes.readers(certificate, readers, signers_of(plan, readers))
            write = _renewal(certificate, event.happening, readers)
            yield told_of_end(wishes, certificate, "renewal", step, to, write)
        elif step <= HOLDER_STEP:
            # A shared certificate's renewal is private until its owner shares the new one too.
            to = readers.of(
                request, *(() if _was_just_asked(request, now) else readers.account_of(request.holder))
            )
            write = _unfinished(certificate, request)
            yield Notice("unfinished", step, request, to, write, ends_at=certificate.not_after)


def told_of_end(
    wishes: Wishes,
    certificate: Certificate,
    kind: str,
    step: int,
    to: tuple[Reader, ...],
    write: Callable[[Reader], Note],
) -> Notice:
    """Return the notice of an end, as the certificate's policy wants it sent."""
    return Notice(
        kind,
        step,
        certificate,
        to,
        write,
        ends_at=certificate.not_after,
        answerable=True,
        mailed=wishes.policy_of(certificate).by_mail,
        announced=_announced(certificate, kind) if wishes.policy_of(certificate).by_webhook else None,
    )


def _announced(certificate: Certificate, kind: str) -> Announced | None:
    """Return what systems are told of an end; nothing of what is a person's own."""
    if is_personal(certificate):
        return None
    facts = {
        "environment": certificate.environment,
        "application_id": certificate.application_id,
        "ends_at": certificate.not_after.astimezone(UTC).isoformat(timespec="seconds"),
    }
    return Announced(ENDED if kind == "ended" else ENDING, facts)


def _was_just_asked(request: CertificateRequest, now: datetime) -> bool:
    """True while the holder's first letter is about this very signature."""
    waits = request.state in {RequestState.AWAITING_SIGNATURE, RequestState.AWAITING_DEVICE}
    return waits and now - request.state_since < SIGNATURE_STEPS[1]


def switches(organisation: Organisation, readers: Readers, now: datetime) -> Iterator[Notice]:
    """Find the renewed certificates about to end of which nobody said that they are out of use."""
    for certificate in unconfirmed_switches(organisation, now, most=None):
        step = step_before(SWITCH_STEPS, days_left(certificate.not_after, now)) or SWITCH_STEPS[0]
        to = readers.of(certificate, *readers.holders_of(certificate))
        yield Notice("switch", step, certificate, to, _switch(certificate), ends_at=certificate.not_after)


def page_of(certificate: Certificate, reader: Reader) -> str:
    """Return the address where `reader` can act: an owner's own page, else the certificate's."""
    if certificate.owner is not None and certificate.owner.user_id == reader.pk:
        return reverse("own")
    return reverse("certificate", args=[certificate.pk])


def title_of(certificate: Certificate) -> str:
    """Return what a letter about the end of a certificate is called."""
    return _("%(certificate)s ends on %(day)s") % {
        "certificate": name_of(certificate, certificate.environment),
        "day": day_of(certificate.not_after),
    }


def _renewal(certificate: Certificate, happening: Happening, readers: Readers) -> Callable[[Reader], Note]:
    def write(reader: Reader) -> Note:
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
        if isinstance(reader, Correspondent):
            way = _("An administrator of the organisation asks for it.")
        sentences = (_FIRST[happening], text, way)
        return Note(
            title_of(certificate),
            " ".join(str(one) for one in sentences if one),
            page_of(certificate, reader),
        )

    return write


def _lost(certificate: Certificate) -> Callable[[Reader], Note]:
    return lambda reader: Note(
        title_of(certificate),
        _(
            "Its key store or password was said to be lost, so it cannot be renewed. Revoke it and request a new one, "
            "in that order; both start on this page:"
        ),
        page_of(certificate, reader),
    )


def _who_asks(certificate: Certificate, readers: Readers) -> tuple[User, ...]:
    """Return who can start the renewal: the owner of an own certificate alone, else the administrators."""
    return readers.account_of(certificate.owner) if certificate.owner_id else readers.administrators


def _unfinished(certificate: Certificate, request: CertificateRequest) -> Callable[[Reader], Note]:
    def write(reader: Reader) -> Note:
        if request.state != RequestState.AWAITING_SIGNATURE:
            text = _("Its renewal has been asked for and is not finished; this page shows what it waits for:")
        elif request.holder.user_id == reader.pk:
            text = _("Its renewal waits for the signature with your identity card:")
            return Note(title_of(certificate), text, reverse("sign", args=[request.pk]))
        else:
            text = _("Its renewal waits for the signature of %(holder)s:") % {"holder": request.holder}
        return Note(title_of(certificate), text, _request_page(request))

    return write


def _request_page(request: CertificateRequest) -> str:
    return reverse("own") if request.personal else reverse("request", args=[request.pk])


def _switch(certificate: Certificate) -> Callable[[Reader], Note]:
    return lambda _reader: Note(
        title_of(certificate),
        _(
            "It was renewed, but nobody has confirmed that the new one is in use everywhere. What is still to be done "
            "(installations, token, self test) stands on this page:"
        ),
        reverse("certificate", args=[certificate.pk]),
    )
