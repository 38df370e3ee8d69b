"""Who will be told what of one certificate, and when: shown before it happens, and what became of it after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from agent.wire.days import days_left
from certificates.domain.renewal import RenewalOutcome
from certificates.domain.validity import CertificateStatus
from certificates.domain.watch.notices import Event
from certificates.models import Certificate, Mute
from certificates.services.notices.readers import Readers, signers_of
from certificates.services.notices.wishes import Wishes, is_personal
from certificates.services.renewals.plan import plan_renewal
from organisations.domain.webhooks import Topic
from organisations.models import Organisation, Reader, Reminder
from organisations.services.webhooks.keep import listening_to

SILENT = frozenset({RenewalOutcome.ALREADY_RENEWED, RenewalOutcome.REVOKED})
"""Where nothing is told any more."""


class Fate(StrEnum):
    """What becomes of an event; the values are stable codes."""

    TOLD = "told"
    WAITS = "waits"
    """It has come, and its letters have not left."""
    AHEAD = "ahead"
    MUTED = "muted"
    PASSED = "passed"
    """It passed without a letter: it came before the certificate did, or a later one told the same."""
    NOT_NEEDED = "not_needed"
    """The certificate was renewed or revoked."""


@dataclass(frozen=True)
class Line:
    """One event of a certificate's end: what becomes of it, and who was or will be told."""

    event: Event
    fate: Fate
    readers: Sequence[Reader]
    told_at: datetime | None
    acknowledged_at: datetime | None


@dataclass(frozen=True)
class Ahead:
    """Everything that is told of one certificate's end."""

    lines: Sequence[Line]
    mute: Mute | None
    """The silence that holds today."""
    by_mail: bool
    systems: tuple[str, ...]
    """The webhooks that are told too."""


def ahead_of(organisation: Organisation, certificate: Certificate, *, now: datetime) -> Ahead:
    """Return what was and will be told of a certificate's end; some ten queries, whatever there is."""
    readers = Readers(organisation, now)
    wishes = Wishes(organisation, Certificate.objects.filter(pk=certificate.pk), now)
    plan = plan_renewal(certificate, now=now)
    over = plan.outcome in SILENT or certificate.status(now) is CertificateStatus.NOT_RECOGNISED
    mute = Mute.objects.select_related("muted_by").filter(certificate=certificate).first()
    silent = mute if mute is not None and wishes.muted(certificate) else None
    rows: dict[tuple[str, int], list[Reminder]] = {}
    for row in Reminder.objects.filter(organisation=organisation, subject_id=certificate.pk).select_related(
        "recipient", "correspondent"
    ):
        rows.setdefault((row.kind, row.step), []).append(row)
    found = wishes.events_of(certificate)
    latest = wishes.passed(certificate)
    signers = signers_of(plan, readers)
    lines = []
    for event in found:
        kept = rows.get((event.kind, event.step), [])
        sent = [row for row in kept if row.sent_at is not None]
        if kept:
            fate = Fate.TOLD if sent or not wishes.policy_of(certificate).by_mail else Fate.WAITS
            to: Sequence[Reader] = [one for row in kept if (one := row.recipient or row.correspondent)]
        elif over:
            fate, to = Fate.NOT_NEEDED, ()
        elif event.at <= now and event != latest:
            fate, to = Fate.PASSED, ()
        else:
            muted = silent is not None and (event.at <= now or days_left(silent.until, event.at) >= 0)
            fate = Fate.MUTED if muted else Fate.AHEAD if event.at > now else Fate.WAITS
            left = days_left(certificate.not_after, event.at)
            to = wishes.readers(certificate, readers, signers, left=left)
        lines.append(
            Line(
                event,
                fate,
                to,
                min((row.sent_at for row in sent if row.sent_at), default=None),
                min((row.acknowledged_at for row in kept if row.acknowledged_at), default=None),
            )
        )
    policy = wishes.policy_of(certificate)
    told = policy.by_webhook and not is_personal(certificate)
    systems = tuple(str(one) for one in listening_to(organisation, Topic.ENDS)) if told else ()
    return Ahead(lines, silent, policy.by_mail, systems)
