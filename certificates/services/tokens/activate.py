"""Activating a token: the depot switches from the old token to the new one, once the new key store is in use."""

import secrets
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from agent.wire.encoding import to_base64url
from certificates.certra.errors import CertraError, Rejected
from certificates.certra.gateway import TokenGateway
from certificates.domain.signing import JOB_LIFETIME
from certificates.domain.tokens import TOKEN_MOVES, TokenState
from certificates.errors.requests import HolderWithoutMandate
from certificates.errors.signing import JobClosed, JobUnknown, MandateEnded
from certificates.errors.tokens import TokenRefused
from certificates.models import AgentJob, Certificate, EncryptionToken
from certificates.models.job import JobKind, JobState
from certificates.services.signing.government_answer import refusal_of
from certificates.services.signing.own_signature import check_own_signature
from organisations.domain.mandates import belgian_day
from organisations.models import Device, Mandate, Person, User
from organisations.services.audit import Actor, record
from organisations.services.work.deadlocks import write_down
from organisations.ssin import index_in_row

ASKED = {
    JobKind.MAKE_TOKEN: "token_asked",
    JobKind.ACTIVATE_TOKEN: "token_activation_asked",
    JobKind.CHECK_TOKEN: "token_check_asked",
}
"""What the record says when somebody asks for a job."""


@transaction.atomic
def ask_for(
    token: EncryptionToken, kind: JobKind, *, holder: Person, actor: Actor, now: datetime
) -> AgentJob:
    """Offer the holder's workstation a job on this token (one of ASKED); an open one is found again.

    Raises TokenRefused when the token is not in a state for it or died with its certificate, HolderWithoutMandate when
    the holder may not act on it today.
    """
    locked = EncryptionToken.objects.select_for_update().get(pk=token.pk)
    if kind is JobKind.ACTIVATE_TOKEN and (locked.state != TokenState.WAITING or locked.stored_at is None):
        raise TokenRefused
    if (locked.state == TokenState.STARTED) != (kind is JobKind.MAKE_TOKEN) or token.is_dead:
        raise TokenRefused
    if not people_for(token.certificate, now).filter(pk=holder.pk).exists():
        raise HolderWithoutMandate
    open_ones = AgentJob.objects.filter(
        token=token, kind=kind, state=JobState.OFFERED, expires_at__gt=now, holder=holder
    )
    found = open_ones.first()
    if found is not None:
        return found
    record(
        token.organisation_id,
        ASKED[kind],
        token.certificate,
        actor=actor,
        now=now,
        holder=str(holder),
    )
    return AgentJob.objects.create(
        id=to_base64url(secrets.token_bytes(16)),
        organisation_id=token.organisation_id,
        kind=kind,
        token=token,
        holder=holder,
        created_at=now,
        expires_at=now + JOB_LIFETIME,
    )


def people_for(certificate: Certificate, now: datetime) -> QuerySet[Person]:
    """Return who may act on a certificate's token today: the owner of an own one, else all who are mandated for it.

    A care provider's certificate without owner here (a foreigner's, an imported one) has no number that a mandate is
    for: any mandated holder of the organisation may lend the workstation, and the care provider types the password.
    """
    still_there = Person.objects.filter(organisation_id=certificate.organisation_id, left_on=None)
    if certificate.owner_id is not None:
        return still_there.filter(pk=certificate.owner_id)
    mandates = Mandate.objects.filter(organisation_id=certificate.organisation_id)
    if not certificate.ssin_index:
        mandates = mandates.filter(
            identifier__type=certificate.identifier_type, identifier__value=certificate.identifier_value
        )
    return still_there.filter(pk__in=mandates.active_on(belgian_day(now)).values("person_id"))


def holder_for(certificate: Certificate, *, asked_by: User, now: datetime) -> Person | None:
    """Return whose workstation is asked: who holds the certificate while mandated, else who asks, else somebody who is.

    A token of somebody who has left is still to be activated by whoever has the key store now.
    """
    people = list(people_for(certificate, now).order_by("pk"))
    made_by = getattr(certificate, "request", None)
    first = made_by.holder_id if made_by is not None else None
    people.sort(key=lambda one: (one.pk != first, one.user_id != asked_by.pk))
    return next(iter(people), None)


def is_wanted(job: AgentJob, *, now: datetime) -> bool:
    """Return whether the job's token is still to be activated; False when that was done.

    Raises JobClosed, MandateEnded, and TokenRefused for a token that a newer one has replaced: it must not take the
    depot back.
    """
    token = job.token
    if token is None:
        raise JobUnknown
    if token.state == TokenState.ACTIVE:
        return False
    if job.state != JobState.OFFERED or job.expires_at <= now:
        raise JobClosed
    if token.state != TokenState.WAITING:
        raise TokenRefused
    if not people_for(token.certificate, now).filter(pk=job.holder_id).exists():
        raise MandateEnded
    return True


def activate_token(
    certificate: Certificate, data: bytes, device: Device, authority: TokenGateway, *, now: datetime
) -> None:
    """Send the signed activation; a token that was activated before counts as done. Call outside transactions.

    Ask `is_wanted` first.

    Raises SignedRequestRefused and its kind, GovernmentRefused, GovernmentUnavailable.
    """
    check_own_signature(certificate, data, "ActivateETKRequest")
    try:
        authority.activate_token(data)
    except CertraError as error:
        done = set(error.codes) & set(settings.ETKRA_ALREADY_ACTIVE_CODES)
        if not (isinstance(error, Rejected) and done):
            raise refusal_of(error, now) from error
    write_down(
        [certificate.organisation_id],
        lambda: note_active(certificate, actor=Actor.device(device), now=now, device=device),
    )


@transaction.atomic
def note_active(
    certificate: Certificate, *, actor: Actor, now: datetime, device: Device | None = None
) -> None:
    """Mark the certificate's waiting token as active and older ones of its name as replaced; safe to repeat.

    `device` is None where it was activated by other means and we only heard of it.
    """
    # Every token of the name, in key order: two activations of one name come one after the other.
    of_the_name = EncryptionToken.objects.filter(
        organisation_id=certificate.organisation_id,
        certificate__environment=certificate.environment,
        certificate__identifier_type=certificate.identifier_type,
        certificate__identifier_value=certificate.identifier_value,
        certificate__ssin_index__in=index_in_row(certificate),
        certificate__application_id=certificate.application_id,
    )
    list(of_the_name.select_for_update(of=("self",)).order_by("pk").values_list("pk"))
    changed = EncryptionToken.objects.filter(certificate=certificate, state=TokenState.WAITING).update(
        state=TokenState.ACTIVE, state_since=now
    )
    AgentJob.objects.filter(
        token__certificate=certificate, kind=JobKind.ACTIVATE_TOKEN, state=JobState.OFFERED
    ).update(state=JobState.DONE, device_id=device.pk if device else None)
    if not changed:
        return
    record(
        certificate.organisation_id,
        "token_activated",
        certificate,
        actor=actor,
        now=now,
        device=device.label if device else None,
    )
    replaceable = [state for state, to in TOKEN_MOVES.items() if TokenState.REPLACED in to]
    older = of_the_name.filter(state__in=replaceable).exclude(certificate=certificate).order_by("pk")
    for token in older.select_related("certificate"):
        EncryptionToken.objects.filter(pk=token.pk).update(state=TokenState.REPLACED, state_since=now)
        AgentJob.objects.filter(token=token, kind=JobKind.ACTIVATE_TOKEN, state=JobState.OFFERED).update(
            state=JobState.CLOSED
        )
        record(
            certificate.organisation_id,
            "token_replaced",
            token.certificate,
            actor=actor,
            now=now,
            fingerprint=certificate.fingerprint,
        )
