"""Silence about one certificate: until a day, for a reason, and on the record."""

from datetime import date, datetime, timedelta

from django.db import transaction

from agent.wire.days import belgian_day
from certificates.errors.care import BadLastDay, NoReason
from certificates.models import Certificate, Mute
from certificates.models.notices.mute import MAX_REASON
from organisations.domain.identifiers import mask_ssins
from organisations.models import User
from organisations.services.audit import Actor, record
from organisations.services.notices.look import wake

LONGEST = timedelta(days=366)


@transaction.atomic
def mute(
    certificate: Certificate, *, until: date, reason: str, user: User, actor: Actor, now: datetime
) -> Mute:
    """Tell nobody of the certificate's end before `until` has passed. Raises BadLastDay, NoReason."""
    today = belgian_day(now)
    if not today <= until <= today + LONGEST:
        raise BadLastDay(field="until")
    words = mask_ssins(" ".join(reason.split()))[:MAX_REASON]
    if not words:
        raise NoReason(field="reason")
    kept, _new = Mute.objects.update_or_create(
        certificate=certificate,
        defaults={
            "organisation_id": certificate.organisation_id,
            "until": until,
            "reason": words,
            "muted_by": user,
            "muted_at": now,
        },
    )
    facts = {"ends_on": until.isoformat(), "reason": words}
    record(certificate.organisation_id, "certificate_muted", certificate, actor=actor, now=now, **facts)
    return kept


@transaction.atomic
def unmute(certificate: Certificate, *, actor: Actor, now: datetime) -> None:
    """Tell of its end again from now on. Where nothing was silent, nothing changes."""
    gone, _what = Mute.objects.filter(certificate=certificate).delete()
    if gone:
        record(certificate.organisation_id, "certificate_unmuted", certificate, actor=actor, now=now)
        wake(certificate.organisation_id, at=now)
